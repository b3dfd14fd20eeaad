"""A first sweep over shots of one or more passes: where their cameras stood, and what each of these places knows."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.errors import PhotoError
from underside.looks import Found, Frame, find_object, object_box
from underside.photo import Box, CameraFacts, Photo, decode, open_photo, turn_upright
from underside.ring import Glance, Observation, RingBuilder, RingKnowledge, glance, observe, reduced, stood_still
from underside.ring.observation import AREA
from underside.segmenters import Segmenter
from underside.segmenters.plate import plate_of, shows_more

__all__ = ["FirstLook", "Position", "Seen", "Surveyor"]

# Camera positions kept at once; a position holds about 60 MB while it is learnt. A rig of cameras that moved at every
# shot has no rings to learn from.
_POSITIONS = 8
# Shots looked at for each position, evenly spread: as many as a ring is learnt from.
_LOOKED_AT = 16
# Shots by which a position is known again: another part of the room is hidden in each.
_KEPT_GLANCES = 3
# Decoded at this share of a ring's usual size, a shot is taken as it is: 24 megapixels at an eighth have .78.
_ENOUGH = 0.6
# Shots that a plate is held against.
_WITNESSES = 6
# A plate so many times as bright or dark as its shots is evened out, and further off too poor for it.
_WORTH_TELLING, _BEARABLE = 1.35, 3.0
# Plates beyond so many would tell nothing new.
_PLATES = 12

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Grid = tuple[int, int, int]
"""Width, height and orientation."""
_Camera = tuple[str, ...]
Pixels = NDArray[np.uint8]


class Surveyor:
    """Surveys one group of shots after another; plates are looked at once."""

    def __init__(self, segmenter: Segmenter, plates: Sequence[Shot], *, max_megapixels: float) -> None:
        self._segmenter = segmenter
        self._plates = [plates[place] for place in sorted(_spread(len(plates))[:_PLATES])]
        self._all_plates = len(plates)
        self._max_megapixels = max_megapixels
        self._seen_plates: list[_Sight] | None = None
        self._used: set[str] = set()
        self._told: dict[str, str] = {}

    @property
    def looked(self) -> bool:
        """Whether anything was surveyed so far."""
        return self._seen_plates is not None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said of the plates, after all that was surveyed so far."""
        unused = [sight.name for sight in self._seen_plates or () if sight.name not in self._used]
        told = dict.fromkeys(unused, "is left out: no ring was shot from where it was taken, or none at its size")
        of_each = tuple(f"The plate {name} {words}." for name, words in sorted((told | self._told).items()))
        if len(self._plates) == self._all_plates:
            return of_each
        thinned = (
            f"Only {_PLATES} of the {self._all_plates} plates are looked at, evenly chosen. "
            "Keep one or two of each camera's place to be sure of them."
        )
        return (thinned, *of_each)

    def survey(self, shots: Sequence[Shot], pool: ThreadPoolExecutor, stop: threading.Event) -> dict[str, "Seen"]:
        """By the shots' names; nothing when ``stop`` is set.

        The shots are those of a whole capture, or of as much of it as is masked at once, in the order in which they
        were taken: what one camera position saw in several passes is learnt together. Only as many shots are looked
        at as that takes; the others are when their turn to be masked comes.
        """
        if self._seen_plates is None:
            plates = _in_order(pool, self._look_at_plate, self._plates)
            self._seen_plates = [sight for sight in plates if sight is not None]
        positions: list[Position] = []
        looked: list[tuple[_Sight, Position | None]] = []
        order = _spread(len(shots))
        done = 0
        while done < len(order) and done < _LOOKED_AT * max(1, len(positions)):
            chosen = [shots[place] for place in order[done : _LOOKED_AT * max(1, len(positions))]]
            done += len(chosen)
            for sight in _in_order(pool, self._look, chosen):
                if stop.is_set():
                    return {}
                if sight is not None:
                    looked.append((sight, _place(sight, positions)))
        for position in positions:
            self._add_plates(position)
            position.learn()
        first_looks = {
            sight.name: look for (sight, _), look in zip(looked, _in_order(pool, _aimed, looked), strict=True)
        }
        known = [position for position in positions if position.ring is not None]
        seen: dict[str, Seen] = {}
        number = -1
        for shot in shots:
            look = first_looks.get(shot.name)
            if look is not None:
                number = positions.index(look.position) if look.position else -1
            seen[shot.name] = Seen(number, look, () if look else known)
        return seen

    def _add_plates(self, position: "Position") -> None:
        for plate in self._seen_plates or ():
            if not position.sees(plate):
                continue
            self._used.add(plate.name)
            times = position.builder.brightness_of(plate.observation)
            if self._object_left_in(plate, position.builder):
                self._told[plate.name] = "is left out: the object was left in it"
            elif not 1 / _BEARABLE < times < _BEARABLE:
                self._told[plate.name] = f"is left out: it is {_times(times)} as the photos"
            else:
                position.builder.add_plate(plate.observation)
                if not 1 / _WORTH_TELLING < times < _WORTH_TELLING:
                    self._told[plate.name] = f"is {_times(times)} as the photos: it was evened out"

    def _object_left_in(self, plate: "_Sight", builder: RingBuilder) -> bool:
        found = find_object(self._segmenter, plate.frame, plate.observation.pixels, looks=1)
        shown = builder.shows_object(observe(plate.frame, plate.observation.pixels, found))
        if shown is not None:
            return shown
        pictures = [plate.upright(pixels) for pixels in builder.pictures[:_WITNESSES]]
        return shows_more(plate_of(plate.upright(plate.observation.pixels), name=plate.name), pictures)

    def _look(self, shot: Shot) -> "_Sight | None":
        try:
            return self._sight(shot, is_plate=False)
        except PhotoError:
            return None  # reported when its turn to be masked comes

    def _look_at_plate(self, shot: Shot) -> "_Sight | None":
        try:
            return self._sight(shot, is_plate=True)
        except PhotoError as error:
            self._told[shot.name] = f"is left out: it {error.what.removeprefix(f'{shot.path} ')}"
            return None

    def _sight(self, shot: Shot, *, is_plate: bool) -> "_Sight":
        photo = open_photo(shot.path, max_megapixels=self._max_megapixels)
        pixels = decode(photo, reduce=_reduction(photo))
        frame = Frame(photo.width, photo.height, photo.orientation, photo.icc)
        found = None if is_plate else find_object(self._segmenter, frame, pixels, looks=1)
        observation = observe(frame, pixels, found)
        matte = np.zeros((1, 1), np.uint8) if found is None else _rounded(found)
        return _Sight(shot.name, _named(photo.camera), frame, observation, glance(observation), matte)


