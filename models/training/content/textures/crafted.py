"""Made surfaces: weaves, bands, painted shapes, stripes, plain plaster."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, filled, grid, ramp, scheme, word, written
from training.records import Array

__all__ = ["banded", "painted", "plaster", "printed", "striped", "woven"]


def woven(dice: Generator) -> Array:
    """Threads over and under."""
    x, y = grid()
    threads = int(dice.choice([32, 64, 128]))
    over = (np.floor(x * threads) + np.floor(y * threads)) % 2 < 1
    warp, weft = scheme(dice, 2)
    warp_shade = 0.75 + 0.25 * np.sin(x * threads * 2 * np.pi)
    weft_shade = 0.75 + 0.25 * np.sin(y * threads * 2 * np.pi)
    picture = np.where(over[..., None], warp * warp_shade[..., None], weft * weft_shade[..., None])
    return picture + 8 * clouds(dice, 40, octaves=2)[..., None]


def banded(dice: Generator) -> Array:
    """Ornament in bands, as pots and carpets have."""
    x, y = grid()
    count = int(dice.integers(3, 14))
    picture, colours = filled(colour(dice)), scheme(dice, count)
    for band in range(count):
        height = y * count - band
        inside, repeats = (height >= 0) & (height < 1), float(dice.integers(4, 40))
        wave = (x * repeats) % 1
        motif = [
            np.ones_like(inside),
            np.sin(x * repeats * 2 * np.pi) > 0,
            np.abs(wave - 0.5) * 2 > height,
            (wave - 0.5) ** 2 + (height - 0.5) ** 2 < 0.12,
            (np.floor(x * repeats) + np.floor(height * 2)) % 2 < 1,
        ][dice.integers(5)]
        picture[inside & motif] = colours[band]
    return picture


def painted(dice: Generator) -> Array:
    """Shapes, lines and words in many colours, as on toys and tins."""
    return _with_figures(dice, filled(colour(dice)), int(dice.integers(5, 60)))


def printed(dice: Generator) -> Array:
    """A white or pale ground with little on it: marks, labels, a line of print."""
    return _with_figures(dice, filled(colour(dice, vivid=0.12, dark=0.85)), int(dice.integers(2, 12)))


def striped(dice: Generator) -> Array:
    """Stripes or checks."""
    x, y = grid()
    count = float(dice.integers(2, 30))
    odd = np.sin(x * count * 2 * np.pi) > dice.uniform(-0.5, 0.5)
    if dice.random() < 0.5:
        odd ^= np.sin(y * count * 2 * np.pi) > 0
    first, second = scheme(dice, 2)
    return np.where(odd[..., None], first, second) + 5 * clouds(dice, 30, octaves=3)[..., None]


def plaster(dice: Generator) -> Array:
    """Nearly one colour."""
    if dice.random() < 0.5:
        base = colour(dice)
        return ramp(clouds(dice, 40, octaves=4, gain=0.9), [base * 0.8, base])
    return filled(colour(dice, vivid=0.7)) * (1 + 0.04 * clouds(dice, 80, octaves=3))[..., None]


def _with_figures(dice: Generator, picture: Array, count: int) -> Array:
    for _ in range(count):
        ink, kind = colour(dice).tolist(), dice.integers(4)
        points = dice.integers(0, SIDE, (dice.integers(3, 7), 2)).astype(np.int32)
        first = (int(points[0, 0]), int(points[0, 1]))
        if kind == 0:
            shape = (points - points.mean(0)) * dice.uniform(0.1, 0.5) + points[0]
            cv2.fillPoly(picture, [shape.astype(np.int32)], ink, cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(picture, first, int(dice.integers(4, 70)), ink, int(dice.choice([-1, 3, 8])), cv2.LINE_AA)
        elif kind == 2:
            cv2.polylines(picture, [points], False, ink, int(dice.integers(1, 14)), cv2.LINE_AA)
        else:
            written(picture, word(dice, 9), first, dice.uniform(0.6, 4), ink, int(dice.integers(1, 9)))
    return picture
