"""Numbers and counts as a person reads them."""

__all__ = ["count", "percent", "round_percent", "seconds", "signed_percent"]

# Between a number and its unit: no line may break there.
_GAP = "\N{NO-BREAK SPACE}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 shot``, ``2 shots``."""
    return f"{number:,}{_GAP}{one if number == 1 else many or one + 's'}".replace(",", _GAP)


def percent(share: float) -> str:
    """A share with as many digits as tell shots apart: ``12.3 %``, ``0.04 %``."""
    value = 100 * share
    digits = 0 if value == 0 else 2 if value < 1 else 1
    return f"{value:.{digits}f}{_GAP}%"


def round_percent(share: float) -> str:
    """``12 %``."""
    return f"{100 * share:.0f}{_GAP}%"


def signed_percent(share: float) -> str:
    """``+12 %``, with a true minus sign."""
    value = round(100 * share)
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "±"
    return f"{sign}{abs(value)}{_GAP}%"


def seconds(value: float) -> str:
    """``0.84 s``, ``1.2 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if value < 10:
        return f"{value:.{2 if value < 0.995 else 1}f}{_GAP}s"
    if value < 120:
        return f"{value:.0f}{_GAP}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 120:
        return f"{minutes}{_GAP}min {rest}{_GAP}s"
    return f"{minutes // 60}{_GAP}h {minutes % 60}{_GAP}min"
