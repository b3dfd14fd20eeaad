"""How far each mask departs from those of the shots around it, in a pass that closes on itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from underside.manifest import ShotRecord, State

__all__ = ["Change", "changes", "passes"]

# Two shots on each side, and their median: with one on each, every mask beside a wrong one looks wrong too.
_REACH = (-2, -1, 1, 2)


@dataclass(frozen=True)
class Change:
    """One mask against the median of its neighbours."""

    area: float
    """Share by which the area differs: 0 is no change, -1 an object that is gone."""
    box: float
    """How far the worst side of the object's box is off, as a share of the box; 1 for a box that is gone."""

    @property
    def size(self) -> float:
        """The larger of both, without its sign."""
        return max(abs(self.area), self.box)


def passes(shots: Iterable[ShotRecord]) -> dict[str, list[ShotRecord]]:
    """The shots of each pass, in shooting order."""
    found: dict[str, list[ShotRecord]] = {}
    for shot in shots:
        found.setdefault(shot.pass_name, []).append(shot)
    return found


def changes(shots: Iterable[ShotRecord]) -> dict[str, Change]:
    """By photo; a shot that failed, or that is alone in its pass, has no change."""
    found: dict[str, Change] = {}
    for ring in passes(shot for shot in shots if shot.state is not State.FAILED).values():
        for index, shot in enumerate(ring):
            around = {(index + step) % len(ring) for step in _REACH} - {index}
            neighbours = [ring[neighbour] for neighbour in sorted(around)]
            if neighbours:
                found[shot.photo] = Change(_area_change(shot, neighbours), _box_change(shot, neighbours))
    return found


def _area_change(shot: ShotRecord, neighbours: Sequence[ShotRecord]) -> float:
    expected = median(neighbour.area for neighbour in neighbours)
    # Divided by the larger, so that no change is beyond 100 % and an object that is gone comes first.
    return (shot.area - expected) / (max(shot.area, expected) or 1)


def _box_change(shot: ShotRecord, neighbours: Sequence[ShotRecord]) -> float:
    boxes = [box for neighbour in neighbours if (box := _shares(neighbour))]
    if not boxes:
        return 0.0
    box = _shares(shot)
    if box is None:
        return 1.0
    left, top, right, bottom = (median(box[side] for box in boxes) for side in range(4))
    width, height = max(box[2] - box[0], right - left), max(box[3] - box[1], bottom - top)
    off_across = max(abs(box[0] - left), abs(box[2] - right)) / width
    off_along = max(abs(box[1] - top), abs(box[3] - bottom)) / height
    return min(1.0, max(off_across, off_along))


def _shares(shot: ShotRecord) -> tuple[float, float, float, float] | None:
    """The object's box in shares of the photo, so that photos of different sizes compare."""
    if shot.box is None:
        return None
    left, top, right, bottom = shot.box
    return left / shot.width, top / shot.height, right / shot.width, bottom / shot.height
