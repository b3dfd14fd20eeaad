"""Seashells: a mouth that grows while it winds."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes.forms import grid
from training.content.turns import any_turn

__all__ = ["seashell"]


def seashell(dice: Generator) -> Mesh:
    """Snails, whelks and ammonites, ribbed or smooth."""
    rounds, steps, sides = dice.uniform(3, 6), 220, 28
    turn = np.linspace(0, rounds * 2 * np.pi, steps)[:, None]
    size = np.exp(dice.uniform(0.1, 0.2) * (turn - turn[-1]))
    around = np.linspace(0, 2 * np.pi, sides + 1)[None]
    ribs = 1 + dice.uniform(0, 0.08) * np.sin(turn * dice.integers(6, 20))
    mouth, reach, rise = dice.uniform(0.35, 0.55), dice.uniform(0.45, 0.6), dice.uniform(0.0, 1.6)
    out = size * (reach + mouth * ribs * np.cos(around))
    up = size * (mouth * ribs * np.sin(around) * dice.uniform(0.8, 1.4) - rise)
    points = np.stack([out * np.cos(turn), out * np.sin(turn), up], -1).reshape(-1, 3)
    faces = grid(steps, sides + 1)
    caps = []
    for row, order in ((0, (0, 1, 2)), (steps - 1, (0, 2, 1))):
        ring = row * (sides + 1) + np.arange(sides)
        cap = np.stack([np.full(sides, len(points)), ring, ring + 1], 1)
        caps.append(cap[:, order])
        points = np.concatenate([points, points[ring].mean(0, keepdims=True)])
    mesh = Mesh.plain(points, np.concatenate([faces, *caps]))
    return mesh.changed(any_turn(dice)) if dice.random() < 0.6 else mesh
