"""The plates of a capture: given to the positions that they were taken from, or left out with a word."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from underside.capture import Shot
from underside.errors import PhotoError
from underside.looks import find_object
from underside.ring import RingBuilder, observe
from underside.segmenters import Segmenter
from underside.segmenters.plate import plate_of, shows_more
from underside.survey.order import in_order, spread
from underside.survey.positions import Position
from underside.survey.small import SmallPhoto, look_at

__all__ = ["Plates"]

# Shots that a plate is held against.
_WITNESSES = 6
# A plate so many times as bright or dark as its shots is evened out, and further off too poor for it.
_WORTH_TELLING, _BEARABLE = 1.35, 3.0
# Plates beyond so many would tell nothing new.
_MOST = 12


class Plates:
    """What was found out about them so far."""

    def __init__(self, segmenter: Segmenter, plates: Sequence[Shot], *, max_megapixels: float) -> None:
        self._segmenter = segmenter
        self._chosen = [plates[place] for place in sorted(spread(len(plates))[:_MOST])]
        self._all = len(plates)
        self._max_megapixels = max_megapixels
        self._seen: list[SmallPhoto] | None = None
        self._used: set[str] = set()
        self._told: dict[str, str] = {}

    @property
    def looked_at(self) -> bool:
        """Whether ``look`` was called."""
        return self._seen is not None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said of the plates, after all positions that were seen so far."""
        unused = [plate.name for plate in self._seen or () if plate.name not in self._used]
        told = dict.fromkeys(unused, "is left out: no ring was shot from where it was taken, or none at its size")
        of_each = tuple(f"The plate {name} {words}." for name, words in sorted((told | self._told).items()))
        if len(self._chosen) == self._all:
            return of_each
        thinned = (
            f"Only {_MOST} of the {self._all} plates are looked at, evenly chosen. "
            "Keep one or two of each camera's place to be sure of them."
        )
        return (thinned, *of_each)

    def look(self, pool: ThreadPoolExecutor) -> None:
        """Look at them, if that was not done yet."""
        if self._seen is None:
            seen = in_order(pool, self._look_at, self._chosen)
            self._seen = [plate for plate in seen if plate is not None]

    def add_to(self, position: Position) -> None:
        """Let a position learn from those that were taken from it."""
        for plate in self._seen or ():
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

    def _object_left_in(self, plate: SmallPhoto, builder: RingBuilder) -> bool:
        found = find_object(self._segmenter, plate.frame, plate.observation.pixels, looks=1)
        shown = builder.shows_object(observe(plate.frame, plate.observation.pixels, found))
        if shown is not None:
            return shown
        pictures = [plate.upright(pixels) for pixels in builder.pictures[:_WITNESSES]]
        return shows_more(plate_of(plate.upright(plate.observation.pixels), name=plate.name), pictures)

    def _look_at(self, shot: Shot) -> SmallPhoto | None:
        try:
            return look_at(shot, None, max_megapixels=self._max_megapixels)
        except PhotoError as error:
            self._told[shot.name] = f"is left out: it {error.what.removeprefix(f'{shot.path} ')}"
            return None


def _times(brightness: float) -> str:
    return f"{max(brightness, 1 / brightness):.1f} times as {'bright' if brightness > 1 else 'dark'}"
