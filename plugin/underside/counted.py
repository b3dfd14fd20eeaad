"""How many there are, in words: numbers with what they count, and the first few of many names."""

from collections.abc import Sequence

__all__ = ["counted", "some"]


def counted(number: int, noun: str) -> str:
    """Such as ``1 photo`` and ``2 photos``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def some(names: Sequence[str], *, most: int = 5) -> str:
    """The first few names, and how many more."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
