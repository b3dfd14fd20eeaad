"""What one mask is worth, and what its photo is like."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Score", "Traits", "boundary_iou", "iou", "score", "traits"]

Mask = NDArray[np.bool_]

_BAND = 0.02
"""Of the diagonal: how far inside the outline boundary IoU looks."""


@dataclass(frozen=True)
class Score:
    """Shares of 0..1."""

    iou: float
    boundary: float
    kept: float
    """Of the whole photo."""
    platter: float | None
    """Of the platter's free pixels, what is kept; None where no platter is known."""


@dataclass(frozen=True)
class Traits:
    """Words by which photos are grouped; what cannot be known from photo and truth is left out."""

    kind: str
    size: str
    thickness: str
    room: str
    platter: str | None


def score(mask: Mask, truth: Mask, platter: Mask | None) -> Score:
    """Compare a mask with the truth."""
    free = platter & ~truth if platter is not None else None
    kept = float(mask[free].mean()) if free is not None and free.any() else None
    return Score(iou(mask, truth), boundary_iou(mask, truth), float(mask.mean()), kept)


def iou(mask: Mask, truth: Mask) -> float:
    """What both have, of what either has; 1 where neither has anything."""
    either = np.count_nonzero(mask | truth)
    return np.count_nonzero(mask & truth) / either if either else 1.0


def boundary_iou(mask: Mask, truth: Mask) -> float:
    """The same of the two bands along the outlines."""
    width = max(1, round(_BAND * float(np.hypot(*truth.shape))))
    return iou(_band(mask, width), _band(truth, width))


def _band(mask: Mask, width: int) -> Mask:
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return np.asarray(mask & (inner == 0))


def traits(kind: str, picture: NDArray[np.uint8], truth: Mask, platter: Mask | None) -> Traits:
    """What makes the photo easy or hard."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    room = ~truth if platter is None else ~truth & ~platter
    return Traits(kind, _size(truth), _thickness(truth), _room(grey, room), _platter(grey, truth, platter))


def _size(truth: Mask) -> str:
    share = float(truth.mean())
    return _word(share, ((0, "none"), (0.02, "under 2 %"), (0.1, "2-10 %"), (0.35, "10-35 %")), "over 35 %")


def _thickness(truth: Mask) -> str:
    """Mean distance to the outline by the root of the area: .19 for a disc, .07 for a bar twelve times its width."""
    area = np.count_nonzero(truth)
    if not area:
        return "none"
    padded = cv2.copyMakeBorder(truth.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # A pixel at the outline is half a pixel from it, and a whole one from the next pixel.
    return _word((float(distance.sum()) / area - 0.5) / area**0.5, ((0.06, "thin"), (0.11, "medium")), "compact")


def _room(grey: NDArray[np.float32], room: Mask) -> str:
    if not room.any():
        return "not seen"
    light = _word(float(grey[room].mean()), ((0.2, "dark"), (0.7, "middling")), "bright")
    edges = cv2.morphologyEx(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return f"{light}, {'busy' if float(edges[room].mean()) > 0.025 else 'plain'}"


def _platter(grey: NDArray[np.float32], truth: Mask, platter: Mask | None) -> str | None:
    if platter is None:
        return None
    free = platter & ~truth
    if free.mean() < 0.005:
        return "not seen"
    if float(grey[free].std()) > 0.15:
        return "patterned"
    return _word(float(grey[free].mean()), ((0.25, "dark"), (0.65, "middling")), "bright")


def _word(value: float, limits: tuple[tuple[float, str], ...], beyond: str) -> str:
    """The word of the first limit that the value does not exceed."""
    return next((word for limit, word in limits if value <= limit), beyond)
