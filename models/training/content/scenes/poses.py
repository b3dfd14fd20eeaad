"""How a thing lies or stands: turned, at rest on the ground, and where it touches it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from training.content.library import Thing
from training.content.scenes.stage import diagonal
from training.content.turns import about_z, any_direction, onto
from training.records import Array

__all__ = ["Pose", "fallen", "settled_down", "standing"]

_DOWN = np.array([0, 0, -1.0])
# Nothing rests on a point: it sinks in by so much, or by a part of its height; what is that near the ground touches it.
_SINK, _SINK_SHARE, _TOUCH = 0.008, 0.04, 0.03
_STEADY = np.radians(18)


@dataclass(frozen=True)
class Pose:
    """A thing in the world."""

    thing: Thing
    matrix: Array
    offset: Array

    @property
    def points(self) -> Array:
        """(n, 3): its hull in the world."""
        return self.thing.hull @ self.matrix.T + self.offset

    @property
    def touching(self) -> Array:
        """(n, 2): where it meets the ground, or would if it came down."""
        points = self.points
        return points[points[:, 2] < points[:, 2].min() + _TOUCH, :2]

    @property
    def foot(self) -> tuple[Array, float]:
        """The middle and radius of where it touches the ground; it may be a point."""
        touching = self.touching
        middle = (touching.min(0) + touching.max(0)) / 2
        return middle, float(np.linalg.norm(touching - middle, axis=1).max())

    @property
    def size(self) -> Array:
        """Its extents along x, y and z."""
        points = self.points
        return np.ptp(points, axis=0)

    def moved(self, x: float, y: float, z: float) -> "Pose":
        """The same somewhere else."""
        return replace(self, offset=self.offset + np.array([x, y, z]))

    def leaning(self, turn: Array) -> "Pose":
        """Turned further about the origin."""
        return replace(self, matrix=turn @ self.matrix, offset=turn @ self.offset)


def standing(dice: Generator, thing: Thing, *, size: float = 1.0) -> Pose:
    """Upright where it can, else as it falls; on z = 0, over the origin."""
    stretch = diagonal(*(size * (dice.uniform(0.7, 1.25, 3) if dice.random() < 0.4 else np.ones(3))))
    lot = dice.random()
    if lot < 0.66:
        down = settled_down(thing.hull @ stretch, thing.centre @ stretch, _DOWN)
        down = down if down @ _DOWN > np.cos(_STEADY) else _DOWN
    else:
        start = -_DOWN if lot < 0.78 else any_direction(dice)
        down = settled_down(thing.hull @ stretch, thing.centre @ stretch, start)
    return _grounded(thing, about_z(dice.uniform(0, 2 * np.pi)) @ onto(down, _DOWN) @ stretch)


def fallen(dice: Generator, thing: Thing, *, size: float = 1.0) -> Pose:
    """As a flat thing lies: on its largest side, either way up."""
    stretch = diagonal(size)
    points, centre = thing.hull * size, thing.centre * size
    downs = [settled_down(points, centre, start) for start in (*np.eye(3), *-np.eye(3))]
    reaches = [float(((points - centre) @ down).max()) for down in downs]
    lowest = [down for down, reach in zip(downs, reaches, strict=True) if reach < min(reaches) + 0.03 * size]
    down = lowest[dice.integers(len(lowest))]
    return _grounded(thing, about_z(dice.uniform(0, 2 * np.pi)) @ onto(down, _DOWN) @ stretch)


def settled_down(points: Array, centre: Array, down: Array) -> Array:
    """Which way is down once a thing has rolled until its weight can sink no further."""
    around = points - centre
    height = float((around @ down).max())
    for step in (0.3, 0.15, 0.08, 0.04, 0.02, 0.01):
        for _ in range(12):
            square = np.cross(down, [1.0, 0, 0] if abs(down[0]) < 0.9 else [0, 1.0, 0])
            square /= np.linalg.norm(square)
            sides = np.stack([square, np.cross(down, square)])
            angles = np.arange(8) * np.pi / 4
            tries = down + step * (np.cos(angles)[:, None] * sides[0] + np.sin(angles)[:, None] * sides[1])
            tries /= np.linalg.norm(tries, axis=1, keepdims=True)
            heights = (around @ tries.T).max(0)
            best = int(heights.argmin())
            if heights[best] >= height - 1e-6:
                break
            down, height = tries[best], float(heights[best])
    return down


def _grounded(thing: Thing, matrix: Array) -> Pose:
    points = thing.hull @ matrix.T
    low, high = points.min(0), points.max(0)
    sink = min(_SINK, _SINK_SHARE * float(high[2] - low[2]))
    return Pose(thing, matrix, np.array([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2] - sink]))
