"""What holds the object in one pass only, told by tints that no other pass shows anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame
from underside.photo import turn_upright
from underside.ring.observation import as_seen

__all__ = ["Support", "Tints", "support_of"]

# Shares of red and green in a pixel's light, in steps of one sixtieth: brightness, and so shadow, has no part in it.
_STEPS = 60
# What is darker, red, green and blue together, has no tint worth the name.
_DARK = 70
_BLUR = 1.0
# Of the rows and columns of a shot, to count tints: more tell nothing new.
_EVERY = 2
# A tint that so much of an object has in one pass, and not a twentieth of it in any photo of the others.
_OWN, _ELSEWHERE = 5e-4, 0.05
# Together so much of it must have such a tint.
_LEAST = 0.01
# A support is below the object: so far down from the object's top on average. An underside of another colour faces up
# in the pass that shows it: it is above the middle or, seen from straight above, around it over a whole turn. Of 28
# rendered captures two showed such tints: foam and a cradle, at .80 and .71. November 2026.
_LOW = 0.6
# So alike must the light of two passes be in its tint, as the room around the object shows it. A camera that balances
# white by itself sees the object's own colours otherwise: with a tenth to a quarter more or less red and blue in one
# pass half of fifteen captures would lose parts of the object. Unchanged, they differ by .012 at most.
_SAME_LIGHT = 0.015
# Fewer shots do not show an object from all sides.
_FEWEST = 4

Pixels = NDArray[np.uint8]
Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Tints:
    """What tints the shots of one pass show."""

    def __init__(self) -> None:
        self.shots = 0
        self.area = 0.0
        """Pixels of object in all of them."""
        self.object = np.zeros((_STEPS, _STEPS))
        """How many of these have each tint."""
        self.height = np.zeros((_STEPS, _STEPS))
        """The sum of how far down they lie: 0 at the object's top, 1 at its bottom."""
        self.anywhere = np.zeros((_STEPS, _STEPS))
        """How many pixels of the whole photos have each tint."""

    def add(self, pixels: Pixels, matte: Layer, orientation: int) -> None:
        """One shot, turned as it is stored."""
        inside = turn_upright(np.ascontiguousarray(matte[::_EVERY, ::_EVERY] > 0.5), orientation)
        rows = np.flatnonzero(inside.any(axis=1))
        if not len(rows):
            return
        numbers = turn_upright(_numbers(pixels, every=_EVERY), orientation)
        down = (np.arange(len(inside)) - rows[0]) / max(1, rows[-1] - rows[0])
        tinted = numbers >= 0
        of_object = inside & tinted
        self.shots += 1
        self.area += float(inside.sum())
        self.anywhere += _counted(numbers[tinted])
        self.object += _counted(numbers[of_object])
        self.height += _counted(numbers[of_object], np.broadcast_to(down[:, None], inside.shape)[of_object])

    @property
    def light(self) -> NDArray[np.float64] | None:
        """Mean tint of what is around the object; none where all of it is dark."""
        around = np.maximum(self.anywhere - self.object, 0)
        if not around.any():
            return None
        share, tint = around / around.sum(), np.arange(_STEPS) / _STEPS
        return np.array([share.sum(axis=1) @ tint, share.sum(axis=0) @ tint], np.float64)


@dataclass(frozen=True)
class Support:
    """Tints that are not the object's."""

    tints: Mask

    @classmethod
    def of(cls, numbers: Sequence[int]) -> "Support":
        """What has the tints of these numbers."""
        tints = np.zeros(_STEPS * _STEPS, np.bool_)
        tints[list(numbers)] = True
        return cls(tints.reshape(_STEPS, _STEPS))

    @property
    def numbers(self) -> list[int]:
        """The tints' numbers."""
        return [int(number) for number in np.flatnonzero(self.tints)]

    def shows_in(self, pixels: Pixels) -> Mask:
        """Where a picture has them."""
        numbers = _numbers(pixels)
        found = self.tints.ravel()[np.maximum(numbers, 0)] & (numbers >= 0)
        return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.bool_)

    def taken_off(self, found: Found, frame: Frame, pixels: Pixels) -> Found:
        """A matte without it; along its outline the edge step decides."""
        here = self.shows_in(as_seen(found, frame, pixels))
        outline = cv2.dilate(here.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        matte = np.where(here, np.float32(0), np.where(outline, np.minimum(found.matte, np.float32(0.5)), found.matte))
        return replace(found, matte=matte)


def support_of(own: Tints, others: Sequence[Tints]) -> Support | None:
    """What holds the object in a pass, if the other passes show that it is none of it."""
    others = [each for each in others if each.shots >= _FEWEST and _in_the_same_light(own, each)]
    if own.shots < _FEWEST or not others:
        return None
    share = own.object / own.area
    elsewhere = _with_its_like(np.sum([each.anywhere for each in others], axis=0)) / sum(each.area for each in others)
    foreign = (share > _OWN) & (elsewhere < _ELSEWHERE * share)
    low = np.zeros_like(foreign)
    count, numbers = cv2.connectedComponents(foreign.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        alike = numbers == number
        is_low = own.height[alike].sum() > _LOW * own.object[alike].sum()
        if is_low and share[alike].sum() >= _LEAST:
            low |= alike
    if not low.any():
        return None
    # Rare shades of such a tint are the same thing's.
    return Support((_with_its_like(low.astype(np.float64)) > 0) & (elsewhere < _ELSEWHERE * _with_its_like(share)))


def _in_the_same_light(one: Tints, other: Tints) -> bool:
    here, there = one.light, other.light
    return here is not None and there is not None and bool(np.abs(here - there).max() < _SAME_LIGHT)


def _numbers(pixels: Pixels, *, every: int = 1) -> NDArray[np.int32]:
    """The tint of every pixel, or of some; -1 where it is too dark to have one."""
    light = cv2.GaussianBlur(pixels, (0, 0), _BLUR)[::every, ::every].astype(np.int32)
    total = light.sum(axis=2) + 1
    tint = light[..., 0] * _STEPS // total * _STEPS + light[..., 1] * _STEPS // total
    return np.where(total > _DARK, tint, np.int32(-1))


def _counted(numbers: NDArray[np.int32], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    counts = np.bincount(numbers.ravel(), weights, minlength=_STEPS * _STEPS)
    return counts.reshape(_STEPS, _STEPS).astype(np.float64)


def _with_its_like(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each tint's most, among those next to it."""
    return np.asarray(cv2.dilate(counts, np.ones((3, 3), np.uint8)), np.float64)
