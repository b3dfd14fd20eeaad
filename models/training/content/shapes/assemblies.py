"""Things put together: machines, cars, houses, stacks of books."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.forms import ball, box, disc, prism, tube
from training.content.turns import about_x, about_z

__all__ = ["books", "car", "house", "machine"]

_MIRROR = np.diag([-1.0, 1, 1])


def machine(dice: Generator) -> Mesh:
    """A base with boxes, drums and balls bolted on, each touching what was there before; half of it mirrored."""
    base = dice.uniform(0.25, 0.6, 3)
    parts = [box([0, 0, 0], base)]
    for _ in range(dice.integers(3, 10)):
        size = dice.uniform(0.08, 0.45, 3)
        part = _piece(dice, size).painted(int(dice.integers(3)))
        spot = dice.uniform(-1, 1, 3)
        axis = int(dice.integers(3))
        spot[axis] = np.sign(spot[axis])
        spot = spot * base + 0.6 * size * spot * (np.arange(3) == axis)
        if dice.random() < 0.3:
            spot[0] = 0
        parts.append(part.moved(*spot))
        if dice.random() < 0.6:
            parts.append(part.moved(*spot).changed(_MIRROR))
    return join(parts)


def car(dice: Generator) -> Mesh:
    """A toy on wheels."""
    length, width, height = dice.uniform(0.7, 1.1), dice.uniform(0.3, 0.5), dice.uniform(0.12, 0.3)
    wheel, cabin = dice.uniform(0.15, 0.28), dice.uniform(0.3, 0.7)
    parts = [
        box([0, 0, wheel + height], [width, length, height]),
        box([0, dice.uniform(-0.2, 0.2), wheel + 2 * height + 0.15], [width * 0.85, length * cabin, 0.18]).painted(1),
    ]
    tyre = disc(wheel, 0.14, sides=32).changed(about_x(np.pi / 2)).changed(about_z(np.pi / 2)).painted(2)
    for x in (-width - 0.05, width - 0.09):
        parts += [tyre.moved(x, y, wheel) for y in (-length * 0.6, length * 0.6)]
    if dice.random() < 0.4:
        mast = np.array([[0, 0, wheel], [0, 0, 1.0], [0.1, 0, dice.uniform(1.1, 1.6)]])
        parts.append(tube(mast, 0.02, sides=8).painted(2))
    return join(parts)


def house(dice: Generator) -> Mesh:
    """Walls, a roof, a chimney."""
    width, depth, height = dice.uniform(0.4, 0.8), dice.uniform(0.5, 1.0), dice.uniform(0.3, 0.9)
    ridge, eaves = dice.uniform(0.2, 0.7), dice.uniform(1.02, 1.2)
    gable = prism(np.array([[-width * eaves, 0], [width * eaves, 0], [0, ridge]]), 2 * depth * eaves)
    roof = gable.changed(about_x(np.pi / 2)).moved(0, depth * eaves, 2 * height)
    parts = [box([0, 0, height], [width, depth, height]), roof.painted(1)]
    if dice.random() < 0.7:
        parts.append(
            box(
                [width * 0.5, depth * dice.uniform(-0.6, 0.6), 2 * height + ridge * 0.6], [0.09, 0.09, ridge * 0.6]
            ).painted(2)
        )
    windows = np.linspace(-0.6, 0.6, dice.integers(1, 4)) * width
    parts += [box([x, -depth, height], [0.09, 0.03, 0.16]).painted(3) for x in windows]
    return join(parts)


def books(dice: Generator) -> Mesh:
    """One to five, lying on each other."""
    parts, floor = [], 0.0
    for number in range(dice.integers(1, 6)):
        width, depth, half = dice.uniform(0.5, 0.9), dice.uniform(0.4, 0.7), dice.uniform(0.04, 0.2)
        turn = about_z(dice.normal(0, 0.25))
        cover = 2 * (number % 3)
        book = [
            box([0, 0, half], [width, depth, half * 0.99]).painted(cover + 1),
            box([0, 0, 2 * half], [width * 1.04, depth * 1.04, 0.012]).painted(cover),
            box([0, 0, 0], [width * 1.04, depth * 1.04, 0.012]).painted(cover),
            box([-width * 1.03, 0, half], [0.012, depth * 1.04, half]).painted(cover),
        ]
        parts += [part.changed(turn).moved(0, 0, floor) for part in book]
        floor += 2 * half + 0.024
    return join(parts)


def _piece(dice: Generator, size: np.ndarray) -> Mesh:
    kind = dice.integers(3)
    if kind == 0:
        return box([0, 0, 0], size)
    if kind == 1:
        drum = disc(size[0], 2 * size[2], sides=40).moved(0, 0, -size[2])
        return drum.changed(np.eye(3)[dice.permutation(3)])
    return ball(3).stretched(*size)
