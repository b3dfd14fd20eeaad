"""Platter tops, seen from above: the disc touches the picture's four sides."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, filled, pasted, ramp, scheme, written
from training.content.textures.markers import coded_ring, square_marker
from training.records import Array

__all__ = ["checkered", "cutting_mat", "degrees", "dotted", "marker_ring", "rings", "scattered_markers"]

_MIDDLE = SIDE / 2


def marker_ring(dice: Generator) -> Array:
    """Coded marks along one or two circles, as photogrammetry platters have."""
    picture = _ground(dice)
    for reach in dice.choice([0.55, 0.65, 0.72, 0.8, 0.88], dice.integers(1, 3), replace=False):
        count, square = int(dice.integers(8, 40)), bool(dice.random() < 0.5)
        size = min(2 * np.pi * reach * _MIDDLE / count * dice.uniform(0.5, 0.9), _MIDDLE * 0.25)
        for k in range(count):
            angle = 2 * np.pi * k / count
            mark = square_marker(dice) if square else coded_ring(dice)
            pasted(picture, mark, _at(reach, angle), size, 90 - np.degrees(angle))
    return picture


def scattered_markers(dice: Generator) -> Array:
    """Coded marks anywhere."""
    picture = _ground(dice)
    for _ in range(dice.integers(8, 60)):
        mark = square_marker(dice) if dice.random() < 0.5 else coded_ring(dice)
        x, y = dice.uniform(20, SIDE - 20, 2)
        pasted(picture, mark, (x, y), dice.uniform(14, 50), dice.uniform(0, 360))
    return picture


def degrees(dice: Generator) -> Array:
    """A scale along the rim."""
    picture = _ground(dice)
    ink, count, reach = _ink(dice, picture), int(dice.choice([24, 36, 72, 120, 180])), dice.uniform(0.8, 0.97)
    for k in range(count):
        angle, long = 2 * np.pi * k / count, k % 5 == 0
        inner = _pixel(reach - (0.08 if long else 0.04), angle)
        cv2.line(picture, _pixel(reach, angle), inner, ink, 1 + long, cv2.LINE_AA)
        if k % 10 == 0:
            x, y = _at(reach - 0.16, angle)
            written(picture, str(k * 360 // count), (x - 10, y + 5), 0.4, ink, 1)
    return picture


def rings(dice: Generator) -> Array:
    """Circles, as many as a record has or only two."""
    picture = _ground(dice)
    ink = _ink(dice, picture)
    for reach in np.linspace(0.1, 1, dice.integers(2, 40)):
        cv2.circle(picture, (SIDE // 2, SIDE // 2), int(reach * _MIDDLE), ink, int(dice.integers(1, 4)), cv2.LINE_AA)
    return picture


def cutting_mat(dice: Generator) -> Array:
    """A square grid, every fifth line thicker."""
    green = np.array([20, dice.uniform(60, 130), dice.uniform(50, 110)])
    picture = _ground(dice) if dice.random() < 0.5 else filled(green)
    ink, step = _ink(dice, picture), int(dice.integers(8, 50))
    for number, at in enumerate(range(0, SIDE, step)):
        pen = 1 if number % 5 else 2
        cv2.line(picture, (at, 0), (at, SIDE), ink, pen)
        cv2.line(picture, (0, at), (SIDE, at), ink, pen)
    return picture


def checkered(dice: Generator) -> Array:
    """Black and white squares, or white and a colour."""
    size = int(dice.integers(12, 70))
    row, column = np.mgrid[:SIDE, :SIDE] // size
    dark = colour(dice) if dice.random() < 0.2 else 8.0
    return np.where(((row + column) % 2)[..., None] == 1, 250.0, dark) * np.ones(3)


def dotted(dice: Generator) -> Array:
    """Dots of all sizes, so that software finds points on a bare platter."""
    picture = _ground(dice)
    ink, coloured = _ink(dice, picture), bool(dice.random() < 0.2)
    for _ in range(dice.integers(40, 900)):
        x, y = (int(v) for v in dice.integers(0, SIDE, 2))
        shade = colour(dice).tolist() if coloured else ink
        cv2.circle(picture, (x, y), int(dice.integers(1, 7)), shade, -1, cv2.LINE_AA)
    return picture


def _ground(dice: Generator) -> Array:
    kind = dice.random()
    if kind < 0.4:
        return filled(float(dice.choice([245, 235, 20, 10, 128])))
    if kind < 0.65:
        return filled(colour(dice, vivid=0.9))
    return ramp(clouds(dice, dice.uniform(4, 40), octaves=4), scheme(dice, 3)).astype(np.float32)


def _ink(dice: Generator, picture: Array) -> list[float]:
    if dice.random() < 0.3:
        return [float(v) for v in colour(dice)]
    return [0.0 if picture.mean() > 110 else 255.0] * 3


def _at(reach: float, angle: float) -> tuple[float, float]:
    return _MIDDLE + reach * _MIDDLE * np.cos(angle), _MIDDLE + reach * _MIDDLE * np.sin(angle)


def _pixel(reach: float, angle: float) -> tuple[int, int]:
    x, y = _at(reach, angle)
    return int(x), int(y)
