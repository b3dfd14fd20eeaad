"""Backdrops of paper and cloth: a floor that bends up into a wall behind."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes.forms import grid
from training.records import Array

__all__ = ["cloth", "sweep"]


def sweep(dice: Generator) -> Mesh:
    """Smooth paper: the floor is z = 0 towards the camera (y below 0), the wall stands beyond y = 1."""
    y, z = _section(dice.uniform(0.15, 0.9), 40)
    return _drawn_out(np.linspace(-5, 5, 3), y, z)


def cloth(dice: Generator) -> Mesh:
    """The same with folds and creases that never rise over the floor."""
    bend, across, along = dice.uniform(0.15, 0.9), 120, 140
    y, z = _section(bend, along)
    folds = np.zeros((across, along))
    for weight in (1, 2, 3):
        width, length = dice.uniform(1.2, 6), dice.uniform(2.5, 12)
        soft = cv2.GaussianBlur(dice.standard_normal((across, along)), (0, 0), sigmaX=length, sigmaY=width)
        folds += weight * soft / soft.std()
    folds *= dice.uniform(0.008, 0.03) / folds.std()
    mesh = _drawn_out(np.linspace(-5, 5, across), y, z)
    points = mesh.points.reshape(across, along, 3)
    wall = np.clip(z / bend, 0, 1)
    points[..., 1] -= folds * wall
    points[..., 2] += (folds - folds.max()) * (1 - wall)
    return Mesh(points.reshape(-1, 3), mesh.faces, mesh.places, mesh.slots)


def _section(bend: float, count: int) -> tuple[Array, Array]:
    """The side view, at even steps."""
    angle = np.linspace(0, np.pi / 2, 24)
    y = np.concatenate([[-4], 1 + bend * np.sin(angle), [1 + bend]])
    z = np.concatenate([[0], bend - bend * np.cos(angle), [bend + 5]])
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(y), np.diff(z)))])
    at = np.linspace(0, length[-1], count)
    return np.interp(at, length, y), np.interp(at, length, z)


def _drawn_out(x: Array, y: Array, z: Array) -> Mesh:
    points = np.stack(np.broadcast_arrays(x[:, None], y[None], z[None]), -1).reshape(-1, 3)
    places = np.stack(np.meshgrid(np.linspace(0, 2, len(x)), np.linspace(0, 2, len(y)), indexing="ij"), -1)
    return Mesh.plain(points, grid(len(x), len(y)), places.reshape(-1, 2))
