"""Crystals: pointed columns that grow out of one spot."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.forms import revolved
from training.content.shapes.rocks import rock
from training.content.turns import onto

__all__ = ["crystals"]

_UP = np.array([0, 0, 1.0])


def crystals(dice: Generator) -> Mesh:
    """A cluster, mostly on a stone."""
    parts = []
    for _ in range(dice.integers(4, 16)):
        lean = np.append(dice.normal(0, 0.5, 2), 1.0)
        length, thick, tip = dice.uniform(0.4, 1.4), dice.uniform(0.08, 0.28), dice.uniform(0.1, 0.4)
        column = revolved([0, thick, thick, 0], [-0.2, -0.2, length, length + tip], sides=6)
        parts.append(column.changed(onto(_UP, lean / np.linalg.norm(lean))))
    if dice.random() < 0.75:
        parts.append(rock(dice).normalised().stretched(0.5, 0.5, 0.25).moved(0, 0, -0.3).painted(1))
    return join(parts)
