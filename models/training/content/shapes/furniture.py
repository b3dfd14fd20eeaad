"""Furniture on legs: tables, chairs, stools, ladders."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import through
from training.content.shapes.forms import box, disc, tube

__all__ = ["chair", "ladder", "stool"]


def chair(dice: Generator) -> Mesh:
    """A slab on four legs, mostly with a back."""
    width, depth, height = dice.uniform(0.4, 1.0, 3)
    gauge, splay, bow = dice.uniform(0.025, 0.08), dice.uniform(0.9, 1.2), dice.uniform(0.85, 1.1)
    parts = [box([0, 0, height], [width, depth, 0.05])]
    for x in (-width, width):
        for y in (-depth, depth):
            knots = [[x * 0.9, y * 0.9, height], [x * bow, y * 0.95, height / 2], [x * splay, y, 0]]
            parts.append(tube(through(np.array(knots), 10), gauge).painted(1))
    if dice.random() < 0.6:
        for x in np.linspace(-0.9, 0.9, dice.integers(2, 8)) * width:
            knots = [[x, depth * 0.9, height], [x, depth * 0.95, height + 0.5], [x, depth * 1.05, height + 1.0]]
            parts.append(tube(through(np.array(knots), 8), 0.03, sides=8).painted(1))
        parts.append(box([0, depth * 1.02, height + 0.95], [width, 0.04, 0.12]))
    return join(parts)


def stool(dice: Generator) -> Mesh:
    """A round seat on three to six legs, with a hoop or rungs between them."""
    count, height, gauge = int(dice.integers(3, 7)), dice.uniform(0.6, 1.8), dice.uniform(0.025, 0.07)
    splay = dice.uniform(0.6, 1.1)
    angles = 2 * np.pi * np.arange(count) / count
    tops = np.stack([0.5 * np.cos(angles), 0.5 * np.sin(angles), np.full(count, height)], 1)
    feet = np.stack([splay * np.cos(angles), splay * np.sin(angles), np.zeros(count)], 1)
    parts = [disc(0.65, dice.uniform(0.06, 0.2)).moved(0, 0, height)]
    parts += [tube(through(np.array([top, foot]), 4), gauge).painted(1) for top, foot in zip(tops, feet, strict=True)]
    rungs = tops * 0.4 + feet * 0.6
    parts += [
        tube(through(np.array([rungs[k], rungs[(k + 1) % count]]), 3), gauge * 0.7, sides=8).painted(1)
        for k in range(count)
    ]
    return join(parts)


def ladder(dice: Generator) -> Mesh:
    """Two leaning rails with rungs, as racks, railings and scaffolds have."""
    height, half, gauge = dice.uniform(1.2, 2.2), dice.uniform(0.25, 0.6), dice.uniform(0.02, 0.06)
    lean = dice.uniform(0.3, 0.8)
    parts = []
    for side in (1, -1) if dice.random() < 0.7 else (1,):
        foot, head = side * lean, 0.0
        for x in (-half, half):
            rail = through(np.array([[x, foot, 0], [x, head, height]]), 4)
            parts.append(tube(rail, gauge).painted(1))
        for part in np.linspace(0.1, 0.95, dice.integers(3, 9)):
            y, z = foot * (1 - part) + head * part, height * part
            rung = through(np.array([[-half, y, z], [half, y, z]]), 3)
            parts.append(tube(rung, gauge * 0.8, sides=8))
    return join(parts)
