"""What the studio hands to those who learn: pictures with their truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["LABELS", "Batch", "Source"]

LABELS = ("background", "object", "platter", "support", "prop")


@dataclass(frozen=True)
class Batch:
    """Rendered photos, as torch tensors of uint8 on one device."""

    pictures: Any
    """(n, 3, height, width), sRGB."""
    mattes: Any
    """(n, height, width): 255 where the object covers the whole pixel."""
    labels: Any
    """(n, height, width): indices into LABELS."""
    kinds: tuple[str, ...]
    """What each was made to be hard by: a scene kind."""


class Source(Protocol):
    """Renders without end."""

    def batches(self, count: int, *, seed: int) -> Iterator[Batch]:
        """At least `count` photos; the same seed gives the same photos."""
