"""The still room of a ring: how every place looks while the object does not cover it, and how far it strays."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Room", "evened", "gain_between", "hidden_by", "learn_room", "levelled"]

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
_FAR_END = np.uint8(255)
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


def learn_room(shots: Sequence[Pixels], hidden: Sequence[NDArray[np.bool_]]) -> Room:
    """The room behind some shots of one ring, their brightness drift taken out; ``hidden`` is where none is seen."""
    stack, covered = np.stack(shots), np.stack(hidden)
    _, (rough,) = _quantiles(stack, covered, (0.5,))
    for pixels, out in zip(stack, covered, strict=True):
        pixels[:] = levelled(pixels, gain_between(pixels, rough, ~out))
    seen, (low, lower, middle, upper, high) = _quantiles(stack, covered, (0.1, 0.25, 0.5, 0.75, 0.9))
    known = (seen >= min(_LEAST_SEEN, len(stack))) & (seen >= _LEAST_SHARE * len(stack))
    apart = np.asarray(cv2.absdiff(upper, lower), np.uint8)
    spread = _largest(apart).astype(np.float32) / np.float32(_QUARTILES_APART)
    return Room(middle, low, high, _usual_noise(middle, spread, known), known.astype(np.float32))


def hidden_by(matte: Layer) -> NDArray[np.bool_]:
    """Where an object may hide the room: the matte, generously."""
    reach = max(1, round(_MARGIN * float(np.hypot(*matte.shape))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate((matte > _MAYBE_OBJECT).astype(np.uint8), kernel).astype(np.bool_)


def gain_between(pixels: Pixels, room: Pixels, free: NDArray[np.bool_]) -> Layer:
    """By what each channel of a shot is brighter than the room, as most free places have it."""
    step = max(1, int((free.size / 20_000) ** 0.5))
    shot, still = pixels[::step, ::step], room[::step, ::step]
    # Near black and white the sensor's floor and ceiling hide what the light did.
    darkest = cv2.min(cv2.min(still[..., 0], still[..., 1]), still[..., 2])
    use = free[::step, ::step] & (darkest > 8) & (_largest(still) < 245) & (_largest(shot) < 250)
    if np.count_nonzero(use) < _LEAST_PLACES:
        return np.ones(3, np.float32)
    gain = np.median((shot[use].astype(np.float32) / still[use].astype(np.float32)).T.copy(), axis=1)
    return np.asarray(np.clip(gain, 0.25, 4.0), np.float32)


def evened(pixels: Pixels, gain: Layer) -> Layer:
    """The shot with its gain taken out, in fractions of a level; channels first."""
    levels = np.arange(256, dtype=np.float32)
    return np.stack([cv2.LUT(plane, levels / own) for plane, own in zip(cv2.split(pixels), gain, strict=True)])


def levelled(pixels: Pixels, gain: Layer) -> Pixels:
    """The shot with its gain taken out."""
    table = np.clip(np.arange(256)[:, None] / gain + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(pixels, table[None]).astype(np.uint8, copy=False)


def _quantiles(
    stack: Pixels, covered: NDArray[np.bool_], shares: Sequence[float]
) -> tuple[NDArray[np.uint8], tuple[Pixels, ...]]:
    """How many shots show each place free, and quantiles over those; over all shots where none does."""
    seen = np.asarray(np.sum(~covered, axis=0, dtype=np.uint8))
    # Hidden values go to the far end of the order, where no quantile looks.
    values = stack.copy()
    for picture, hidden in zip(values, covered & (seen > 0), strict=True):
        out = hidden.astype(np.uint8) * _FAR_END
        cv2.bitwise_or(picture, cv2.merge([out, out, out]), dst=picture)
    _sort_first_axis(values)
    last = np.where(seen > 0, seen, len(stack)) - 1
    ranks = (np.round(np.arange(len(stack)) * share).astype(np.uint8) for share in shares)
    return seen, tuple(_of_rank(values, ranked[last]) for ranked in ranks)


def _of_rank(values: Pixels, rank: NDArray[np.uint8]) -> Pixels:
    """Each place's value of that rank: rank by rank, as there are few."""
    picked = np.empty_like(values[0])
    for here in np.flatnonzero(np.bincount(rank.ravel())):
        cv2.copyTo(values[here], (rank == here).astype(np.uint8), picked)
    return np.asarray(picked, np.uint8)


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
    total = np.add(middle[..., 0], middle[..., 1], dtype=np.uint16) + middle[..., 2]
    bands = total // (3 * 256 // _BANDS)
    strays, of_band = spread[known], bands[known]
    noise = np.full(_BANDS, np.median(strays) if len(strays) else _STILLEST, np.float32)
    for band in range(_BANDS):
        here = strays[of_band == band]
        if len(here) >= _LEAST_PLACES:
            noise[band] = np.median(here)
    return np.asarray(np.maximum(noise, _STILLEST)[bands], np.float32)


def _largest(picture: Pixels) -> Pixels:
    """The largest of each place's channels: NumPy is many times slower over so short a last axis."""
    return np.asarray(cv2.max(cv2.max(picture[..., 0], picture[..., 1]), picture[..., 2]), np.uint8)
