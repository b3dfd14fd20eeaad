"""How the classical segmenters see a picture: small, in Lab, with its border told apart."""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["border_of", "finer", "grid_near", "lab_of", "shrunk", "soft_step"]


def grid_near(width: int, height: int, *, side: int = 512) -> tuple[int, int]:
    """Columns and rows of that shape with about ``side`` x ``side`` pixels, and never more than there are."""
    scale = min(1.0, side / (width * height) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


def finer(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """The grid that has all the columns and all the rows of both."""
    return max(one[0], other[0]), max(one[1], other[1])


def shrunk(picture: NDArray[np.uint8], grid: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture on a grid of so many columns and rows."""
    if picture.shape[1::-1] == grid:
        return picture
    return cv2.resize(picture, grid, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def lab_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIE Lab, in which a distance of 2 to 3 is just seen."""
    return cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)


def border_of(shape: tuple[int, ...], share: float = 0.04) -> NDArray[np.bool_]:
    """The frame's left, right and upper border, where a turntable shows room; below may be the platter."""
    wide = max(1, round(share * min(shape[0], shape[1])))
    border = np.zeros(shape[:2], np.bool_)
    border[:wide] = border[:, :wide] = border[:, -wide:] = True
    return border


def soft_step(values: NDArray[np.float32], at: float, width: float) -> NDArray[np.float32]:
    """From 0 well below ``at`` to 1 well above it; at one ``width`` beside it the answer is 0.12 or 0.88."""
    steps: NDArray[np.float32] = np.clip((at - values) * np.float32(2 / max(width, 1e-6)), -30, 30)
    return np.asarray(1 / (1 + np.exp(steps)), np.float32)
