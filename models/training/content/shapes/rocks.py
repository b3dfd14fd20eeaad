"""Stones: weathered, chipped or cut."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes.forms import ball
from training.content.shapes.noise import Noise
from training.content.turns import any_direction

__all__ = ["rock", "superball"]


def rock(dice: Generator) -> Mesh:
    """A ball with facets cut off and noise laid on."""
    noise = Noise(dice)
    mesh = ball(5)
    points = mesh.points
    if dice.random() < 0.7:
        for _ in range(dice.integers(5, 40)):
            direction = any_direction(dice)
            above = points @ direction - dice.uniform(0.6, 0.95)
            points = points - np.maximum(above, 0)[:, None] * direction
    rough = dice.uniform(0.03, 0.22) * noise(mesh.points + 3, dice.uniform(0.8, 2.5), 4, ridged=dice.random() < 0.3)
    return Mesh.plain(points * (1 + rough)[:, None] * dice.uniform(0.5, 1.3, 3), mesh.faces)


def superball(dice: Generator) -> Mesh:
    """Soaps, pebbles, pillows, dice: between a box and a ball."""
    mesh = ball(5)
    power = float(dice.choice([1.3, 2.0, 3.0, 5.0, 9.0]))
    reach = (np.abs(mesh.points) ** power).sum(1) ** (-1 / power)
    return Mesh.plain(mesh.points * reach[:, None] * dice.uniform(0.4, 1.4, 3), mesh.faces)
