"""What a shot's colours say: those of the object against those around it, as the shots of a pass are believed to be."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.views import View

__all__ = ["Palette", "colour_odds", "palette_of"]

Floats = NDArray[np.float32]

# Tuned in November 2026 on two tuning captures with legs, with true cameras and the engine's masks.
_STEPS = 32
"""Steps of lightness and of each tint; tints are stretched, as most things are near grey."""
_STRETCH = 2.0
_NEVER_MET = 2e-5
"""Share that every colour is given: one that was hardly met says nothing."""
_MOST = 4.0
"""Log-odds that one colour can have."""
Palette = NDArray[np.uint16]
"""The number of each pixel's colour."""


def palette_of(view: View) -> Palette:
    """The colours of a shot's grid by number."""
    lab = cv2.cvtColor(view.colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 1:] = np.clip((lab[..., 1:] - 128) * _STRETCH + 128, 0, 255)
    light, red, blue = np.moveaxis((lab * (_STEPS / 256)).astype(np.uint16), -1, 0)
    return np.asarray((light * _STEPS + red) * _STEPS + blue, np.uint16)


def colour_odds(passes: Sequence[str], palettes: Sequence[Palette], beliefs: Sequence[Floats]) -> list[Floats]:
    """Log-odds of object by colour alone, for each shot's grid.

    Every pass has lights and surroundings of its own. ``beliefs`` are log-odds of object, from wherever they come:
    what is known in the middle of object and surroundings tells of what is doubted between them.
    """
    odds = {name: _odds(name, passes, palettes, beliefs) for name in dict.fromkeys(passes)}
    return [
        np.asarray(cv2.blur(odds[name][palette], (3, 3)), np.float32)
        for name, palette in zip(passes, palettes, strict=True)
    ]


def _odds(name: str, passes: Sequence[str], palettes: Sequence[Palette], beliefs: Sequence[Floats]) -> Floats:
    on_object, around = np.zeros(_STEPS**3), np.zeros(_STEPS**3)
    for of, palette, belief in zip(passes, palettes, beliefs, strict=True):
        if of == name:
            sure = 1 / (1 + np.exp(-np.clip(belief, -_MOST, _MOST))).ravel()
            on_object += np.bincount(palette.ravel(), sure * sure, minlength=_STEPS**3)
            around += np.bincount(palette.ravel(), (1 - sure) ** 2, minlength=_STEPS**3)
    shares = [_evened(each) + _NEVER_MET for each in (on_object, around)]
    return np.clip(np.log(shares[0] / shares[1]), -_MOST, _MOST).astype(np.float32)


def _evened(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The counts as shares, spread over neighbouring colours."""
    cube = counts.reshape(_STEPS, _STEPS, _STEPS)
    for axis in range(3):
        padded = np.moveaxis(np.pad(cube, [(1, 1) if i == axis else (0, 0) for i in range(3)]), axis, 0)
        cube = np.moveaxis(padded[:-2] / 4 + padded[1:-1] / 2 + padded[2:] / 4, 0, axis)
    return np.asarray(cube.ravel() / max(float(cube.sum()), 1.0))
