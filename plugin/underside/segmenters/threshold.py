"""Otsu's threshold on lightness or on colourfulness, whichever parts the border from the rest better."""

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters import Choices
from underside.segmenters._classical import ClassicalSegmenter
from underside.segmenters._seeing import border_of, lab_of, soft_step

__all__ = ["make"]


def make(_choices: Choices) -> ClassicalSegmenter:
    """For light tents and black velvet: the object is on the other side of a threshold than the border."""
    return ClassicalSegmenter("threshold", _beyond_threshold)


def _beyond_threshold(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far each part is on the object's side."""
    lab = lab_of(cv2.GaussianBlur(small, (0, 0), 1.0).astype(np.uint8, copy=False))
    border = border_of(small.shape)
    colourful = np.hypot(lab[..., 1], lab[..., 2]).astype(np.float32)
    return max((_parted(lab[..., 0], border), _parted(colourful, border)), key=lambda found: found[0])[1]


def _parted(values: NDArray[np.float32], border: NDArray[np.bool_]) -> tuple[float, NDArray[np.float32]]:
    """How well the best threshold parts the values, from 0 to 1, and the matte that it gives."""
    at = float(cv2.threshold(np.clip(values * 2, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)[0]) / 2
    above = values > at
    share = float(above.mean())
    if share in {0.0, 1.0}:
        return 0.0, np.zeros(values.shape, np.float32)
    apart = float(values[above].mean() - values[~above].mean())
    explained = share * (1 - share) * apart**2 / max(float(values.var()), 1e-6)
    bright_border = float(above[border].mean())
    matte = soft_step(values, at, apart / 6)
    # A border that lies on both sides tells that what is parted is not object and room.
    return explained * abs(2 * bright_border - 1), 1 - matte if bright_border > 0.5 else matte
