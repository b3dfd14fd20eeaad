"""A first sweep over a pass: every shot seen small, its rings told apart, and what each of them knows."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.errors import PhotoError
from underside.looks import Found, Frame, find_object
from underside.photo import Photo, decode, open_photo
from underside.ring import Glance, Observation, RingBuilder, RingKnowledge, glance, observe, split_rings
from underside.ring.observation import AREA
from underside.segmenters import Segmenter

__all__ = ["Seen", "Surveyor"]

# Camera positions kept in one pass; a position holds about 60 MB while it is learnt. A rig of cameras that moved at
# every shot has no rings to learn from.
_POSITIONS = 8
# Decoded at this share of a ring's usual size, a shot is taken as it is: 24 megapixels at an eighth have .78.
_ENOUGH = 0.6
# Plates beyond so many would tell nothing new.
_PLATES = 12

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Camera = tuple[object, ...]


@dataclass(frozen=True)
class Seen:
    """What the sweep leaves for one shot."""

    matte: NDArray[np.uint8]
    """The first look's, over the whole photo: 0 to 255."""
    ring: RingKnowledge | None
    """None where the camera stood still for too few shots."""

    def first(self, frame: Frame) -> Found:
        """The first look, as if it were taken now."""
        return Found(self.matte.astype(np.float32) / np.float32(255), (0, 0, frame.width, frame.height))


@dataclass(frozen=True)
class _Sight:
    """One photo at the size at which rings are learnt."""

    camera: _Camera
    observation: Observation
    glance: Glance
    matte: NDArray[np.uint8]


class Surveyor:
    """Surveys one pass after another; plates are looked at once."""

    def __init__(self, segmenter: Segmenter, plates: Sequence[Shot], *, max_megapixels: float) -> None:
        self._segmenter = segmenter
        self._plates = plates[:: -(-len(plates) // _PLATES) or 1]
        self._max_megapixels = max_megapixels
        self._seen_plates: list[_Sight] | None = None

    def survey(self, shots: Sequence[Shot], pool: ThreadPoolExecutor, stop: threading.Event) -> dict[str, Seen]:
        """By the shots' names; photos that cannot be read are left out, and what is left when ``stop`` is set."""
        if self._seen_plates is None:
            seen = _in_order(pool, self._look_at_plate, self._plates)
            self._seen_plates = [sight for sight in seen if sight is not None]
        positions: list[_Position] = []
        placed: list[tuple[str, NDArray[np.uint8], _Position | None]] = []
        for shot, sight in zip(shots, _in_order(pool, self._look, shots), strict=True):
            if stop.is_set():
                return {}
            if sight is not None:
                position = _place(sight, positions, placed[-1][2] if placed else None)
                placed.append((shot.name, sight.matte, position))
        for plate in self._seen_plates:
            for position in positions:
                if position.sees(plate):
                    position.builder.add_plate(plate.observation)
        known = {id(position): position.builder.build() for position in positions}
        return {name: Seen(matte, known.get(id(position))) for name, matte, position in placed}

    def _look(self, shot: Shot) -> _Sight | None:
        return self._sight(shot, is_plate=False)

    def _look_at_plate(self, shot: Shot) -> _Sight | None:
        return self._sight(shot, is_plate=True)

    def _sight(self, shot: Shot, *, is_plate: bool) -> _Sight | None:
        try:
            photo = open_photo(shot.path, max_megapixels=self._max_megapixels)
            pixels = decode(photo, reduce=_reduction(photo))
        except PhotoError:
            return None  # told when its turn to be masked comes
        frame = Frame(photo.width, photo.height, photo.orientation, photo.icc)
        found = None if is_plate else find_object(self._segmenter, frame, pixels, looks=1)
        observation = observe(frame, pixels, found)
        matte = np.zeros((1, 1), np.uint8) if found is None else np.rint(found.matte * 255).astype(np.uint8)
        facts = photo.camera
        camera = (facts.make, facts.model, facts.serial, photo.width, photo.height, photo.orientation)
        return _Sight(camera, observation, glance(observation), matte)


class _Position:
    """One place where a camera stood still; shots are added as they come."""

    def __init__(self, camera: _Camera) -> None:
        self.builder = RingBuilder()
        self._camera = camera
        self._first: Glance | None = None
        self._latest: Glance | None = None

    def add(self, sight: _Sight) -> None:
        self.builder.add(sight.observation)
        self._first = self._first or sight.glance
        self._latest = sight.glance

    def sees(self, sight: _Sight) -> bool:
        """Whether the photo was taken from here."""
        known = (each for each in (self._latest, self._first) if each is not None)
        return sight.camera == self._camera and any(len(split_rings([each, sight.glance])) == 1 for each in known)


def _place(sight: _Sight, positions: list[_Position], latest: _Position | None) -> _Position | None:
    """The shot's position, most likely that of the shot before; a new one where it fits none."""
    likely = sorted(positions, key=lambda position: position is not latest)
    position = next((each for each in likely if each.sees(sight)), None)
    if position is None:
        if len(positions) == _POSITIONS:
            return None
        position = _Position(sight.camera)
        positions.append(position)
    position.add(sight)
    return position


def _reduction(photo: Photo) -> int:
    """As far as the decoder shrinks for nothing, and a ring is still seen well."""
    return next(by for by in (8, 4, 2, 1) if photo.width * photo.height >= _ENOUGH * AREA * by * by or by == 1)


def _in_order(pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """Results in the order of the items, with a few in work ahead: what is done is not piled up."""
    ahead: deque[Future[_Result]] = deque()
    for item in items:
        ahead.append(pool.submit(work, item))
        if len(ahead) > 8:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
