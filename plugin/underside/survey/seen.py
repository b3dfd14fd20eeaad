"""What a survey leaves for one shot: the first look at it, and the position that it was taken from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from underside.looks import Found, Frame, find_object, object_box
from underside.photo import Box, CameraFacts
from underside.ring import RingKnowledge, Support, glance, observe
from underside.segmenters import Segmenter
from underside.survey.positions import Position
from underside.survey.small import Matte, Pixels, camera_of, found_of, grid_of, rounded, shrunk

__all__ = ["FirstLook", "Seen", "first_look"]


@dataclass(frozen=True)
class FirstLook:
    """What was seen of one shot by looking at the whole photo."""

    matte: Matte
    position: Position | None
    """From where the shot was taken; none where that is not known."""
    object_box: Box | None
    """Where to look closer, by what the ring knows."""


class Seen:
    """What the sweep leaves for one shot."""

    def __init__(
        self,
        position_number: int,
        look: FirstLook | None,
        among: Sequence[Position] = (),
        support: Support | None = None,
    ) -> None:
        """``among`` are the positions from one of which the shot may have been taken, where that is not known yet."""
        self.position_number = position_number
        """Of the camera position that it was most likely taken from, the same in every run; -1 if not known."""
        self.look = look
        """Once it was taken."""
        self.among = among
        self.support = support
        """What holds the object in the shot's pass."""

    @property
    def ring(self) -> RingKnowledge | None:
        """Known once the first look is taken; none where the camera stood still for too few shots."""
        return _ring(self.look.position, self.support) if self.look else None

    def first(self, segmenter: Segmenter, frame: Frame, pixels: Pixels, camera: CameraFacts) -> Found:
        """The first look, at the whole photo: the one of the sweep, or taken now; and where the object then is."""
        if self.look is None:
            small = shrunk(pixels)
            found = find_object(segmenter, frame, small, looks=1)
            observation = observe(frame, small, found)
            taken = (camera_of(camera), grid_of(frame), glance(observation))
            position = next((each for each in self.among if each.has_seen(*taken)), None)
            self.look = first_look(frame, observation.pixels, rounded(found), position, self.support)
        found = replace(found_of(frame, self.look.matte), object_box=self.look.object_box)
        return self.support.taken_off(found, frame, pixels) if self.support else found


def first_look(
    frame: Frame, pixels: Pixels, matte: Matte, position: Position | None, support: Support | None
) -> FirstLook:
    """What was seen, and where the ring of its position would look closer."""
    ring = _ring(position, support)
    box = object_box(ring.correct_coarsely(found_of(frame, matte), frame, pixels)) if ring else None
    return FirstLook(matte, position, box)


def _ring(position: Position | None, support: Support | None) -> RingKnowledge | None:
    ring = position.ring if position else None
    return replace(ring, support=support) if ring and support else ring
