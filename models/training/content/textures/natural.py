"""Grown and weathered surfaces: stone, marble, wood, rust, speckles."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, grid, ramp, scheme
from training.records import Array

__all__ = ["flaking", "marble", "speckled", "stone", "wood"]


def stone(dice: Generator) -> Array:
    """Clouds of a few colours: stone, patina, bronze."""
    return ramp(clouds(dice, dice.uniform(2, 12), octaves=6), scheme(dice, 4))


def marble(dice: Generator) -> Array:
    """Veins that wander."""
    x, y = grid()
    slope = x * dice.integers(1, 6) + y * dice.integers(0, 5)
    return ramp(np.sin(slope * 2 * np.pi + clouds(dice, 3) * dice.uniform(1, 4)), scheme(dice, 3))


def wood(dice: Generator) -> Array:
    """Rings and fibres."""
    x, _ = grid()
    red = dice.uniform(70, 220)
    brown = np.array([red, red * dice.uniform(0.6, 0.85), red * dice.uniform(0.35, 0.7)])
    rings = np.sin((x * dice.uniform(4, 14) + 0.5 * clouds(dice, 2, octaves=3)) * 2 * np.pi)
    fibres = clouds(dice, 60, octaves=3, gain=0.7, stretch=20)
    return ramp(rings + 0.7 * fibres, [brown * 0.65, brown, np.minimum(brown * 1.15, 255)])


def speckled(dice: Generator) -> Array:
    """Granite, terrazzo, sprayed paint."""
    picture = ramp(clouds(dice, 6, octaves=6, gain=0.8), scheme(dice, 2))
    for _ in range(dice.integers(1, 4)):
        spots = (dice.random((SIDE, SIDE)) < dice.uniform(0.003, 0.06)).astype(np.uint8)
        size = int(dice.integers(1, 6))
        picture[cv2.dilate(spots, np.ones((size, size), np.uint8)) > 0] = colour(dice)
    return picture


def flaking(dice: Generator) -> Array:
    """One coat over another, partly gone: rust, old paint, lichen."""
    edge = clouds(dice, 4, octaves=6, gain=0.65)
    there = edge > np.percentile(edge, dice.uniform(20, 90))
    return np.where(there[..., None], ramp(clouds(dice, 8), scheme(dice, 3)), ramp(clouds(dice, 30), scheme(dice, 2)))
