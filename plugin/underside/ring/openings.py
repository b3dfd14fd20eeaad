"""False openings: holes in a mask through which nothing of the room is seen."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.colours import Colours

__all__ = ["Clues", "closed"]

# Through an opening the room is seen, in whatever light: of 413 true ones of fourteen tuning captures and the sample
# eleven were further than this from their plate, with .1 % of their area; of 161 lost pieces of objects 74 were, with
# 87 % of theirs. Without plates no opening was further from a room that was seen there. November 2026.
_NOT_THE_ROOM = 2.2
# Where nothing is known of what stands behind, colours must tell: no opening had colours so much more usual on the
# object, or, in rooms of one colour, so unusual around it.
_OF_THE_OBJECT, _NOT_OF_THE_ROOM = 1.5, 2.5
_KNOWN = 0.8
# Smaller ones are for the edge step, in places of the grid.
_SMALLEST = 8
# A hole's outline is a mixture of both sides.
_RIM = 2
_CLOSED = 0.95

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Clues:
    """What tells the room from the object, place by place."""

    colour: Layer
    """How much more usual its colour is on the object than around it."""
    around: Layer
    """How usual its colour is around the object."""
    in_no_light: Layer
    """Deviations from what any light on what stands behind would look like; NaN where that is not known."""

    def within(self, part: tuple[slice, slice]) -> "Clues":
        """The clues of some rows and columns."""
        return Clues(self.colour[part], self.around[part], self.in_no_light[part])


def closed(matte: Layer, clues: Clues, colours: Colours, *, noisy: bool) -> Layer:
    """The matte without false openings; the clues may be on a coarser grid."""
    shape = clues.colour.shape
    here = cv2.resize(matte, shape[::-1], interpolation=cv2.INTER_AREA)
    # A way out as narrow as a doubt is not one.
    kept = cv2.morphologyEx((here > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, numbers, facts, _ = cv2.connectedComponentsWithStats(1 - kept, connectivity=4)
    false = np.zeros(shape, np.uint8)
    for number in range(1, count):
        left, top, width, height, area = facts[number]
        leads_out = left == 0 or top == 0 or left + width == shape[1] or top + height == shape[0]
        part = np.s_[top : top + height, left : left + width]
        hole = numbers[part] == number
        if not leads_out and area >= _SMALLEST and _is_object(hole, clues.within(part), colours, noisy=noisy):
            false[part] |= hole
    if not false.any():
        return matte
    around = cv2.dilate(false, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))
    filled = cv2.resize(around, (matte.shape[1], matte.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.where(filled > 0, np.maximum(matte, np.float32(_CLOSED)), matte)


def _is_object(hole: Mask, clues: Clues, colours: Colours, *, noisy: bool) -> bool:
    core = _without_outline(hole)
    core = core if core.any() else hole
    unlike = clues.in_no_light[core]
    if np.isfinite(unlike).mean() > _KNOWN:
        return float(np.nanmedian(unlike)) > _NOT_THE_ROOM
    if colours.trust > 0:
        return float(clues.colour[core].mean()) > _OF_THE_OBJECT
    return not noisy and float(clues.around[core].mean()) < _NOT_OF_THE_ROOM


def _without_outline(hole: Mask) -> Mask:
    # Padded: to OpenCV a hole would go on beyond the picture's border.
    padded = np.pad(hole.astype(np.uint8), 1)
    return cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(np.bool_)
