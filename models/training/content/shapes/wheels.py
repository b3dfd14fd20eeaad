"""Spoked wheels, standing on a rim or lying on the hub."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import circle
from training.content.shapes.forms import disc, tube
from training.content.turns import about_x

__all__ = ["wheel"]


def wheel(dice: Generator) -> Mesh:
    """One, or two on an axle."""
    count, gauge, hub = int(dice.integers(5, 24)), dice.uniform(0.012, 0.05), dice.uniform(0.06, 0.16)
    parts = [tube(circle(1, 0, 72), dice.uniform(0.03, 0.1), closed=True), disc(hub, 0.3).moved(0, 0, -0.15).painted(1)]
    for k in range(count):
        angle, lean = 2 * np.pi * k / count, 0.1 * (-1) ** k
        along = np.array([np.cos(angle), np.sin(angle), 0])
        parts.append(
            tube(np.array([along * hub * 0.8 + [0, 0, lean], along * 0.5 + [0, 0, lean / 2], along]), gauge, sides=6)
        )
    one = join(parts)
    if dice.random() < 0.5:
        gap = dice.uniform(0.4, 1.0)
        axle = disc(hub * 0.5, 2 * gap, sides=16).moved(0, 0, -gap).painted(1)
        one = join([one.moved(0, 0, gap), one.moved(0, 0, -gap), axle])
        return one.changed(about_x(np.pi / 2))
    return one.changed(about_x(np.pi / 2)) if dice.random() < 0.3 else one
