"""What speaks for and against a pixel being object, as a sum of log-odds with fitted weights."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.colours import Colours, numbers_of

__all__ = [
    "Backdrop",
    "View",
    "backdrop_terms",
    "chance",
    "colour_term",
    "compare",
    "corrected",
    "differences",
    "general",
    "likelier",
    "network_term",
    "planes",
    "slope",
    "squeezed",
    "with_edges",
]

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]

_NET_LIMIT = 5.0
# Below these log-odds the network is sure that a place is not object, and each further one counts as three: a pedestal
# that it took for part of the object in other shots looks like it, and differs from the room. Measured on eight tuning
# captures, November 2026: .028 won with such a support, .002 lost at most elsewhere, on thin legs and small objects.
_NET_SURE, _NET_STEEPER, _NET_LEAST = -3.0, 3.0, -12.0
_COVER_LIMIT = 4.0
_COLOUR_AGAINST, _COLOUR_FOR = 1.5, 4.0
_LIKELIHOOD_LIMIT = 4.0
# A pixel and its neighbourhood, in pixels of the matte's grid.
_NEAR, _WIDE = 0.7, 3.0
# Less of a blur is none.
_LEAST_BLUR = 0.45
# Between the room's grid and the matte's a place may be off by so much of a pixel: edges of the room differ by it.
_MISPLACED = 0.7
# Shadows on the room leave this much of its light at least; reflections add little.
_DARKEST, _BRIGHTEST = 0.35, 1.1
# A shadow may have any of many strengths, so each is less likely; but an object always casts one (log-odds). Three
# tuning captures with openings and thin parts gained .005 to .03 with a plate by it, others lost .004 at most.
_CASTS_ONE = 1.0
# Deviations that a place strays by to both sides of what it should be.
_ACROSS = 2.5


@dataclass(frozen=True)
class Backdrop:
    """What is known to stand behind the object, at some places; it strays between low and high."""

    name: str
    low: Layer
    """Channels first."""
    high: Layer
    noise: Layer
    """What a pixel strays by, and what comes of a room that may be off by part of a pixel."""
    known: Mask

    @property
    def strays(self) -> bool:
        """A plate does not: it is one picture."""
        return self.low is not self.high


class View:
    """A shot on the matte's grid, or a coarser one, as bright as its room."""

    def __init__(self, colour: Layer, colours: Colours, *, smoothing: float, pixel: float = 1.0) -> None:
        """``colour`` has its channels first.

        ``smoothing`` is how far noise is blurred away, in pixels, 0 where there is little. ``pixel`` is the side of a
        pixel of the matte's grid, in pixels of this one.
        """
        self.pixel = pixel
        self._colours = colours
        # A larger pixel has averaged already what a smaller one needs a blur for.
        sigma = max(_NEAR * pixel, _LEAST_BLUR, smoothing)
        self.colour = np.stack([_blurred(plane, sigma) for plane in colour])
        self._sharp = self.colour if smoothing else colour

    @property
    def trust(self) -> float:
        """The trust in the colours."""
        return self._colours.trust

    @property
    def apart(self) -> float:
        """How far the object has colours of its own."""
        return self._colours.apart

    @cached_property
    def on_object(self) -> Layer:
        """How usual each pixel's colour is on the object."""
        return self._colours.on_object(self._numbers)

    @cached_property
    def near_object(self) -> Layer:
        """How usual each pixel's colour is around the object."""
        return self._colours.near_object(self._numbers)

    @cached_property
    def _numbers(self) -> NDArray[np.int16]:
        return numbers_of(self._sharp)

    def at(self, chosen: NDArray[np.intp]) -> "View":
        """The view at some places only."""
        view = copy(self)
        view.colour, view._sharp = (
            np.take(colour.reshape(3, -1), chosen, axis=1) for colour in (self.colour, self._sharp)
        )
        return view


