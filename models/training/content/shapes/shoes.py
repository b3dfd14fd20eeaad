"""Shoes, slippers and boots: a sole, an upper, and an opening that a hand fits in."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes import fields
from training.content.shapes.noise import Noise
from training.records import Array

__all__ = ["shoe"]


def shoe(dice: Generator) -> Mesh:
    """Left or right, low or high."""
    noise = Noise(dice)
    phase = dice.uniform(0, 6)
    line = [dice.uniform(0.1, 0.9), dice.uniform(0.1, 0.6), dice.uniform(-0.3, 0.0), -0.45]

    def field(points: Array) -> Array:
        x, y, z = points.T
        width = 0.33 + 0.08 * np.sin(y * 2.2 + phase)
        top = np.interp(y, [-1, -0.3, 0.4, 1], line)
        around = (np.hypot(x / width, np.maximum(np.abs(y) - 0.75, 0) / 0.25) - 1) * 0.25
        body = np.maximum(np.maximum(around, z - top), -0.7 - z)
        opening = np.maximum((np.hypot(x / 0.24, (y + 0.55) / 0.42) - 1) * 0.24, -0.45 - z)
        return np.maximum(body, -opening) + 0.012 * noise(points, 4.0, 2)

    mesh = fields.skin(field, cells=72, half=1.2, slack=2.0)
    middles = mesh.points[mesh.faces].mean(1)
    sole, toe = middles[:, 2] < dice.uniform(-0.65, -0.5), middles[:, 1] > dice.uniform(0.3, 1.2)
    return replace(mesh, slots=np.where(sole, 1, np.where(toe, 2, 0)))