@dataclass(frozen=True)
class FirstLook:
    """What was seen of one shot by looking at the whole photo."""

    matte: NDArray[np.uint8]
    position: "Position | None"
    """From where the shot was taken; none where that is not known."""
    object_box: Box | None
    """Where to look closer, by what the ring knows."""


class Seen:
    """What the sweep leaves for one shot."""

    def __init__(self, position_number: int, look: FirstLook | None, among: "Sequence[Position]" = ()) -> None:
        """``among`` are the positions from one of which the shot may have been taken, where that is not known yet."""
        self.position_number = position_number
        """Of the camera position that it was most likely taken from, the same in every run; -1 if not known."""
        self.look = look
        """Once it was taken."""
        self.among = among

    @property
    def ring(self) -> RingKnowledge | None:
        """Known once the first look is taken; none where the camera stood still for too few shots."""
        return self.look.position.ring if self.look and self.look.position else None

    def first(self, segmenter: Segmenter, frame: Frame, pixels: Pixels, camera: CameraFacts) -> Found:
        """The first look, at the whole photo: the one of the sweep, or taken now; and where the object then is."""
        if self.look is None:
            small = _small(pixels)
            found = find_object(segmenter, frame, small, looks=1)
            observation = observe(frame, small, found)
            taken = (_named(camera), _grid(frame), glance(observation))
            position = next((each for each in self.among if each.has_seen(*taken)), None)
            self.look = _first_look(frame, observation.pixels, _rounded(found), position)
        return replace(_found(frame, self.look.matte), object_box=self.look.object_box)


