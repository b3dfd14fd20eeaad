"""The places where a camera stood still, told from each other by the room that is seen from them."""

from underside.ring import Glance, RingBuilder, RingKnowledge, stood_still
from underside.survey.small import Camera, Grid, SmallPhoto

__all__ = ["Position", "position_of"]

# Camera positions kept at once; a position holds about 60 MB while it is learnt. A rig of cameras that moved at every
# shot has no rings to learn from.
_POSITIONS = 8
# Shots by which a position is known again: another part of the room is hidden in each.
_KEPT_GLANCES = 3


class Position:
    """One place where a camera stood still; shots are added as they come."""

    def __init__(self, camera: Camera, grid: Grid) -> None:
        self.builder = RingBuilder()
        self.ring: RingKnowledge | None = None
        self.camera = camera
        self.grid = grid
        self.glances: list[Glance] = []

    def add(self, photo: SmallPhoto) -> None:
        """One photo more that was taken from here."""
        self.builder.add(photo.observation)
        if len(self.glances) < _KEPT_GLANCES:
            self.glances.append(photo.glance)

    def sees(self, photo: SmallPhoto) -> bool:
        """Whether the photo was taken from here."""
        return self.has_seen(photo.camera, photo.grid, photo.glance)

    def has_seen(self, camera: Camera, grid: Grid, here: Glance) -> bool:
        """Whether a photo was taken from here, if only what distinguishes places is known of it."""
        known = (camera, grid) == (self.camera, self.grid)
        return known and any(stood_still(each, here) for each in self.glances)

    def learn(self) -> None:
        """Learn what the shots show; they are not kept."""
        self.ring = self.builder.build()
        self.builder = RingBuilder()


def position_of(shot: SmallPhoto, positions: list[Position]) -> Position | None:
    """The shot's position, which learns of it; a new one where it fits none, as long as there is room for more."""
    position = next((each for each in positions if each.sees(shot)), None)
    if position is None:
        if len(positions) == _POSITIONS:
            return None
        position = Position(shot.camera, shot.grid)
        positions.append(position)
    position.add(shot)
    return position
