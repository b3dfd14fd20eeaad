"""The sweep itself: as many shots looked at as it takes to know their positions."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from underside.capture import Shot
from underside.errors import PhotoError
from underside.ring import Support
from underside.segmenters import Segmenter
from underside.survey.order import in_order, spread
from underside.survey.plates import Plates
from underside.survey.positions import Position, position_of
from underside.survey.seen import FirstLook, Seen, first_look
from underside.survey.small import SmallPhoto, look_at
from underside.survey.supports import supports_in

__all__ = ["Surveyor"]

# Shots looked at for each position, evenly spread: as many as a ring is learnt from.
_LOOKED_AT = 16
_LEFT_OUT = (
    "Pass {}: what holds the object is left out, as no other pass shows its colour; if it is part of the object, "
    "mask that pass by itself."
)


class Surveyor:
    """Surveys one group of shots after another; plates are looked at once."""

    def __init__(self, segmenter: Segmenter, plates: Sequence[Shot], *, max_megapixels: float) -> None:
        self._segmenter = segmenter
        self._plates = Plates(segmenter, plates, max_megapixels=max_megapixels)
        self._max_megapixels = max_megapixels
        self._held: list[str] = []

    @property
    def looked(self) -> bool:
        """Whether anything was surveyed so far."""
        return self._plates.looked_at

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said of the plates and of what held the object, after all that was surveyed so far."""
        return (*self._plates.warnings, *map(_LEFT_OUT.format, self._held))

    def survey(self, shots: Sequence[Shot], pool: ThreadPoolExecutor, stop: threading.Event) -> dict[str, Seen]:
        """By the shots' names; nothing when ``stop`` is set.

        The shots are those of a whole capture, or of as much of it as is masked at once, in the order in which they
        were taken: what one camera position saw in several passes is learnt together. Only as many shots are looked
        at as that takes; the others are when their turn to be masked comes.
        """
        self._plates.look(pool)
        positions: list[Position] = []
        looked: list[tuple[SmallPhoto, Position | None]] = []
        order = spread(len(shots))
        done = 0
        while done < len(order) and done < _LOOKED_AT * max(1, len(positions)):
            chosen = [shots[place] for place in order[done : _LOOKED_AT * max(1, len(positions))]]
            done += len(chosen)
            for photo in in_order(pool, self._look, chosen):
                if stop.is_set():
                    return {}
                if photo is not None:
                    looked.append((photo, position_of(photo, positions)))
        for position in positions:
            self._plates.add_to(position)
            position.learn()
        pass_of = {shot.name: shot.pass_name for shot in shots}
        supports = supports_in([photo for photo, _ in looked], pass_of)
        self._held += [name for name in supports if name not in self._held]
        aimed = in_order(pool, _aimed, [(*each, supports.get(pass_of[each[0].name])) for each in looked])
        first_looks = {photo.name: look for (photo, _), look in zip(looked, aimed, strict=True)}
        known = [position for position in positions if position.ring is not None]
        seen: dict[str, Seen] = {}
        number = -1
        for shot in shots:
            look = first_looks.get(shot.name)
            if look is not None:
                number = positions.index(look.position) if look.position else -1
            seen[shot.name] = Seen(number, look, () if look else known, supports.get(shot.pass_name))
        return seen

    def _look(self, shot: Shot) -> SmallPhoto | None:
        try:
            return look_at(shot, self._segmenter, max_megapixels=self._max_megapixels)
        except PhotoError:
            return None  # reported when its turn to be masked comes


def _aimed(looked: tuple[SmallPhoto, Position | None, Support | None]) -> FirstLook:
    photo, position, support = looked
    return first_look(photo.frame, photo.observation.pixels, photo.matte, position, support)
