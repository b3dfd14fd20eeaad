"""Whether pairs of shots agree with the places that the model gives them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.features import Features
from underside.flip.proof.mapping import Link, Model, Place

__all__ = ["Tie", "Union", "doubted_shots", "ties_of", "union_of"]

Floats = NDArray[np.float64]

# Pixels of a photo 1280 wide between a point and the line on which the other shot's place puts it.
_NEAR = 6.0 / 1280
# Fewer points agree by chance.
_FEWEST = 15


@dataclass(frozen=True)
class Tie:
    """Two shots of the model that share points."""

    first: Place
    second: Place
    points: int
    agree: float
    """Share of the points that fit the places."""

    @property
    def across(self) -> bool:
        """Between two passes."""
        return self.first.shot.pass_name != self.second.shot.pass_name

    @property
    def disputed(self) -> bool:
        """The two shots' own points want other places."""
        return self.agree < 0.5


@dataclass(frozen=True)
class Union:
    """What ties two passes."""

    first: str
    second: str
    pairs: int
    points: int
    disputed_pairs: int
    disputed_points: int


def ties_of(model: Model, links: Iterable[Link], features: Mapping[str, Features]) -> list[Tie]:
    """Every pair of shots in the model with enough points in common to say something."""
    places = {place.shot.name: place for place in model.places}
    return [
        _tie(places[link.first], places[link.second], link, features)
        for link in links
        if link.first in places and link.second in places and len(link.matches) >= _FEWEST
    ]


def union_of(first: str, second: str, ties: Sequence[Tie]) -> Union:
    """What ties these two passes."""
    own = [tie for tie in ties if {tie.first.shot.pass_name, tie.second.shot.pass_name} == {first, second}]
    sound = [tie.points for tie in own if not tie.disputed]
    disputed = [tie.points for tie in own if tie.disputed]
    return Union(first, second, len(sound), sum(sound), len(disputed), sum(disputed))


def doubted_shots(ties: Sequence[Tie]) -> tuple[str, ...]:
    """Shots that more points put elsewhere than where they are, in the order of their names."""
    for_it: dict[str, int] = defaultdict(int)
    against: dict[str, int] = defaultdict(int)
    for tie in ties:
        for place in (tie.first, tie.second) if tie.across else ():
            (against if tie.disputed else for_it)[place.shot.name] += tie.points
    return tuple(sorted(name for name, points in against.items() if points > for_it[name]))


def _tie(first: Place, second: Place, link: Link, features: Mapping[str, Features]) -> Tie:
    one = _rays(first, features[link.first].at[link.matches[:, 0]])
    other = _rays(second, features[link.second].at[link.matches[:, 1]])
    turn = second.turn @ first.turn.T
    shift = second.shift - turn @ first.shift
    length = float(np.linalg.norm(shift))
    if length < 1e-9:
        return Tie(first, second, len(one), 0.0)
    x, y, z = shift / length
    between = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ turn
    lines, back = one @ between.T, other @ between
    steepness = np.sqrt((lines[:, :2] ** 2).sum(axis=1) + (back[:, :2] ** 2).sum(axis=1))
    away = np.abs((other * lines).sum(axis=1)) / np.maximum(steepness, 1e-12)
    near = _NEAR * max(first.shot.width, first.shot.height) / first.lens.focal
    return Tie(first, second, len(one), float((away < near).mean()))


def _rays(place: Place, at: NDArray[np.float32]) -> Floats:
    lens = place.lens
    return np.column_stack([(at - (lens.x, lens.y)) / lens.focal, np.ones(len(at))])
