"""From which sides the object was seen: directions on its sphere, above and below."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.mapping import Model, Place

__all__ = ["HORIZON", "REACH", "Coverage", "ViewDirection", "coverage_of", "covered", "middle_of", "upright_axes"]

Floats = NDArray[np.float64]

_DIRECTIONS = 20000
# A direction is covered by a camera no farther from it than this; what lies so far under the horizon is the underside.
REACH = 25.0
HORIZON = 10.0


@dataclass(frozen=True)
class ViewDirection:
    """A shot's direction, from the object to the camera; the z axis is up in the first pass."""

    photo: str
    pass_name: str
    direction: tuple[float, float, float]


@dataclass(frozen=True)
class Coverage:
    """Shares of the directions more than 10 degrees under, or over, the horizon of the first pass."""

    underside: float
    topside: float
    views: tuple[ViewDirection, ...]


def coverage_of(model: Model, up: Floats, *, without: Collection[str] = ()) -> Coverage:
    """What the shots of a model see, those left out that are not trusted."""
    middle = middle_of(model.points)
    to_object = upright_axes(up)
    places = [place for place in model.places if place.shot.name not in without]
    views = tuple(_view(place, middle, to_object) for place in places)
    directions = np.array([view.direction for view in views]).reshape(-1, 3)
    return Coverage(covered(directions, below=True), covered(directions, below=False), views)


def covered(directions: Floats, *, below: bool) -> float:
    """The share of one half of the sphere, its rim left out, that has a view near it."""
    if not len(directions):
        return 0.0
    sphere = _sphere()
    depth = -sphere[:, 2] if below else sphere[:, 2]
    half = sphere[depth > np.sin(np.radians(HORIZON))]
    nearest = (half @ directions.T).max(axis=1)
    return round(float((nearest >= np.cos(np.radians(REACH))).mean()), 4)


def middle_of(points: NDArray[np.float32]) -> Floats:
    """The middle of the object's extent, not of its points, which crowd where there is texture."""
    if not len(points):
        return np.zeros(3)
    low, high = np.percentile(points.astype(np.float64), (2, 98), axis=0)
    return np.asarray((low + high) / 2)


def _view(place: Place, middle: Floats, to_object: Floats) -> ViewDirection:
    direction = to_object @ (place.centre - middle)
    x, y, z = (direction / max(float(np.linalg.norm(direction)), 1e-12)).round(4).tolist()
    return ViewDirection(place.shot.name, place.shot.pass_name, (x, y, z))


def upright_axes(up: Floats) -> Floats:
    """A turn that brings ``up`` to the z axis."""
    beside = np.cross(up, np.eye(3)[int(np.abs(up).argmin())])
    beside /= np.linalg.norm(beside)
    return np.array([beside, np.cross(up, beside), up])


def _sphere() -> Floats:
    """Directions spread evenly, on a spiral by the golden angle."""
    steps = np.arange(_DIRECTIONS) + 0.5
    z = 1 - 2 * steps / _DIRECTIONS
    around = np.pi * (1 + 5**0.5) * steps
    out = np.sqrt(1 - z * z)
    return np.stack([out * np.cos(around), out * np.sin(around), z], axis=1)
