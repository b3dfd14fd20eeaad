"""Pieces of the object that a mask has lost: holes and bays in which nothing of the room is seen, and limbs."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.clues import Clues

__all__ = ["with_lost_pieces", "without_gaps"]

# In places of the clues' grid. Smaller holes are for the edge step, smaller bays may be the object's shape.
_SMALLEST_HOLE, _SMALLEST_BAY = 8, 30
# A bay is what a disc of this radius cannot enter, as a share of the root of the mask's area; small bays first.
_REACHES = (0.08, 0.25)
# A piece that sticks out is the object's if so much of it lies along the rest, in roots of its area.
_SMALLEST_LIMB, _JOINED = 30, 0.7
# A gap's outline is a mixture of both sides.
_RIM = 2
# An edge may be looked for so far beside it.
_BESIDE = 4
_CLOSED = 0.95

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]
Bits = NDArray[np.uint8]


def with_lost_pieces(matte: Layer, clues: Clues) -> Layer:
    """The matte with pieces of the object back, from its gaps and beside it; the clues may be on a coarser grid."""
    here = cv2.resize(matte, clues.shape[::-1], interpolation=cv2.INTER_AREA)
    # A way out as narrow as a doubt is not one.
    kept = _morphed((here > 0.5).astype(np.uint8), cv2.MORPH_CLOSE)
    if not kept.any():
        return matte
    outside = _leads_out(kept)
    lost = _holes(kept, clues)
    limbs = _limbs(kept | lost, clues)
    if limbs.any():
        lost |= limbs
        lost |= _holes(kept | lost, clues)  # between a limb and the rest
    for reach in _REACHES:
        lost |= _bays(kept | lost, outside, reach, clues)
    if not lost.any():
        return matte
    filled = cv2.resize(lost, (matte.shape[1], matte.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.where(filled > 0, np.maximum(matte, np.float32(_CLOSED)), matte)


def _holes(kept: Bits, clues: Clues) -> Bits:
    lost = np.zeros_like(kept)
    for part, hole in _pieces(1 - kept - _leads_out(kept), _SMALLEST_HOLE):
        if clues.within(part).no_opening(hole):
            lost[part] |= hole
    return _with_rim(lost)


def _limbs(kept: Bits, clues: Clues) -> Bits:
    lost, near = np.zeros_like(kept), _with_rim(kept)
    for part, limb in _pieces(clues.coloured & (1 - kept), _SMALLEST_LIMB):
        joined = np.count_nonzero(near[part][limb]) > _JOINED * np.sqrt(np.count_nonzero(limb))
        if joined and clues.within(part).is_limb(limb):
            lost[part] |= limb
    return lost


def _bays(kept: Bits, outside: Bits, reach: float, clues: Clues) -> Bits:
    lost, bridged = np.zeros_like(kept), _bridged(kept, reach)
    gaps = _morphed(bridged & outside & ~kept, cv2.MORPH_OPEN)
    for part, bay in _pieces(gaps, _SMALLEST_BAY):
        if clues.within(part).no_bay(bay):
            lost[part] |= _with_rim(bay.astype(np.uint8)) & bridged[part]
    return lost


def without_gaps(kept: Bits) -> Bits:
    """With all holes and bays filled, whatever is seen in them."""
    bridged = _bridged(kept, _REACHES[-1])
    return bridged | (1 - _leads_out(bridged))


def _morphed(bits: Bits, how: int) -> Bits:
    return np.asarray(cv2.morphologyEx(bits, how, np.ones((3, 3), np.uint8)), np.uint8)


def _with_rim(bits: Bits) -> Bits:
    return np.asarray(cv2.dilate(bits, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)), np.uint8)


def _leads_out(kept: Bits) -> Bits:
    """What is not kept, and joined to the picture's border."""
    _, numbers = cv2.connectedComponents(np.pad(1 - kept, 1, constant_values=1), connectivity=4)
    return np.asarray(numbers[1:-1, 1:-1] == numbers[0, 0], np.uint8)


def _pieces(bits: Bits, smallest: int) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """Each piece, with the rows and columns where it and what is beside it lie."""
    count, numbers, facts, _ = cv2.connectedComponentsWithStats(bits, connectivity=4)
    for number in range(1, count):
        left, top, width, height, area = (int(fact) for fact in facts[number])
        if area >= smallest:
            rows = slice(max(top - _BESIDE, 0), top + height + _BESIDE)
            columns = slice(max(left - _BESIDE, 0), left + width + _BESIDE)
            yield (rows, columns), numbers[rows, columns] == number


def _bridged(kept: Bits, reach: float) -> Bits:
    """With everything that a disc cannot enter."""
    # By distances: the time does not depend on the radius.
    radius = max(2, int(reach * np.sqrt(np.count_nonzero(kept))))
    beyond = radius + 1
    wide = cv2.distanceTransform(1 - np.pad(kept, beyond), cv2.DIST_L2, 5) <= radius
    inner = cv2.distanceTransform(wide.astype(np.uint8), cv2.DIST_L2, 5) > radius
    return np.asarray(inner[beyond:-beyond, beyond:-beyond], np.uint8) | kept
