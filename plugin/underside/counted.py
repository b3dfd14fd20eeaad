"""Numbers with what they count, in words."""

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Such as ``1 photo`` and ``2 photos``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