@dataclass(frozen=True)
class Compared:
    """A shot against what may stand behind it."""

    behind: Layer
    """What does, of all between which it strays: the nearest to what is seen."""
    volume: Layer
    """Volume of the colours that it may have."""
    room: Layer
    """How likely the room would look like this: a logarithm."""
    tinted: Layer
    """The square of how far it is from the room's colour in the light that falls on it."""
    tint: Layer
    brighter: Layer
    light: Layer
    """What light falls on the place, if it is room: in a shadow less than 1."""


def general(view: View, matte: Layer, cover: Layer) -> dict[str, Layer]:
    """What the network says, of this shot and of the ring, and the colours."""
    colour = colour_term(view)
    return {
        "network": network_term(matte),
        "cover": _log_odds(cover, _COVER_LIMIT),
        "colour": colour,
        "colour wide": _blurred(colour, _WIDE * view.pixel),
        # What an object must bring forward to be one: less where its colours cannot.
        "burden": np.full(matte.shape, -(1 + view.trust) / 2, np.float32),
    }


def network_term(matte: Layer) -> Layer:
    """The matte's own word."""
    said = _log_odds(matte, _NET_LIMIT * _NET_STEEPER)
    sure = np.minimum(said - np.float32(_NET_SURE), 0) * np.float32(_NET_STEEPER - 1)
    return np.asarray(np.clip(said + sure, _NET_LEAST, _NET_LIMIT), np.float32)


def colour_term(view: View) -> Layer:
    """The word of a pixel's colour, as far as colours are trusted."""
    more = np.clip(view.on_object - view.near_object, -_COLOUR_AGAINST, _COLOUR_FOR)
    return np.asarray(more * np.float32(view.trust), np.float32)


def differences(name: str, view: View, low: Layer, high: Layer, noise: Layer, known: Mask) -> dict[str, Layer]:
    """How a shot differs from what is known to stand behind the object, which strays between low and high."""
    lows, steep = planes(low), slope(low)
    highs = lows
    if high is not low:
        highs, steep = planes(high), np.maximum(steep, slope(high))
    noise = with_edges(noise, steep * np.float32(view.pixel))
    backdrop = Backdrop(name, lows, highs, noise, known)
    return backdrop_terms(view, backdrop, compare(view, backdrop))


def backdrop_terms(view: View, backdrop: Backdrop, compared: Compared) -> dict[str, Layer]:
    """What a backdrop says of each place."""
    likely = in_any_light = np.asarray(likelier(view, compared.room) * backdrop.known, np.float32)
    if view.apart > 0 and not backdrop.strays:
        in_any_light = likelier(view, _in_any_light(view, backdrop, compared)) * backdrop.known
    terms = {
        "less likely": np.minimum(likely, 0),
        "likely wide": _blurred(in_any_light, _WIDE * view.pixel),
        "tint": squeezed(compared.tint),
        "brighter": squeezed(compared.brighter),
        "brighter wide": squeezed(_blurred(compared.brighter, _WIDE * view.pixel)),
    }
    return {f"{backdrop.name}: {term}": (value * backdrop.known) for term, value in terms.items()}


def compare(view: View, backdrop: Backdrop, light: Layer | None = None) -> Compared:
    """Place by place; without its light given, that is found from the neighbours of each pixel of a picture."""
    colour, low, high, noise = view.colour, backdrop.low, backdrop.high, backdrop.noise
    behind = np.minimum(np.maximum(colour, low), high)
    off = (colour - behind) / noise
    width = (high - low + np.float32(_ACROSS) * noise) * np.float32(1 / 26)
    volume = np.asarray(width[0] * width[1] * width[2], np.float32)
    light = _light(colour, behind, view.pixel) if light is None else light
    # Shadows have no tint.
    apart = np.asarray((colour - light * behind) / noise, np.float32)
    tinted = _total(apart * apart)
    return Compared(
        behind=behind,
        volume=volume,
        room=_bell(_total(off * off), volume),
        tinted=tinted,
        tint=np.asarray((tinted - _total(apart) ** 2 / 3) / 3, np.float32),
        brighter=np.maximum(_total(off) / 3, 0),
        light=light,
    )


