"""Turns in space, as 3 x 3 matrices that are multiplied from the left."""

import numpy as np
from numpy.random import Generator

from training.records import Array

__all__ = ["about_x", "about_z", "any_direction", "any_turn", "onto"]


def about_z(angle: float) -> Array:
    """Counter-clockwise, seen from above."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])


def about_x(angle: float) -> Array:
    """From y towards z."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def any_direction(dice: Generator) -> Array:
    """A unit vector, all equally likely."""
    direction = dice.standard_normal(3)
    return direction / np.linalg.norm(direction)


def any_turn(dice: Generator) -> Array:
    """All turns equally likely."""
    w, x, y, z = (lambda q: q / np.linalg.norm(q))(dice.standard_normal(4))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def onto(start: Array, end: Array) -> Array:
    """The shortest turn that takes one unit vector onto another."""
    axis, cosine = np.cross(start, end), float(start @ end)
    if cosine < -0.9999:
        square = np.cross(start, [1.0, 0, 0] if abs(start[0]) < 0.9 else [0, 1.0, 0])
        square /= np.linalg.norm(square)
        return 2 * np.outer(square, square) - np.eye(3)
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + skew + skew @ skew / (1 + cosine)