@dataclass(frozen=True)
class _Sight:
    """One photo at the size at which rings are learnt."""

    name: str
    camera: _Camera
    frame: Frame
    observation: Observation
    glance: Glance
    matte: NDArray[np.uint8]

    @property
    def grid(self) -> _Grid:
        """The photo's grid."""
        return _grid(self.frame)

    def upright(self, pixels: Pixels) -> Pixels:
        """A picture of this photo's camera, held as it was."""
        return np.ascontiguousarray(turn_upright(pixels, self.frame.orientation))


class Position:
    """One place where a camera stood still; shots are added as they come."""

    def __init__(self, camera: _Camera, grid: _Grid) -> None:
        self.builder = RingBuilder()
        self.ring: RingKnowledge | None = None
        self.camera = camera
        self.grid = grid
        self.glances: list[Glance] = []

    def add(self, sight: _Sight) -> None:
        """One photo more that was taken from here."""
        self.builder.add(sight.observation)
        if len(self.glances) < _KEPT_GLANCES:
            self.glances.append(sight.glance)

    def sees(self, sight: _Sight) -> bool:
        """Whether the photo was taken from here."""
        return self.has_seen(sight.camera, sight.grid, sight.glance)

    def has_seen(self, camera: _Camera, grid: _Grid, here: Glance) -> bool:
        """Whether a photo was taken from here, if only what distinguishes places is known of it."""
        known = (camera, grid) == (self.camera, self.grid)
        return known and any(stood_still(each, here) for each in self.glances)

    def learn(self) -> None:
        """Learn what the shots show; they are not kept."""
        self.ring = self.builder.build()
        self.builder = RingBuilder()


def _place(sight: _Sight, positions: list[Position]) -> Position | None:
    """The shot's position; a new one where it fits none."""
    position = next((each for each in positions if each.sees(sight)), None)
    if position is None:
        if len(positions) == _POSITIONS:
            return None
        position = Position(sight.camera, sight.grid)
        positions.append(position)
    position.add(sight)
    return position


def _aimed(looked: tuple[_Sight, Position | None]) -> FirstLook:
    sight, position = looked
    return _first_look(sight.frame, sight.observation.pixels, sight.matte, position)


def _first_look(frame: Frame, pixels: Pixels, matte: NDArray[np.uint8], position: Position | None) -> FirstLook:
    if position is None or position.ring is None:
        return FirstLook(matte, position, None)
    box = object_box(position.ring.correct_coarsely(_found(frame, matte), frame, pixels))
    return FirstLook(matte, position, box)


def _rounded(found: Found) -> NDArray[np.uint8]:
    return np.rint(found.matte * 255).astype(np.uint8)


def _found(frame: Frame, matte: NDArray[np.uint8]) -> Found:
    return Found(matte.astype(np.float32) / np.float32(255), (0, 0, frame.width, frame.height))


def _spread(count: int) -> list[int]:
    """All places of a row in such an order that however many are taken, they are spread evenly."""
    bits = max(1, (count - 1).bit_length())
    return sorted(range(count), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))


def _times(brightness: float) -> str:
    return f"{max(brightness, 1 / brightness):.1f} times as {'bright' if brightness > 1 else 'dark'}"


def _named(facts: CameraFacts) -> _Camera:
    return (str(facts.make), str(facts.model), str(facts.serial))


def _grid(frame: Frame) -> _Grid:
    return (frame.width, frame.height, frame.orientation)


def _reduction(photo: Photo) -> int:
    """How far the decoder can shrink at no cost with a ring still seen well."""
    return _factor(photo.width * photo.height)


def _factor(area: int) -> int:
    return next(by for by in (8, 4, 2, 1) if area >= _ENOUGH * AREA * by * by or by == 1)


def _small(pixels: Pixels) -> Pixels:
    """The picture as the decoder would have shrunk it."""
    by = _factor(pixels.shape[0] * pixels.shape[1])
    return pixels if by == 1 else reduced(pixels, -(-pixels.shape[1] // by), -(-pixels.shape[0] // by))


def _in_order(pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """Results in the order of the items, with a few in work ahead: what is done is not piled up."""
    ahead: deque[Future[_Result]] = deque()
    for item in items:
        ahead.append(pool.submit(work, item))
        if len(ahead) > 8:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
