"""Flat things: plates, slabs, coins with a relief, tiles, lids, cards of wood."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.extrusions import thickened
from training.content.shapes.forms import ball, box, revolved
from training.content.shapes.noise import Noise

__all__ = ["coin", "dish", "lid", "plate", "shard"]


def plate(dice: Generator) -> Mesh:
    """A slab, square or long, its edges plain."""
    return box([0, 0, 0], [1, dice.uniform(0.3, 1.0), dice.uniform(0.03, 0.12)])


def dish(dice: Generator) -> Mesh:
    """Round, with a lip."""
    lip, deep, wall = dice.uniform(0.05, 0.3), dice.uniform(0.5, 0.8), dice.uniform(0.02, 0.05)
    radii = np.array([0, deep, 1, 1 - wall / 2, deep - wall, 0])
    heights = np.array([0, 0, lip, lip + wall, wall, wall])
    return revolved(radii, heights, sides=72)


def coin(dice: Generator) -> Mesh:
    """A round or an oval disc with something raised on it."""
    mesh, noise = ball(5), Noise(dice)
    flat = dice.uniform(0.04, 0.12)
    reach = np.hypot(mesh.points[:, 0], mesh.points[:, 1])
    raised = 0.35 * np.maximum(noise(mesh.points * [1, 1, 0], dice.uniform(1.5, 4), 3), 0) * (reach < 0.8)
    upper = np.clip(mesh.points[:, 2] * 3, -1, 1) * (1 + raised + 0.3 * (reach > 0.88))
    points = np.column_stack([mesh.points[:, :2] * [1, dice.uniform(0.7, 1.0)], upper * flat])
    return Mesh.plain(points, mesh.faces)


def lid(dice: Generator) -> Mesh:
    """A disc with a rim below and a knob above."""
    height, knob = dice.uniform(0.05, 0.15), dice.uniform(0.06, 0.2)
    radii = np.array([0, 0.9, 0.9, 1, 1, 0.5, 0])
    heights = np.array([0, 0, 0.04, 0.04, 0.04 + height / 2, 0.04 + height, 0.05 + height])
    top = ball(3).stretched(knob, knob, knob * 0.8).moved(0, 0, 0.05 + height + knob * 0.5)
    return join([revolved(radii, heights, sides=64), top.painted(int(dice.integers(2)))])


def shard(dice: Generator) -> Mesh:
    """A broken piece of something thin, a little bent."""
    angle = np.sort(dice.uniform(0, 2 * np.pi, int(dice.integers(5, 10))))
    reach = dice.uniform(60, 118, len(angle))
    drawing = np.zeros((256, 256), np.uint8)
    cv2.fillPoly(drawing, [(np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1) + 128).astype(np.int32)], 255)
    mesh = thickened(drawing, dice.uniform(0.05, 0.09), dice)
    bend = dice.uniform(0, 0.25) * (mesh.points[:, 0] ** 2)
    return replace(mesh, points=mesh.points + np.column_stack([0 * bend, 0 * bend, bend]))
