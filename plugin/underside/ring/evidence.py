"""What speaks for and against a pixel being object, as a sum of log-odds with fitted weights."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.colours import Colours

__all__ = ["WEIGHTS", "WEIGHTS_WITH_PLATE", "View", "corrected", "differences", "general"]

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Fitted by benchmarks/ring_gain.py on twelve tuning captures and the sample, November 2026, while colours were trusted
# everywhere. A fit with the trust of today gains .01 to .02 on thin legs and small objects, but lays a burden on all
# that is greater, and costs the sample .010.
WEIGHTS: Mapping[str, float] = {
    "network": 0.759,
    "cover": 0.505,
    "colour": 0.422,
    "colour wide": 0.345,
    "room: less likely": 1.55,
    "room: likely wide": 0.068,
    "room: tint": 0.369,
    "room: brighter": 0.443,
    "room: brighter wide": 0.229,
    "burden": 0.734,
}
WEIGHTS_WITH_PLATE: Mapping[str, float] = {
    "network": 0.766,
    "cover": 0.386,
    "colour": 0.459,
    "colour wide": 0.042,
    "room: less likely": 0.616,
    "room: tint": 0.29,
    "room: brighter": 0.212,
    "room: brighter wide": 0.062,
    "plate: less likely": 1.269,
    "plate: likely wide": 0.397,
    "plate: tint": 0.258,
    "plate: brighter": 0.279,
    "plate: brighter wide": 0.386,
    "burden": 2.149,
}

_NET_LIMIT = 5.0
_COVER_LIMIT = 4.0
_COLOUR_AGAINST, _COLOUR_FOR = 1.5, 4.0
_LIKELIHOOD_LIMIT = 4.0
# A pixel and its neighbourhood, in pixels of the matte's grid.
_NEAR, _WIDE = 0.7, 3.0
# Between the room's grid and the matte's a place may be off by so much of a pixel: edges of the room differ by it.
_MISPLACED = 0.7
# Shadows on the room leave this much of its light at least; reflections add little.
_DARKEST, _BRIGHTEST = 0.35, 1.1


class View:
    """A shot on the matte's grid, as bright as its room."""

    def __init__(self, colour: Layer, colours: Colours, *, smoothing: float) -> None:
        """``smoothing`` is how far noise is blurred away, in pixels, 0 where there is little."""
        self.colour = _blurred(colour, max(_NEAR, smoothing))
        colour = self.colour if smoothing else colour
        self.trust = colours.trust
        self.on_object = colours.on_object(colour)
        self.near_object = colours.near_object(colour)


def general(view: View, matte: Layer, cover: Layer) -> dict[str, Layer]:
    """What the network says, of this shot and of the ring, and the colours."""
    colour = np.clip(view.on_object - view.near_object, -_COLOUR_AGAINST, _COLOUR_FOR) * np.float32(view.trust)
    return {
        "network": _log_odds(matte, _NET_LIMIT),
        "cover": _log_odds(cover, _COVER_LIMIT),
        "colour": colour,
        "colour wide": _blurred(colour, _WIDE),
        # What an object must bring forward to be one: less where its colours cannot.
        "burden": np.full(matte.shape, -(1 + view.trust) / 2, np.float32),
    }


def differences(name: str, view: View, low: Layer, high: Layer, noise: Layer, known: Mask) -> dict[str, Layer]:
    """How a shot differs from what is known to stand behind the object, which strays between low and high."""
    noise = np.sqrt(noise**2 + (_MISPLACED * np.maximum(_slope(low), _slope(high))) ** 2)[..., None]
    behind = np.clip(view.colour, low, high)
    off = (view.colour - behind) / noise
    brighter = np.asarray(np.maximum(_sum(off) / 3, 0), np.float32)
    # How likely the room would look like this: a bell with thick tails around all that it strays between.
    width = (high - low + 2.5 * noise) / 26
    room = -1.5 * np.log1p(_sum(off**2) / 2) - np.log(width[..., 0] * width[..., 1] * width[..., 2])
    ratio = np.tanh((view.on_object - room) / _LIKELIHOOD_LIMIT)
    likely = np.asarray(_LIKELIHOOD_LIMIT * ratio * known, np.float32)
    terms = {
        "less likely": np.minimum(likely, 0),
        "likely wide": _blurred(likely, _WIDE),
        "tint": _squeezed(_tint(view.colour, behind, noise)),
        "brighter": _squeezed(brighter),
        "brighter wide": _squeezed(_blurred(brighter, _WIDE)),
    }
    return {f"{name}: {term}": (value * known).astype(np.float32) for term, value in terms.items()}


def corrected(evidence: Mapping[str, Layer], weights: Mapping[str, float]) -> Layer:
    """The matte that all evidence together gives."""
    total = np.zeros(evidence["network"].shape, np.float32)
    for name, weight in weights.items():
        total += np.float32(weight) * evidence[name]
    return (1 / (1 + np.exp(-np.clip(total, -12, 12)))).astype(np.float32)


def _tint(view: Layer, behind: Layer, noise: Layer) -> Layer:
    """How far a pixel is from the room's colour in any light that may fall on it: shadows have no tint."""
    # Two levels more a channel, so that black divides no black.
    shot, still = (_blurred(_sum(picture), 2 * _NEAR) + 6 for picture in (view, behind))
    light = shot / still
    off = (view - np.clip(light, _DARKEST, _BRIGHTEST)[..., None] * behind) / noise
    return np.asarray((_sum(off**2) - _sum(off) ** 2 / 3) / 3, np.float32)


def _log_odds(share: Layer, limit: float) -> Layer:
    safe = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.clip(np.log(safe / (1 - safe)), -limit, limit), np.float32)


def _sum(picture: Layer) -> Layer:
    """Over the channels: NumPy's own sum takes ten times as long over so short an axis."""
    return np.asarray(picture[..., 0] + picture[..., 1] + picture[..., 2], np.float32)


def _squeezed(size: Layer) -> Layer:
    return np.asarray(np.log1p(np.clip(size, 0, 60)), np.float32)


def _slope(picture: Layer) -> Layer:
    grey = _sum(picture) / 3
    # Not by OpenCV: its last digits depend on where in memory the picture lies.
    down, across = np.gradient(grey)
    return np.asarray(np.sqrt(across**2 + down**2), np.float32)


def _blurred(picture: Layer, sigma: float) -> Layer:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
