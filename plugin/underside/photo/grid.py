"""Boxes of a photo's stored grid, and what of a decoded picture they cover."""

from numpy.typing import NDArray

from underside.photo.orientation import Element

__all__ = ["Box", "part_of"]

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in stored full-resolution pixels."""


def part_of(pixels: NDArray[Element], box: Box, size: tuple[int, int]) -> NDArray[Element]:
    """The part of a photo of that stored width and height that the box covers, however far it was decoded reduced.

    It has one row and one column at least.
    """
    across, down = pixels.shape[1] / size[0], pixels.shape[0] / size[1]
    left, top = round(box[0] * across), round(box[1] * down)
    right, bottom = max(round(box[2] * across), left + 1), max(round(box[3] * down), top + 1)
    return pixels[top:bottom, left:right]
