"""Which colours the object of a ring, or of one photo, has, and which its surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Colours", "learn_colours", "numbers_of", "numbers_of_levels"]

# Lightness in steps of 8 levels; how far red and blue stand from green in steps of 5, no further than 60: most
# things are near grey, and white paper differs from a white wall there.
_LIGHT, _TINT = 32, 25
_STEP = 5.0
_SHAPE = (_LIGHT, _TINT, _TINT)
# Colours are the object's where its matte is so high, or among the highest of it, as large a share as this: whichever
# asks for less. What the network keeps of the room between thin legs is kept with less certainty than the legs are.
_SURE_OBJECT, _SUREST_SHARE = 0.9, 0.7
_SURE_BACKGROUND = 0.1
# Surroundings reach so far round the object, as a share of the picture's diagonal.
_AROUND = 0.12
# So much of every density is spread evenly, for colours never met.
_UNMET = 0.1
# How much of the object's colour is met around it too. Tuning captures, November 2026: white in a white tent .53 and
# .70, all others .00 to .29.
_FULL_TRUST, _NO_TRUST = 0.3, 0.5
# How usual what is around the object is, in the mean, where it has few colours: in five white tents 4.9 to 5.4,
# elsewhere up to 4. Before many colours each of them is unusual.
_FEW = 4.3
# The sample's wood-coloured figurine on a wooden platter .21, a textured object in a busy room .29, most others to .12.
_WELL_APART, _LITTLE_APART = 0.12, 0.2

Layer = NDArray[np.float32]
Numbers = NDArray[np.int16]
"""Colours, numbered."""


@dataclass(frozen=True)
class Colours:
    """Logarithms of how often each colour is met, against all colours being met equally often."""

    object: Layer
    around: Layer
    shared: float
    """How much of the object's colour is met around it too; 1 where noise drowns all colours."""

    @property
    def trust(self) -> float:
        """1 where they tell the object from its surroundings, 0 where both have the same."""
        return _falling(self.shared, _FULL_TRUST, _NO_TRUST)

    @property
    def apart(self) -> float:
        """1 where hardly any is met on both, 0 where too much is."""
        return _falling(self.shared, _WELL_APART, _LITTLE_APART)

    @property
    def pale(self) -> bool:
        """Whether object and surroundings have the same few colours, as in a white tent."""
        usual = np.exp(self.around)
        return self.trust == 0 and float((usual * self.around).sum() / usual.sum()) > _FEW

    def on_object(self, numbers: Numbers) -> Layer:
        """How usual colours of these numbers are on the object."""
        return self.object.ravel()[numbers]

    def near_object(self, numbers: Numbers) -> Layer:
        """How usual they are around the object."""
        return self.around.ravel()[numbers]


def learn_colours(numbered: Sequence[Numbers], mattes: Sequence[Layer], *, noisy: bool) -> Colours:
    """From where mattes are sure, in all shots of a ring; their colours are numbered already."""
    surely, perhaps, around = (np.zeros(_SHAPE, np.float64) for _ in range(3))
    inner = [_inner(matte) for matte in mattes]
    sure = _sure([matte[inside] for matte, inside in zip(mattes, inner, strict=True)])
    for numbers, matte, inside in zip(numbered, mattes, inner, strict=True):
        surely += _counts(numbers[inside & (matte >= sure)])
        perhaps += _counts(numbers[inside])
        reach = 2 * round(_AROUND * float(np.hypot(*matte.shape))) + 1
        near = cv2.dilate((matte > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8))
        around += _counts(numbers[near.astype(np.bool_) & (matte < _SURE_BACKGROUND)])
    own, others = _shares(surely), _shares(around)
    shared = 1.0 if noisy else float(np.minimum(own, others).sum())
    # What looks like the room is not surely object: where the object has its colours, they are learnt from all of it.
    apart = _falling(shared, _WELL_APART, _LITTLE_APART)
    return Colours(_density(apart * own + (1 - apart) * _shares(perhaps)), _density(others), shared)


def numbers_of(planes: Layer) -> Numbers:
    """The numbers of colours, channels first."""
    red, green, blue = planes
    light = (red + green + blue) * np.float32(_LIGHT / 768)
    warm, cold = ((other - green) / np.float32(_STEP) + np.float32(_TINT / 2) for other in (red, blue))
    count = np.clip(light, 0, _LIGHT - 1, out=light).astype(np.int16)
    for tint in (warm, cold):
        count *= _TINT
        count += np.clip(tint, 0, _TINT - 1, out=tint).astype(np.int16)
    return np.asarray(count, np.int16)


def numbers_of_levels(pixels: NDArray[np.uint8]) -> Numbers:
    """The numbers of a picture's integer levels, channels last, in integer arithmetic."""
    red, green, blue = (pixels[..., channel].astype(np.int16) for channel in range(3))
    light = (red + green + blue) // (768 // _LIGHT)
    step = int(_STEP)
    warm, cold = (np.clip((2 * (other - green) + step * _TINT) // (2 * step), 0, _TINT - 1) for other in (red, blue))
    return np.asarray((light * _TINT + warm) * _TINT + cold, np.int16)


def _inner(matte: Layer) -> NDArray[np.bool_]:
    """The object without its outline, whose colours are mixed with the room's."""
    return cv2.erode((matte > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)


def _sure(inside: Sequence[Layer]) -> float:
    """How high a matte is where it is sure, given what it says inside the object."""
    said = np.concatenate(inside)
    return min(_SURE_OBJECT, float(np.quantile(said, 1 - _SUREST_SHARE))) if len(said) else _SURE_OBJECT


def _falling(value: float, full: float, none: float) -> float:
    """1 up to one value, 0 from the other on."""
    return float(np.clip((none - value) / (none - full), 0, 1))


def _counts(numbers: Numbers) -> NDArray[np.float64]:
    return np.bincount(numbers, minlength=_LIGHT * _TINT**2).reshape(_SHAPE).astype(np.float64)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of everything counted, blurred along each axis, so that a colour's neighbours count too."""
    for axis in range(3):
        middle = np.moveaxis(counts, axis, 0)
        blurred = 2 * middle
        blurred[1:] += middle[:-1]
        blurred[0] += middle[0]
        blurred[:-1] += middle[1:]
        blurred[-1] += middle[-1]
        counts = np.moveaxis(blurred, 0, axis) / 4
    return counts / counts.sum() if counts.any() else np.full(_SHAPE, 1 / counts.size)


def _density(shares: NDArray[np.float64]) -> Layer:
    return np.log((1 - _UNMET) * shares * shares.size + _UNMET).astype(np.float32)
