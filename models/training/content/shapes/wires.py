"""Bent wire: knots, springs, cages, baskets."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import circle, through
from training.content.shapes.forms import disc, tube
from training.content.turns import about_z, any_turn
from training.records import Array

__all__ = ["basket", "cage", "knot", "spring"]


def knot(dice: Generator) -> Mesh:
    """One bar that wanders."""
    path = through(dice.uniform(-1, 1, (int(dice.integers(4, 10)), 3)), 160)
    return tube(path, dice.uniform(0.03, 0.18))


def spring(dice: Generator) -> Mesh:
    """A coil that may grow narrower."""
    along = np.linspace(0, 1, 320)
    angle = dice.uniform(3, 11) * 2 * np.pi * along
    reach = dice.uniform(0.35, 0.8) * (1 - dice.uniform(0, 0.6) * along)
    path = np.stack([reach * np.cos(angle), reach * np.sin(angle), 2 * along], 1)
    return tube(path, dice.uniform(0.025, 0.08), sides=8)


def cage(dice: Generator) -> Mesh:
    """Hoops in all directions, or one above the other between posts."""
    gauge = dice.uniform(0.018, 0.05)
    if dice.random() < 0.5:
        hoops = [circle(dice.uniform(0.6, 1.0), 0, 64) @ any_turn(dice).T for _ in range(dice.integers(4, 12))]
        return join(tube(hoop, gauge, sides=8, closed=True) for hoop in hoops)
    reach, count = dice.uniform(0.4, 0.9), int(dice.integers(3, 9))
    hoops = [circle(reach, height, 64) for height in np.linspace(-1, 1, int(dice.integers(2, 8)))]
    posts = [_post(reach, 2 * np.pi * k / count) for k in range(count)]
    return join(
        [*(tube(hoop, gauge, sides=8, closed=True) for hoop in hoops), *(tube(post, gauge, sides=8) for post in posts)]
    )


def basket(dice: Generator) -> Mesh:
    """A floor, a rim and slats between them that lean outwards."""
    low, high, height = dice.uniform(0.4, 0.7), dice.uniform(0.7, 1.0), dice.uniform(0.5, 1.4)
    gauge, count = dice.uniform(0.02, 0.05), int(dice.integers(8, 26))
    foot, rim = np.array([low, 0, gauge]), np.array([high, 0, height])
    bulge = (foot + rim) / 2 + [dice.uniform(0, 0.2), 0, 0]
    slat = tube(through(np.array([foot, bulge, rim]), 12), gauge, sides=6)
    slats = [slat.changed(about_z(2 * np.pi * k / count)) for k in range(count)]
    hoops = [tube(circle(high, height, 64), gauge * 1.5, sides=8, closed=True)]
    if dice.random() < 0.6:
        middle = through(np.array([low, bulge[0], high]), 5)[[1, 3]]
        hoops += [
            tube(circle(r, h, 64), gauge, sides=8, closed=True)
            for r, h in zip(middle, [height / 4, height * 0.75], strict=True)
        ]
    return join([disc(low * 1.05, 2 * gauge).painted(1), *slats, *hoops])


def _post(reach: float, angle: float) -> Array:
    return np.array([[reach * np.cos(angle), reach * np.sin(angle), z] for z in (-1.0, 0.0, 1.0)])
