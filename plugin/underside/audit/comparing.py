"""How far two masks of one photo are apart."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.scoring import iou

__all__ = ["Difference", "compare"]

# Structural similarity (Wang et al., 2004) with its authors' window and constants.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Difference:
    """How far a mask is from the reference's mask of the same photo."""

    iou: float
    ssim: float
    gained: float
    """Share of the photo's pixels that are object here and not in the reference."""
    lost: float
    """Share that is object in the reference and not here."""

    @property
    def changed(self) -> float:
        """Share of the photo's pixels that differ."""
        return self.gained + self.lost


def compare(reference: Pixels, mask: Pixels) -> Difference:
    """Two hard masks of the same photo."""
    before, after = reference > 0, mask > 0
    return Difference(
        iou=iou(before, after),
        ssim=_ssim(reference, mask),
        gained=float(np.count_nonzero(after & ~before) / after.size),
        lost=float(np.count_nonzero(before & ~after) / after.size),
    )


def _ssim(one: Pixels, other: Pixels) -> float:
    """Mean structural similarity; where both are the same for a window around it is exactly 1."""
    left, top, width, height = cv2.boundingRect(cv2.absdiff(one, other))
    if width == 0:
        return 1.0
    reach = _WINDOW // 2
    # Pixels whose window holds a difference, and again as much for those windows' own content.
    inner = _around(left, top, left + width, top + height, reach, one.shape)
    outer = _around(left, top, left + width, top + height, 2 * reach, one.shape)
    a, b = (mask[outer].astype(np.float32) for mask in (one, other))
    mean_a, mean_b = _blurred(a), _blurred(b)
    spread = _blurred(a * a) - mean_a**2 + _blurred(b * b) - mean_b**2
    both = _blurred(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + _C1) * (2 * both + _C2) / ((mean_a**2 + mean_b**2 + _C1) * (spread + _C2))
    y, x = inner[0].start - outer[0].start, inner[1].start - outer[1].start
    alike = alike[y : y + inner[0].stop - inner[0].start, x : x + inner[1].stop - inner[1].start]
    return float(1 - (1 - alike).sum() / one.size)


def _blurred(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(picture, (_WINDOW, _WINDOW), _SIGMA, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def _around(left: int, top: int, right: int, bottom: int, reach: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows = slice(max(0, top - reach), min(shape[0], bottom + reach))
    return rows, slice(max(0, left - reach), min(shape[1], right + reach))
