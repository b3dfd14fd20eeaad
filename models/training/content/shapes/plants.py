"""Plants: stems that branch, leaves, and mostly a pot."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import through
from training.content.shapes.forms import grid, revolved, tube
from training.content.turns import any_turn
from training.records import Array

__all__ = ["plant"]


def plant(dice: Generator) -> Mesh:
    """Dry twigs, small trees, house plants."""
    parts: list[Mesh] = []
    _grow(dice, parts, np.zeros(3), np.array([0, 0, 1.0]), 0.8, 0.07, int(dice.integers(1, 4)))
    if dice.random() < 0.7:
        pot = revolved([0, 0.3, 0.4, 0.42, 0.36, 0], [-0.55, -0.55, -0.1, 0, 0, -0.02], sides=48)
        parts.append(pot.painted(2))
    return join(parts)


def _grow(
    dice: Generator, parts: list[Mesh], start: Array, ahead: Array, length: float, thick: float, left: int
) -> None:
    end = start + ahead * length
    bend = (start + end) / 2 + dice.normal(0, 0.06 * length, 3)
    parts.append(tube(through(np.array([start, bend, end]), 8), np.linspace(thick, thick * 0.6, 8), sides=8))
    if left == 0:
        parts.extend(_leaf(dice, end) for _ in range(dice.integers(1, 4)))
        return
    for _ in range(dice.integers(2, 4)):
        branch = ahead + dice.normal(0, 0.55, 3) + [0, 0, 0.3]
        _grow(
            dice, parts, end, branch / np.linalg.norm(branch), length * dice.uniform(0.55, 0.85), thick * 0.65, left - 1
        )


def _leaf(dice: Generator, stem: Array) -> Mesh:
    """Two skins a hair apart, sewn together at the rim."""
    along = np.linspace(0, 1, 9)
    width = np.sin(np.pi * along) * 0.18 * dice.uniform(0.5, 1.4)
    length, curl = dice.uniform(0.3, 0.6), 0.1 * np.sin(3 * along)
    rows = [np.stack([along * length, side * width, curl + lift * width], 1) for side, lift in _LEAF_RIM]
    points = np.concatenate(rows) @ any_turn(dice).T + stem
    return Mesh.plain(points, grid(len(rows), len(along))).painted(1)


_LEAF_RIM = ((-1, 0), (0, 0.05), (1, 0), (0, -0.05), (-1, 0))
