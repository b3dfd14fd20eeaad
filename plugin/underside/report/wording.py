"""Numbers and counts as a person reads them."""

__all__ = ["GAP", "count", "percent", "round_percent", "seconds", "signed_percent"]

GAP = "\N{NO-BREAK SPACE}"
"""Between a number and its unit: no line may break there."""


def count(number: int, one: str, many: str = "") -> str:
    """``1 shot``, ``2 shots``."""
    return f"{number:,}{GAP}{one if number == 1 else many or one + 's'}".replace(",", GAP)


def percent(share: float) -> str:
    """A share with as many digits as tell shots apart: ``12.3 %``, ``0.04 %``."""
    value = 100 * share
    digits = 0 if value == 0 else 2 if value < 1 else 1
    return f"{value:.{digits}f}{GAP}%"


def round_percent(share: float) -> str:
    """``12 %``."""
    return f"{100 * share:.0f}{GAP}%"


def signed_percent(share: float) -> str:
    """``+12 %``, with a true minus sign."""
    value = round(100 * share)
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "±"
    return f"{sign}{abs(value)}{GAP}%"


def seconds(value: float) -> str:
    """``0.84 s``, ``1.2 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if value < 10:
        return f"{value:.{2 if value < 0.995 else 1}f}{GAP}s"
    if value < 120:
        return f"{value:.0f}{GAP}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 120:
        return f"{minutes}{GAP}min {rest}{GAP}s"
    return f"{minutes // 60}{GAP}h {minutes % 60}{GAP}min"
