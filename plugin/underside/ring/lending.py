"""Lend a shot the mattes of its neighbours in the ring: the object has turned a little, so they are moved along."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["lent_matte"]

Pixels = NDArray[np.uint8]
Matte = NDArray[np.float32]

# Flow is looked for at so many pixels: finer costs more and follows noise.
_AREA = 120_000
# A place that looks otherwise by more levels of 255 than this after the move was not found again.
_UNLIKE = 24.0


def lent_matte(neighbours: Sequence[tuple[Pixels, Matte]], own_pixels: Pixels) -> Matte:
    """The matte that the neighbours' have, moved to where their pixels are in this shot.

    All are seen from the camera's one place, as stored, each matte on the grid of its small picture; the result is on
    the grid of ``own_pixels``. Where the neighbours do not agree, the one whose picture fits better counts for more.
    """
    if not neighbours:
        raise ValueError("a matte can only be lent by at least one neighbour")
    rows, columns = own_pixels.shape[:2]
    scale = min(1.0, (_AREA / (rows * columns)) ** 0.5)
    size = (max(16, round(columns * scale)), max(16, round(rows * scale)))
    own = _shrunk(own_pixels, size)
    total, weight = np.zeros(own.shape[:2], np.float32), np.zeros(own.shape[:2], np.float32)
    for pixels, matte in neighbours:
        moved, fits = _moved(_shrunk(pixels, size), _at(matte, size), own)
        total += moved * fits
        weight += fits
    return np.clip(_at(total / weight, (columns, rows)), 0, 1)


def _moved(pixels: Pixels, matte: Matte, own: Pixels) -> tuple[Matte, Matte]:
    """The matte where its pixels are now, and how well they fit there."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (own, pixels)]
    flow = finder.calc(grey[0], grey[1], np.zeros((*own.shape[:2], 2), np.float32))
    y, x = np.mgrid[: own.shape[0], : own.shape[1]].astype(np.float32)
    there = (x + flow[..., 0], y + flow[..., 1])
    moved = cv2.remap(matte, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.remap(pixels, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    unlike = cv2.blur(cv2.absdiff(picture, own).max(axis=2).astype(np.float32), (5, 5))
    fits = np.exp(-unlike / np.float32(_UNLIKE)) + np.float32(0.01)
    return np.asarray(moved, np.float32), np.asarray(fits, np.float32)


def _shrunk(picture: Pixels, size: tuple[int, int]) -> Pixels:
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _at(matte: Matte, size: tuple[int, int]) -> Matte:
    smaller = size[0] < matte.shape[1]
    return np.asarray(
        cv2.resize(matte, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.float32
    )