def likelier(view: View, room: Layer) -> Layer:
    """How much likelier the object's colours are than the room to look like this."""
    limit = np.float32(_LIKELIHOOD_LIMIT)
    return np.asarray(limit * np.tanh((view.on_object - room) / limit), np.float32)


def _in_any_light(view: View, backdrop: Backdrop, seen: Compared) -> Layer:
    """How likely a plate would look like this if a shadow may lie on it; a room that strays was seen with its shadows.

    Only as far as the object has colours of its own: else its own shaded sides would be the room's.
    """
    # A shadow is wider than a pixel.
    tinted = np.maximum(seen.tinted, _blurred(seen.tinted, _WIDE * view.pixel))
    strengths = _total(seen.behind) / 3 * np.float32(1 - _DARKEST) / (np.float32(_ACROSS) * backdrop.noise)
    shaded = _bell(tinted, seen.volume * np.maximum(strengths, 1)) + np.float32(_CASTS_ONE)
    return np.asarray(seen.room + np.float32(view.apart) * np.maximum(shaded - seen.room, 0), np.float32)


def _bell(squares: Layer, volume: Layer) -> Layer:
    """The logarithm of a bell with thick tails around all colours of a volume, at so many deviations, squared."""
    away = 1 + squares / 2
    return np.asarray(-np.log(away * np.sqrt(away) * volume), np.float32)


def slope(picture: Layer) -> Layer:
    """How steep it is, in levels per pixel."""
    grey = (picture[..., 0] + picture[..., 1] + picture[..., 2]) / 3
    # Not by OpenCV: its last digits depend on where in memory the picture lies.
    down, across = (np.gradient(grey, axis=axis) if grey.shape[axis] > 1 else np.zeros_like(grey) for axis in (0, 1))
    return np.asarray(np.sqrt(across**2 + down**2), np.float32)


def with_edges(noise: Layer, steep: Layer) -> Layer:
    """Noise, and what comes of a room that may be off by part of a pixel."""
    return np.asarray(np.sqrt(noise**2 + (np.float32(_MISPLACED) * steep) ** 2), np.float32)


def planes(picture: cv2.typing.MatLike) -> Layer:
    """Channels first: NumPy is many times slower over so short a last axis."""
    return np.stack([np.asarray(channel, np.float32) for channel in cv2.split(picture)])


def squeezed(size: Layer) -> Layer:
    """The difference as evidence: ten times as much is not ten times as sure."""
    return np.asarray(np.log(1 + np.clip(size, 0, 60)), np.float32)


def corrected(evidence: Mapping[str, Layer], weights: Mapping[str, float]) -> Layer:
    """The matte that all evidence together gives."""
    total = np.zeros(evidence["network"].shape, np.float32)
    for name, weight in weights.items():
        total += np.float32(weight) * evidence[name]
    return chance(total)


def chance(log_odds: Layer) -> Layer:
    """The chance of being object."""
    return (1 / (1 + np.exp(-np.clip(log_odds, -12, 12)))).astype(np.float32)


def _light(colour: Layer, behind: Layer, pixel: float) -> Layer:
    # Two levels more a channel, so that black divides no black.
    shot, still = (_blurred(_total(picture), max(2 * _NEAR * pixel, _LEAST_BLUR)) + 6 for picture in (colour, behind))
    return np.asarray(np.clip(shot / still, _DARKEST, _BRIGHTEST), np.float32)


def _log_odds(share: Layer, limit: float) -> Layer:
    safe = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.clip(np.log(safe / (1 - safe)), -limit, limit), np.float32)


def _total(channels: Layer) -> Layer:
    return np.asarray(channels[0] + channels[1] + channels[2], np.float32)


def _blurred(picture: Layer, sigma: float) -> Layer:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
