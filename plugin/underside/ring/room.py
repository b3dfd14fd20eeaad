"""The still room of a ring: how every place looks while the object does not cover it, and how far it strays."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.observation import Observation

__all__ = ["Room", "gain_between", "hidden_by", "learn_room", "levelled"]

# The object's outline is kept off the room by so much of the picture's diagonal.
_MARGIN = 0.012
_MAYBE_OBJECT = 0.2
# A place is known when it was seen free in so many shots, and in this share of them.
_LEAST_SEEN = 3
_LEAST_SHARE = 0.2
# Quartiles of a normal distribution lie so many deviations apart.
_QUARTILES_APART = 1.349
# No camera's 8-bit photo is stiller than this, whatever a short ring says.
_STILLEST = 1.0
_FREE = np.uint8(255)
_BANDS = 16
# A median of fewer places says too little.
_LEAST_PLACES = 200

Pixels = NDArray[np.uint8]
Layer = NDArray[np.float32]


@dataclass(frozen=True)
class Room:
    """A picture of what stands still; values as in the photos, 0 to 255."""

    middle: Pixels
    """(rows, columns, RGB): as most free shots have it."""
    low: Pixels
    high: Pixels
    """What a place strays between: a turning platter's pattern, moving leaves, nothing at all."""
    noise: Layer
    """How far one shot's pixel lies from another's where nothing changes: (rows, columns)."""
    known: Layer
    """1 where it was seen, 0 where the object always stood before it."""


def learn_room(observations: Sequence[Observation]) -> Room:
    """The room behind some shots of one ring, their brightness drift taken out."""
    stack = np.stack([observation.pixels for observation in observations])
    covered = np.stack([hidden_by(observation.matte) for observation in observations])
    _, (rough,) = _quantiles(stack, covered, (0.5,))
    for pixels, hidden in zip(stack, covered, strict=True):
        pixels[:] = levelled(pixels, gain_between(pixels, rough, ~hidden))
    seen, (low, lower, middle, upper, high) = _quantiles(stack, covered, (0.1, 0.25, 0.5, 0.75, 0.9))
    known = (seen >= min(_LEAST_SEEN, len(stack))) & (seen >= _LEAST_SHARE * len(stack))
    spread = cv2.absdiff(upper, lower).max(axis=2).astype(np.float32) / np.float32(_QUARTILES_APART)
    return Room(middle, low, high, _usual_noise(middle, spread, known), known.astype(np.float32))


def hidden_by(matte: Layer) -> NDArray[np.bool_]:
    """Where an object may hide the room: the matte, generously."""
    reach = max(1, round(_MARGIN * float(np.hypot(*matte.shape))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate((matte > _MAYBE_OBJECT).astype(np.uint8), kernel).astype(np.bool_)


def gain_between(pixels: Pixels, room: Pixels, free: NDArray[np.bool_]) -> Layer:
    """By what each channel of a shot is brighter than the room, as most free places have it."""
    step = max(1, int((free.size / 20_000) ** 0.5))
    shot, still = pixels[::step, ::step].astype(np.float32), room[::step, ::step].astype(np.float32)
    # Near black and white the sensor's floor and ceiling hide what the light did.
    use = free[::step, ::step] & (still.min(axis=2) > 8) & (still.max(axis=2) < 245) & (shot.max(axis=2) < 250)
    if use.sum() < _LEAST_PLACES:
        return np.ones(3, np.float32)
    gain = np.median(shot[use] / still[use], axis=0)
    return np.asarray(np.clip(gain, 0.25, 4.0), np.float32)


def levelled(pixels: Pixels, gain: Layer) -> Pixels:
    """The shot with its gain taken out."""
    table = np.clip(np.arange(256)[:, None] / gain + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(pixels, table[None]).astype(np.uint8, copy=False)


def _quantiles(
    stack: Pixels, covered: NDArray[np.bool_], shares: Sequence[float]
) -> tuple[NDArray[np.intp], tuple[Pixels, ...]]:
    """How many shots show each place free, and quantiles over those; over all shots where none does."""
    seen = (~covered).sum(axis=0)
    # Hidden values go to the far end of the order, where no quantile looks.
    values = np.where((covered & (seen > 0))[..., None], _FREE, stack)
    _sort_first_axis(values)
    last = np.where(seen > 0, seen, len(stack)) - 1
    places = (np.round(last * share).astype(np.intp)[None, ..., None] for share in shares)
    return seen, tuple(np.take_along_axis(values, place, axis=0)[0] for place in places)


def _sort_first_axis(values: Pixels) -> None:
    """Batcher's network: whole pictures at a time, many times faster than sorting each place."""
    count = len(values)
    reach = 1
    while reach < count:
        step = reach
        while step >= 1:
            for start in range(step % reach, count - step, 2 * step):
                for low in range(start, start + min(step, count - start - step)):
                    if low // (2 * reach) == (low + step) // (2 * reach):
                        smaller = cv2.min(values[low], values[low + step])
                        cv2.max(values[low], values[low + step], dst=values[low + step])
                        values[low] = smaller
            step //= 2
        reach *= 2


def _usual_noise(middle: Pixels, spread: Layer, known: NDArray[np.bool_]) -> Layer:
    """What most places as bright as each one stray by; a few shots of one place can agree by chance."""
    bright = middle.mean(axis=2) * (_BANDS / 256)
    usual = np.median(spread[known]) if known.any() else _STILLEST
    noise = np.full(_BANDS, usual, np.float32)
    for band in range(_BANDS):
        here = spread[known & (bright >= band) & (bright < band + 1)]
        if len(here) >= _LEAST_PLACES:
            noise[band] = np.median(here)
    return np.asarray(np.maximum(noise, _STILLEST)[bright.astype(np.intp)], np.float32)
