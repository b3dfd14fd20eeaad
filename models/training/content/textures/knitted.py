"""Knitted wool and basketry, by rows of small strokes."""

import cv2
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, filled, scheme
from training.records import Array

__all__ = ["hammered", "knitted"]


def knitted(dice: Generator) -> Array:
    """Stitches like arrowheads, row upon row, with a pattern of two colours."""
    ground, first, second = scheme(dice, 3)
    picture, stitch = filled(ground * 0.6), int(dice.choice([8, 16, 32]))
    period = int(dice.integers(2, 7))
    for row in range(SIDE // stitch + 1):
        for column in range(SIDE // stitch + 1):
            shade = (first if (row + column) % period else second) * dice.uniform(0.85, 1.1)
            x, y = column * stitch + stitch // 2, row * stitch
            pen = max(2, stitch // 3)
            cv2.line(picture, (x, y + stitch), (x - stitch // 3, y), shade.tolist(), pen, cv2.LINE_AA)
            cv2.line(picture, (x, y + stitch), (x + stitch // 3, y), shade.tolist(), pen, cv2.LINE_AA)
    return picture


def hammered(dice: Generator) -> Array:
    """Overlapping dents with bright and dark sides."""
    base, picture = scheme(dice, 1)[0], filled(0.0)
    picture[:] = base
    for _ in range(int(dice.integers(150, 500))):
        x, y = (int(v) for v in dice.integers(0, SIDE, 2))
        size = int(dice.integers(8, 34))
        cv2.circle(picture, (x, y), size, (base * dice.uniform(0.7, 0.9)).tolist(), -1, cv2.LINE_AA)
        shift = size // 4
        cv2.circle(
            picture, (x - shift, y - shift), size - shift, (base * dice.uniform(0.95, 1.2)).tolist(), -1, cv2.LINE_AA
        )
    return picture + 4 * clouds(dice, 60, octaves=3)[..., None]
