"""Lattice work: towers, bridges, cranes."""

from itertools import pairwise

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.forms import tube
from training.content.turns import about_x
from training.records import Array

__all__ = ["truss"]


def truss(dice: Generator) -> Mesh:
    """Four rails that may draw together, with struts and crosses between them, upright or lying."""
    bays, low, gauge = int(dice.integers(3, 9)), dice.uniform(0.25, 0.5), dice.uniform(0.02, 0.05)
    high = low * dice.uniform(0.3, 1.0)
    levels = [_square(low + (high - low) * part, 2 * part) for part in np.linspace(0, 1, bays + 1)]
    parts = []
    for below, above in pairwise(levels):
        for k in range(4):
            parts.append(_bar(below[k], above[k], gauge))
            parts.append(_bar(above[k], above[(k + 1) % 4], gauge * 0.8))
            parts.append(_bar(below[k], above[(k + 1) % 4], gauge * 0.6).painted(1))
    mesh = join(parts)
    return mesh.changed(about_x(np.pi / 2)) if dice.random() < 0.4 else mesh


def _square(half: float, height: float) -> Array:
    return np.array([[x * half, y * half, height] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def _bar(start: Array, end: Array, gauge: float) -> Mesh:
    return tube(np.array([start, (start + end) / 2, end]), gauge, sides=6)
