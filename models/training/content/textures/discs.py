"""Platter tops of a plainer make: brushed, sectored, a cake of wood."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, grid, scheme
from training.content.textures.natural import wood
from training.records import Array

__all__ = ["brushed", "sectored", "tree_slice"]


def brushed(dice: Generator) -> Array:
    """Metal with streaks round the middle."""
    x, y = grid()
    reach = np.hypot(x - 0.5, y - 0.5)
    table = dice.normal(0, 1, 2048)
    fine = table[np.clip(reach * 2800, 0, 2047).astype(int)]
    return (colour(dice, vivid=0.3, dark=0.3) * (1 + 0.06 * fine[..., None])).astype(np.float32)


def sectored(dice: Generator) -> Array:
    """Slices of a few colours."""
    x, y = grid()
    count = int(dice.integers(3, 25))
    angle = np.arctan2(y - 0.5, x - 0.5) / (2 * np.pi) % 1
    colours = np.array(scheme(dice, int(dice.integers(2, 5))))
    return colours[(angle * count).astype(int) % len(colours)]


def tree_slice(dice: Generator) -> Array:
    """Year rings around the middle, and cracks."""
    x, y = grid()
    reach = np.hypot(x - 0.5, y - 0.5) + 0.012 * clouds(dice, 3, octaves=3)
    flat = wood(dice)
    picture = flat[np.clip(y * SIDE, 0, SIDE - 1).astype(int), np.clip(reach * SIDE * 1.4, 0, SIDE - 1).astype(int)]
    for _ in range(dice.integers(0, 6)):
        angle = dice.uniform(0, 2 * np.pi)
        end = (int(SIDE / 2 * (1 + np.cos(angle))), int(SIDE / 2 * (1 + np.sin(angle))))
        cv2.line(picture, (SIDE // 2, SIDE // 2), end, [30.0, 20.0, 12.0], int(dice.integers(1, 4)), cv2.LINE_AA)
    return picture
