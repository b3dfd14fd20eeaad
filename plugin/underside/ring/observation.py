"""What is kept of a shot while a ring is learnt: a small picture and the first look's matte on the same grid."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame, resampled
from underside.photo import part_of

__all__ = ["AREA", "BEARABLE_NOISE", "Observation", "as_seen", "noise_of", "observe", "reduced"]

# A ring is learnt at this many pixels per shot: the second look sees no more of its box.
AREA = 480_000
# In levels of 255: more leads astray what goes by the colours of single pixels.
BEARABLE_NOISE = 3.0

Pixels = NDArray[np.uint8]
Matte = NDArray[np.float32]


@dataclass(frozen=True)
class Observation:
    """One shot, or one plate, at the size at which rings are learnt; turned as the photo is stored."""

    pixels: Pixels
    matte: Matte
    """All zero for a plate."""
    noise: float = 0.0
    """Standard deviation of a pixel before it was smoothed, in levels of 255."""


def observe(frame: Frame, pixels: Pixels, found: Found | None) -> Observation:
    """Reduce a photo, as stored, in full or reduced, and what was found in it; nothing is found in a plate."""
    small = _small(pixels)
    noise = _noise(small)
    if found is None:
        return Observation(small, np.zeros(small.shape[:2], np.float32), noise)
    matte = resampled(found.matte, found.box, frame.whole, small.shape[:2], outside=0.0)
    return Observation(small, matte, noise)


def as_seen(found: Found, frame: Frame, pixels: Pixels) -> Pixels:
    """The matte's box of the photo, on the matte's grid."""
    if found.view is not None:
        return reduced(found.view, found.matte.shape[1], found.matte.shape[0])
    part = part_of(pixels, found.box, frame.size)
    return reduced(part, found.matte.shape[1], found.matte.shape[0])


def noise_of(pixels: Pixels) -> float:
    """Standard deviation of a pixel at the size at which rings are learnt, or a smaller one, in levels of 255."""
    return _noise(_small(pixels))


def reduced(pixels: Pixels, columns: int, rows: int) -> Pixels:
    """Averaged to a smaller grid, by halves: many times faster than over pixels that are cut into parts."""
    while pixels.shape[1] >= 2 * columns and pixels.shape[0] >= 2 * rows:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        even = pixels[: 2 * half[1], : 2 * half[0]]
        pixels = cv2.resize(even, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _small(pixels: Pixels) -> Pixels:
    rows, columns = pixels.shape[:2]
    scale = min(1.0, (AREA / (columns * rows)) ** 0.5)
    return pixels if scale == 1 else reduced(pixels, max(1, round(columns * scale)), max(1, round(rows * scale)))


def _noise(pixels: Pixels) -> float:
    """Standard deviation of a pixel, from what neither flat places nor slopes explain (after Immerkaer)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    cross = cv2.filter2D(grey, cv2.CV_16S, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32))
    return float(_median(np.abs(cross))) / (0.6745 * 6)


def _median(whole: NDArray[np.int16]) -> float:
    """The median of integers: counted, which is many times faster than sorting them."""
    up_to = np.cumsum(np.bincount(whole.ravel()))
    middle = ((whole.size - 1) // 2, whole.size // 2)
    return float(np.searchsorted(up_to, middle, side="right").mean())
