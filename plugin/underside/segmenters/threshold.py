"""Otsu's threshold on lightness or on colourfulness, whichever parts the border from the rest better."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters import Choices
from underside.segmenters._seeing import border_of, grid_near, lab_of, shrunk, soft_step

__all__ = ["ThresholdSegmenter", "make"]


@dataclass(frozen=True)
class ThresholdSegmenter:
    """For light tents and black velvet: the object is on the other side of a threshold than the border."""

    name: str = "threshold"
    notes: tuple[str, ...] = ()
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The method."""
        return {"segmenter": self.name, "revision": "1"}

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """About 512 x 512 pixels."""
        return grid_near(width, height)

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How far each part is on the object's side."""
        small = shrunk(picture, self.grid(picture.shape[1], picture.shape[0]))
        lab = lab_of(cv2.GaussianBlur(small, (0, 0), 1.0).astype(np.uint8, copy=False))
        border = border_of(small.shape)
        colourful = np.hypot(lab[..., 1], lab[..., 2]).astype(np.float32)
        return max((_parted(lab[..., 0], border), _parted(colourful, border)), key=lambda found: found[0])[1]


def make(_choices: Choices) -> ThresholdSegmenter:
    """Nothing is to be chosen."""
    return ThresholdSegmenter()


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
