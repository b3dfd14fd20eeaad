"""A plain RGBA picture of the object, without metadata, for those who ask for pixels only."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from underside import png

__all__ = ["Rgba", "plain_cutout"]

Rgba = tuple[int, int, int, int]


def plain_cutout(pixels: NDArray[np.uint8], mask: NDArray[np.uint8], background: Rgba = (0, 0, 0, 0)) -> bytes:
    """A PNG of RGB pixels where the mask is 255, opaque there, and of the background elsewhere."""
    height, width = mask.shape
    header = png.Header(width, height, channels=4, bits=8)
    return png.encode_bands(_bands(pixels, mask, background, header), header)


def _bands(
    pixels: NDArray[np.uint8], mask: NDArray[np.uint8], background: Rgba, header: png.Header
) -> Iterator[png.Pixels]:
    step = png.band_height(header)
    empty = np.tile(np.array(background, np.uint8), (step, header.width, 1))
    for top in range(0, header.height, step):
        inside = mask[top : top + step]
        rows = empty[: len(inside)]
        if inside.any():
            opaque = cv2.cvtColor(pixels[top : top + step], cv2.COLOR_RGB2RGBA)
            rows = cv2.copyTo(opaque, inside, rows.copy())  # type: ignore[assignment]
        yield rows
