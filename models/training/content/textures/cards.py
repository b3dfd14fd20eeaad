"""Printed things that lie about: colour checkers, scale bars, rulers, labels, boards of marks."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, colour, filled, pasted, word, written
from training.content.textures.markers import coded_ring, square_marker
from training.records import Array

__all__ = ["colour_checker", "grey_steps", "label", "marker_board", "ruler", "scale_bar"]


def colour_checker(dice: Generator) -> Array:
    """Four rows of six colours, the last of them grey, on black."""
    picture, cell = filled(25.0), SIDE // 6
    for row in range(4):
        for column in range(6):
            grey = np.full(3, 245 - 38.0 * column)
            shade = grey if row == 3 else colour(dice, vivid=1.4, dark=0.3)
            top, left = int((row + 0.08) * SIDE / 4), int((column + 0.06) * cell)
            picture[top : top + int(SIDE / 4 * 0.84), left : left + int(cell * 0.88)] = np.clip(shade, 0, 255)
    return picture


def scale_bar(dice: Generator) -> Array:
    """Blocks of black and white."""
    picture, count = filled(float(dice.choice([250, 15]))), int(dice.integers(4, 12))
    for block in range(count):
        left, right = block * SIDE // count, (block + 1) * SIDE // count
        picture[100:300, left:right] = 10 if block % 2 else 245
        picture[300:420, left:right] = 245 if block % 2 else 10
    return picture


def ruler(dice: Generator) -> Array:
    """Ticks and numbers."""
    picture = filled(colour(dice, vivid=0.8, dark=0.7))
    for tick in range(101):
        x = int(tick * SIDE / 100)
        cv2.line(picture, (x, 0), (x, 150 if tick % 10 else 270), [0.0, 0.0, 0.0], 1)
        if tick % 10 == 0:
            written(picture, str(tick // 10), (x + 3, 430), 1.2, 0.0, 3)
    return picture


def grey_steps(dice: Generator) -> Array:
    """From white to black, or one grey."""
    count = int(dice.integers(1, 12))
    steps = np.linspace(255, 0, count) if count > 1 else np.array([118.0])
    return filled(0.0) + np.repeat(steps, SIDE // count + 1)[:SIDE][None, :, None]


def label(dice: Generator) -> Array:
    """Lines of print."""
    picture = filled(250.0 if dice.random() < 0.7 else colour(dice, vivid=0.5, dark=0.5))
    for line in range(dice.integers(2, 9)):
        written(picture, word(dice, 16), (20, 60 + line * 55), dice.uniform(0.8, 1.8), 0.0)
    return picture


def marker_board(dice: Generator) -> Array:
    """Marks in rows; one of them alone, too."""
    picture, count = filled(250.0), int(dice.integers(1, 6))
    step = SIDE / count
    for row in range(count):
        for column in range(count):
            mark = square_marker(dice) if dice.random() < 0.5 else coded_ring(dice)
            pasted(picture, mark, ((column + 0.5) * step, (row + 0.5) * step), step * 0.85, 0)
    return picture
