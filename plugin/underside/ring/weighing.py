"""Weigh all that a ring or a photo says: everywhere on half the matte's grid, in full where that leaves a doubt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.clues import Clues
from underside.ring.colours import Colours
from underside.ring.evidence import (
    Backdrop,
    View,
    backdrop_terms,
    chance,
    colour_term,
    compare,
    general,
    likelier,
    network_term,
    planes,
    squeezed,
)
from underside.ring.lost_pieces import with_lost_pieces
from underside.ring.room import evened

__all__ = ["Behind", "Places", "Shape", "Sight", "all_evidence", "weighed"]

# Where half the grid is less sure than these log-odds, and along its outline, the whole grid is asked: one place in
# six. Against asking it everywhere this cost no capture more than .0003 in the mean (flip-sample and five tuning
# captures, November 2026).
_SURE = 3.0
# Maps longer than a short integer can count are none for OpenCV.
_ROW = 1024

Pixels = NDArray[np.uint8]
Layer = NDArray[np.float32]
Shape = tuple[int, ...]
Part = tuple[float, float, float, float]
"""Left, top, width and height, in pixels."""


@dataclass(frozen=True)
class Places:
    """Some places of a grid, or all of them."""

    shape: Shape
    chosen: NDArray[np.intp] | None = None
    pixel: float = 1.0
    """Side of a pixel of the matte's grid, in pixels of this one."""

    def within(self, *layers: NDArray[np.uint8] | Layer, part: Part) -> Layer:
        """Values of layers of four channels together, of which the grid covers a part; channels first."""
        left, top, wide, high = part
        step_x, step_y = wide / self.shape[1], high / self.shape[0]
        # Pixel centres lie half a step inside.
        start_x, start_y = left + step_x / 2 - 0.5, top + step_y / 2 - 0.5
        x0, y0 = max(0, int(start_x) - 1), max(0, int(start_y) - 1)
        rows, columns = slice(y0, int(top + high) + 2), slice(x0, int(left + wide) + 2)
        # All at once: to find the way costs more than to go it.
        picture = cv2.merge([layer[rows, columns].astype(np.float32) for layer in layers])
        start_x, start_y = start_x - x0, start_y - y0
        if self.chosen is None:
            there = np.array([[step_x, 0, start_x], [0, step_y, start_y]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (self.shape[1], self.shape[0])
            return planes(cv2.warpAffine(picture, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
        down, across = self._down_and_across
        maps = (across * np.float32(step_x) + np.float32(start_x), down * np.float32(step_y) + np.float32(start_y))
        found = planes(cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        return found.reshape(len(found), -1)[:, : len(self.chosen)]

    @cached_property
    def _down_and_across(self) -> tuple[Layer, Layer]:
        """Rows and columns of the chosen places, in rows of their own."""
        assert self.chosen is not None
        padded = np.zeros(-(-len(self.chosen) // _ROW) * _ROW, np.int32)
        padded[: len(self.chosen)] = self.chosen
        down, across = np.divmod(padded.reshape(-1, _ROW), np.int32(self.shape[1]))
        return down.astype(np.float32), across.astype(np.float32)


@dataclass(frozen=True)
class Behind:
    """What a ring knows of some places."""

    cover: Layer
    backdrops: tuple[Backdrop, ...]
    """The room, and the plate where there is one; nothing for a photo without a ring."""


@dataclass(frozen=True)
class Sight:
    """A shot on its matte's grid, and what a ring knows to see it by."""

    pixels: Pixels
    gain: Layer
    """By what each channel of it is brighter than the room."""
    colours: Colours
    smoothing: float
    """What noise is blurred away by, in pixels of the grid."""
    behind: Callable[[Places], Behind]

    def view(self, pixel: float = 1.0) -> View:
        """The view on this grid, or one with larger pixels."""
        return View(evened(self.pixels, self.gain), self.colours, smoothing=self.smoothing, pixel=pixel)

    def halved(self) -> "Sight":
        """A copy on half the grid."""
        pixels = cv2.resize(self.pixels, half(self.pixels.shape)[::-1], interpolation=cv2.INTER_AREA)
        return Sight(pixels.astype(np.uint8, copy=False), self.gain, self.colours, self.smoothing / 2, self.behind)


def all_evidence(sight: Sight, matte: Layer, *, pixel: float = 1.0) -> Mapping[str, Layer]:
    """Everything that speaks for or against each place being object, by name."""
    return _looked(sight, matte, pixel).terms


def weighed(sight: Sight, matte: Layer, weights: Mapping[str, float]) -> Layer:
    """The matte that all evidence together gives, with lost pieces back."""
    coarse = halved(matte)
    looked = _looked(sight.halved(), coarse, 0.5)
    total, around = np.zeros(coarse.shape, np.float32), np.zeros(coarse.shape, np.float32)
    for name, weight in weights.items():
        part = np.float32(weight) * looked.terms[name]
        total += part
        if name in ("cover", "burden") or name.endswith("wide"):
            around += part
    size = (matte.shape[1], matte.shape[0])
    result = np.asarray(cv2.resize(total, size, interpolation=cv2.INTER_LINEAR), np.float32)
    doubtful = cv2.resize(_unsettled(total), size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)
    if doubtful.any():
        places = Places(matte.shape, np.flatnonzero(doubtful))
        result[doubtful] = _once_more(sight, matte, weights, around, looked.light, places)
    return with_lost_pieces(chance(result), looked.clues)


def halved(layer: Layer) -> Layer:
    """A copy on half the grid."""
    return np.asarray(cv2.resize(layer, half(layer.shape)[::-1], interpolation=cv2.INTER_AREA), np.float32)


def half(shape: Shape) -> tuple[int, int]:
    """Rows and columns."""
    return ((shape[0] + 1) // 2, (shape[1] + 1) // 2)


@dataclass(frozen=True)
class _Looked:
    """A shot on one grid, compared with all that is known of it."""

    terms: Mapping[str, Layer]
    light: Mapping[str, Layer]
    """The light on each place, by the backdrop that it would fall on."""
    clues: Clues


def _looked(sight: Sight, matte: Layer, pixel: float) -> _Looked:
    view, behind = sight.view(pixel), sight.behind(Places(matte.shape, pixel=pixel))
    compared = [compare(view, backdrop) for backdrop in behind.backdrops]
    terms = general(view, matte, behind.cover)
    for backdrop, seen in zip(behind.backdrops, compared, strict=True):
        terms |= backdrop_terms(view, backdrop, seen)
    in_no_light = np.full(matte.shape, np.nan, np.float32)
    if behind.backdrops:
        # The last one, a plate where there is one, strays least.
        surest, seen = behind.backdrops[-1], compared[-1]
        in_no_light = np.where(surest.known, np.sqrt(seen.tinted / 3), in_no_light)
    return _Looked(
        terms,
        {backdrop.name: seen.light for backdrop, seen in zip(behind.backdrops, compared, strict=True)},
        Clues.of(view, sight.colours, sight.pixels, matte, in_no_light, noisy=sight.smoothing > 0),
    )


def _once_more(
    sight: Sight,
    matte: Layer,
    weights: Mapping[str, float],
    around: Layer,
    light: Mapping[str, Layer],
    places: Places,
) -> Layer:
    """Log-odds at some places of the whole grid; what concerns more than single pixels is known already."""

    def coarse(layer: Layer) -> Layer:
        (here,) = places.within(layer, part=(0, 0, layer.shape[1], layer.shape[0]))
        return np.asarray(here, np.float32)

    assert places.chosen is not None
    view = sight.view().at(places.chosen)
    behind = sight.behind(places)
    total = coarse(around) + np.float32(weights["network"]) * network_term(matte.ravel()[places.chosen])
    total += np.float32(weights["colour"]) * colour_term(view)
    for backdrop in behind.backdrops:
        compared = compare(view, backdrop, coarse(light[backdrop.name]))
        said = {
            "less likely": np.minimum(likelier(view, compared.room), 0),
            "tint": squeezed(compared.tint),
            "brighter": squeezed(compared.brighter),
        }
        for term, value in said.items():
            total += np.float32(weights.get(f"{backdrop.name}: {term}", 0)) * value * backdrop.known
    return np.asarray(total, np.float32)


def _unsettled(total: Layer) -> NDArray[np.uint8]:
    """1 where a closer look may say something else, with a pixel around it."""
    object_ = (total > 0).astype(np.uint8)
    around = np.ones((3, 3), np.uint8)
    outline = cv2.morphologyEx(object_, cv2.MORPH_GRADIENT, around) > 0
    return cv2.dilate(((np.abs(total) < _SURE) | outline).astype(np.uint8), around).astype(np.uint8, copy=False)
