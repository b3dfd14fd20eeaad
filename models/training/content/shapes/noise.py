"""Smooth noise in space."""

import numpy as np
from numpy.random import Generator

from training.records import Array

__all__ = ["Noise"]


class Noise:
    """Random values on a lattice that repeats itself, joined straight: about -1 to 1."""

    def __init__(self, dice: Generator, size: int = 24) -> None:
        self._size = size
        self._values = dice.standard_normal((size, size, size)).astype(np.float32)

    def __call__(self, points: Array, frequency: float, octaves: int = 3, *, ridged: bool = False) -> Array:
        """One value a point; ridged noise has sharp crests."""
        total, strength = np.zeros(len(points), np.float32), 1.0
        for _ in range(octaves):
            value = self._at(np.asarray(points, np.float32) * np.float32(frequency))
            total += strength * (1 - 2 * np.abs(value) if ridged else value)
            strength, frequency = strength / 2, frequency * 2.03
        return total

    def _at(self, points: Array) -> Array:
        floor = np.floor(points)
        part = points - floor
        cell = floor.astype(np.int64) % self._size
        after = (cell + 1) % self._size
        flat, n = self._values.ravel(), self._size
        (x0, y0, z0), (x1, y1, z1), (u, v, w) = cell.T, after.T, part.T
        layers = []
        for z in (z0, z1):
            near = flat[(x0 * n + y0) * n + z] * (1 - u) + flat[(x1 * n + y0) * n + z] * u
            far = flat[(x0 * n + y1) * n + z] * (1 - u) + flat[(x1 * n + y1) * n + z] * u
            layers.append(near * (1 - v) + far * v)
        return layers[0] * (1 - w) + layers[1] * w
