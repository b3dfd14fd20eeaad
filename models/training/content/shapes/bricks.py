"""Toys of studded bricks, stacked crosswise."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.forms import box, disc

__all__ = ["bricks"]

_HEIGHT = 1.2


def bricks(dice: Generator) -> Mesh:
    """Three to ten layers; each brick lies over one that is there."""
    parts, below = [], [(0, 0)]
    for layer in range(dice.integers(3, 11)):
        placed = []
        for _ in range(dice.integers(1, 4)):
            x, y = below[dice.integers(len(below))]
            length, width = int(dice.choice([2, 3, 4, 6])), int(dice.choice([1, 2, 2]))
            if dice.random() < 0.5:
                length, width = width, length
            left, front = x - int(dice.integers(length)), y - int(dice.integers(width))
            parts += _brick(left, front, layer * _HEIGHT, length, width, int(dice.integers(4)))
            placed += [(left + i, front + j) for i in range(length) for j in range(width)]
        below = placed
    return join(parts)


def _brick(left: int, front: int, floor: float, length: int, width: int, slot: int) -> list[Mesh]:
    half = np.array([length - 0.02, width - 0.02, _HEIGHT]) / 2
    body = box([left + length / 2, front + width / 2, floor + _HEIGHT / 2], half)
    stud = disc(0.3, 0.2, sides=16)
    studs = [stud.moved(left + i + 0.5, front + j + 0.5, floor + _HEIGHT) for i in range(length) for j in range(width)]
    return [part.painted(slot) for part in (body, *studs)]
