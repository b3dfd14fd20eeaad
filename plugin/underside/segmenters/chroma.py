"""Key on a colour, given or found from the picture's border: whatever has another colour is object."""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import SettingsError
from underside.photo.written_colour import Rgb, parse_colour
from underside.segmenters import Choices
from underside.segmenters._classical import ClassicalSegmenter
from underside.segmenters._seeing import border_of, lab_of, soft_step

__all__ = ["make", "parse_key"]

# How much darker or brighter than the key the same paper may be, by shadow or lamp.
_SHADES = (0.3, 1.4)
# In Lab: differences below the first are the paper's own, above the second no shade of it.
_LEAST, _MOST = 9.0, 40.0


def make(choices: Choices) -> ClassicalSegmenter:
    """Tells the object from a background of one colour, evenly lit or not.

    The key colour is the one that was chosen, or the border's most common one, found anew in every picture.
    """
    key = parse_key(choices.key_colour) if choices.key_colour else None
    return ClassicalSegmenter("chroma", partial(_unlike, key), {"key": str(key or "border")})


def _unlike(key: Rgb | None, small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How unlike the key each part is."""
    distance = _from_key(small, key or _common_colour(small[border_of(small.shape)]))
    own = float(np.percentile(distance[border_of(small.shape)], 75))
    at = float(np.clip(_between(distance), max(_LEAST, 2 * own), max(_MOST, 2 * own)))
    return soft_step(cv2.GaussianBlur(distance, (0, 0), 0.7).astype(np.float32), at, at / 3)


def parse_key(text: str) -> Rgb:
    """Understand #rrggbb, or three numbers with commas."""
    key = parse_colour(text)
    if key is None:
        raise SettingsError(f"{text!r} is not a key colour", "Use #rrggbb, or r,g,b with numbers from 0 to 255")
    return key


def _common_colour(pixels: NDArray[np.uint8]) -> Rgb:
    """The mean of the fullest cell of colours: the paper's, whatever else reaches the border."""
    cells = (pixels >> 5).astype(np.int64) @ np.array([64, 8, 1])
    red, green, blue = np.median(pixels[cells == np.bincount(cells).argmax()], axis=0)
    return int(red), int(green), int(blue)


def _from_key(picture: NDArray[np.uint8], key: Rgb) -> NDArray[np.float32]:
    """Distance in Lab from the nearest shade of the key; shading itself counts the more, the greyer the key is."""
    key_light = _linear(np.array([[key]], np.uint8))
    light = _linear(picture)
    shade = np.clip((light @ key_light[0, 0]) / max(float((key_light**2).sum()), 1e-6), *_SHADES)[..., None]
    nearest = _encoded(shade * key_light)
    apart = np.linalg.norm(lab_of(picture) - cv2.cvtColor(nearest, cv2.COLOR_RGB2LAB), axis=2)
    key_lab = cv2.cvtColor(_encoded(key_light), cv2.COLOR_RGB2LAB)
    colourful = float(np.hypot(key_lab[0, 0, 1], key_lab[0, 0, 2]))
    shading = np.abs(cv2.cvtColor(nearest, cv2.COLOR_RGB2LAB)[..., 0] - key_lab[0, 0, 0])
    return np.asarray(np.hypot(apart, max(0.15, 1 - colourful / 50) * shading), np.float32)


def _linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return ((picture.astype(np.float32) / 255) ** np.float32(2.2)).astype(np.float32)


def _encoded(light: NDArray[np.float32]) -> NDArray[np.float32]:
    return (np.clip(light, 0, 1) ** np.float32(1 / 2.2)).astype(np.float32)


def _between(distance: NDArray[np.float32]) -> float:
    """Where the distances part best into near and far ones (Otsu)."""
    return float(cv2.threshold(np.clip(distance, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)[0])
