"""Photos at the size at which rings are learnt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.looks import Found, Frame, find_object
from underside.photo import CameraFacts, Photo, decode, open_photo, turn_upright
from underside.ring import Glance, Observation, glance, observe, reduced
from underside.ring.observation import AREA
from underside.segmenters import Segmenter

__all__ = ["Camera", "Grid", "Matte", "Pixels", "SmallPhoto", "camera_of", "found_of", "grid_of", "look_at", "rounded"]
__all__ += ["shrunk"]

# Decoded at this share of a ring's usual size, a shot is taken as it is: 24 megapixels at an eighth have .78.
_ENOUGH = 0.6

Grid = tuple[int, int, int]
"""Width, height and orientation."""
Camera = tuple[str, ...]
Pixels = NDArray[np.uint8]
Matte = NDArray[np.uint8]
"""How likely each part of the photo is object, from 0 to 255: a fourth of what numbers with a point would take."""


@dataclass(frozen=True)
class SmallPhoto:
    """One photo, looked at."""

    name: str
    camera: Camera
    frame: Frame
    observation: Observation
    glance: Glance
    matte: Matte
    """Nothing for a plate."""

    @property
    def grid(self) -> Grid:
        """The photo's grid."""
        return grid_of(self.frame)

    def upright(self, pixels: Pixels) -> Pixels:
        """A picture of this photo's camera, held as it was."""
        return np.ascontiguousarray(turn_upright(pixels, self.frame.orientation))


def look_at(shot: Shot, segmenter: Segmenter | None, *, max_megapixels: float) -> SmallPhoto:
    """Decode a photo small, and let the segmenter find the object; none is asked for a plate."""
    photo = open_photo(shot.path, max_megapixels=max_megapixels)
    pixels = decode(photo, reduce=_reduction(photo))
    frame = Frame.of(photo)
    found = None if segmenter is None else find_object(segmenter, frame, pixels, looks=1)
    observation = observe(frame, pixels, found)
    matte = np.zeros((1, 1), np.uint8) if found is None else rounded(found)
    return SmallPhoto(shot.name, camera_of(photo.camera), frame, observation, glance(observation), matte)


def shrunk(pixels: Pixels) -> Pixels:
    """The picture as the decoder would have shrunk it."""
    by = _factor(pixels.shape[0] * pixels.shape[1])
    return pixels if by == 1 else reduced(pixels, -(-pixels.shape[1] // by), -(-pixels.shape[0] // by))


def camera_of(facts: CameraFacts) -> Camera:
    """What tells a camera from others."""
    return (str(facts.make), str(facts.model), str(facts.serial))


def grid_of(frame: Frame) -> Grid:
    """The grid of a photo."""
    return (frame.width, frame.height, frame.orientation)


def rounded(found: Found) -> Matte:
    """A matte as it is kept."""
    return np.rint(found.matte * 255).astype(np.uint8)


def found_of(frame: Frame, matte: Matte) -> Found:
    """A kept matte as what was found in the whole photo."""
    return Found(matte.astype(np.float32) / np.float32(255), frame.whole)


def _reduction(photo: Photo) -> int:
    """How far the decoder can shrink at no cost with a ring still seen well."""
    return _factor(photo.width * photo.height)


def _factor(area: int) -> int:
    return next(by for by in (8, 4, 2, 1) if area >= _ENOUGH * AREA * by * by or by == 1)
