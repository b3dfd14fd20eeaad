"""One photo, seen so small that a whole capture can be kept in mind."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.errors import PhotoError
from underside.looks import Frame
from underside.photo import MOST_MEGAPIXELS, CameraFacts, Photo, decode, open_photo, to_srgb, turn_upright
from underside.ring import Glance, glance, observe

__all__ = ["Sight", "look", "look_at_all"]

# Decoded no smaller than this along the longer side; a glance needs some 160 pixels.
_SEEN_SIDE = 480
_THUMBNAIL_SIDE = 180
_JPEG_QUALITY = 78
# Views are compared at this size, blurred by the way it is made: fine detail moves at every step, however small.
_VIEW = (96, 72)
_MOST_AT_ONCE = 4


@dataclass(frozen=True)
class Sight:
    """What was seen of a shot or plate; one that cannot be opened has a ``problem`` and nothing else."""

    shot: Shot
    problem: str = ""
    sha256: str = ""
    width: int = 0
    height: int = 0
    orientation: int = 1
    camera: CameraFacts = field(default_factory=CameraFacts)
    thumbnail: bytes = field(default=b"", repr=False)
    """A small JPEG, upright."""
    view: NDArray[np.float32] = field(default_factory=lambda: np.zeros(_VIEW[::-1], np.float32), repr=False)
    glance: Glance | None = field(default=None, repr=False)

    @property
    def time(self) -> datetime | None:
        """When it was taken, by the camera's own clock."""
        return self.camera.time

    @property
    def camera_name(self) -> str:
        """The camera as a person calls it, with its serial number."""
        facts = self.camera
        name = facts.model or facts.make or "unknown camera"
        return f"{name} ({facts.serial})" if facts.serial else name


def look_at_all(
    shots: Sequence[Shot], *, max_megapixels: float = MOST_MEGAPIXELS, on_seen: Callable[[], None] = lambda: None
) -> list[Sight]:
    """Several at once, in their order."""
    with ThreadPoolExecutor(min(_MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        seen: list[Sight] = []
        for sight in pool.map(lambda shot: look(shot, max_megapixels=max_megapixels), shots):
            seen.append(sight)
            on_seen()
        return seen


def look(shot: Shot, *, max_megapixels: float = MOST_MEGAPIXELS) -> Sight:
    """Open a photo and see it small."""
    try:
        photo = open_photo(shot.path, max_megapixels=max_megapixels)
        pixels = decode(photo, reduce=_reduction(photo))
    except PhotoError as error:
        return Sight(shot, problem=error.what.replace(str(shot.path), shot.name))
    upright = turn_upright(to_srgb(_shrunk(pixels, _SEEN_SIDE), photo.icc), photo.orientation)
    frame = Frame.of(photo)
    return Sight(
        shot,
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        orientation=photo.orientation,
        camera=photo.camera,
        thumbnail=_thumbnail(upright),
        view=cv2.resize(cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY), _VIEW, interpolation=cv2.INTER_AREA).astype(
            np.float32
        ),
        # Without the object's matte: nothing is known of the object yet. On fourteen tuning captures the places of
        # the camera were right all the same, but for those on black velvet (November 2026).
        glance=glance(observe(frame, pixels, None)),
    )


def _reduction(photo: Photo) -> int:
    side = max(photo.width, photo.height)
    return next((by for by in (8, 4, 2) if side >= by * _SEEN_SIDE), 1)


def _shrunk(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _thumbnail(upright: NDArray[np.uint8]) -> bytes:
    small = cv2.cvtColor(_shrunk(upright, _THUMBNAIL_SIDE), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
