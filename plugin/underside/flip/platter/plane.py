"""Where the platter lies in a pass solved by itself: the level plane on which all its shots show one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.hull import Silhouette
from underside.flip.agreement.views import View

__all__ = ["Plane", "find_plane", "on_plane"]

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

# Tuned in November 2026 on the upright pass of flip-sample with masks that keep the platter. There the shots agree on
# .53 of the detail at the platter's height, on .06 to .10 at others; on .38 in the flipped pass, placed less well.
_CELLS = 128
_LEVELS = 120
"""Heights that are tried, from the reach of the masks under the points to their middle; then closer ones."""
_CLOSER = 12
_DETAIL = 4.0
"""Cells: what is evener than that is light, not the platter's picture."""
_IN_MOST = 0.5
"""Share of the masks that must hold a place of the plane."""
_FEWEST_CELLS = 400
_ALIKE = 0.2
_STANDS_OUT = 2.0
"""By what the best height must be better than the usual one."""
_MOST_VIEWS = 18
_DARKEST = 8.0
"""Grey levels added before quotients are taken: darker is noise."""


@dataclass(frozen=True)
class Plane:
    """Level: at right angles to the axis about which the pass turned."""

    middle: NDArray[np.float64]
    up: NDArray[np.float64]
    reach: float
    """How far from the middle the platter may go."""

    @property
    def directions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two that span it."""
        across = np.cross(self.up, np.eye(3)[int(np.abs(self.up).argmin())])
        across /= np.linalg.norm(across)
        return across, np.cross(self.up, across)

    def above(self, points: Floats) -> Floats:
        """How far over it points lie."""
        return np.asarray((points - self.middle.astype(np.float32)) @ self.up.astype(np.float32))

    def places(self, cells: int) -> Floats:
        """(cells * cells, 3): the middles of a square's cells, row by row."""
        across, along = self.directions
        steps = ((np.arange(cells) + 0.5) / cells * 2 - 1) * self.reach
        square = self.middle + steps[None, :, None] * across + steps[:, None, None] * along
        return square.reshape(-1, 3).astype(np.float32)


def find_plane(views: Sequence[View], points: Floats, up: NDArray[np.float64]) -> Plane | None:
    """The height at which the shots agree best on what lies there; none where it does not stand out."""
    views = views[:: -(-len(views) // _MOST_VIEWS)]
    middle = np.median(points, axis=0).astype(np.float64)
    reach = float(np.median([_reach(view.silhouette, middle) for view in views]))

    def alike(heights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([_alike(views, Plane(middle + height * up, up, reach)) for height in heights])

    heights = np.linspace(-reach, 0, _LEVELS)
    scores = alike(heights)
    best = int(scores.argmax())
    usual = float(np.median(scores[scores > 0])) if scores[best] else 0.0
    if scores[best] < max(_ALIKE, _STANDS_OUT * usual):
        return None
    step = heights[1] - heights[0]
    closer = np.linspace(heights[best] - step, heights[best] + step, _CLOSER + 1)
    return Plane(middle + float(closer[alike(closer).argmax()]) * up, up, reach)


def on_plane(view: View, places: Floats, cells: int) -> tuple[Bytes, NDArray[np.bool_]]:
    """What a shot shows of a square of the plane, and where its mask holds that."""
    x, y = (each.reshape(cells, cells) for each in view.silhouette.hit(places))
    colours = cv2.remap(view.colours, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.remap(view.silhouette.mask, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return colours.astype(np.uint8, copy=False), np.asarray(inside > 127)


def _reach(silhouette: Silhouette, middle: NDArray[np.float64]) -> float:
    """How far from the middle the mask goes, as one shot sees it."""
    _, _, width, height = cv2.boundingRect(silhouette.mask)
    distance = float(np.linalg.norm(silhouette.place.centre - middle))
    return float(0.6 * max(width, height) * silhouette.step * distance / silhouette.place.lens.focal)


def _alike(views: Sequence[View], plane: Plane) -> float:
    """The share of the plane's detail that is the same in all shots."""
    places = plane.places(_CELLS)
    weights = np.zeros((_CELLS, _CELLS), np.float32)
    total, squares = np.zeros_like(weights), np.zeros_like(weights)
    for view in views:
        colours, inside = on_plane(view, places, _CELLS)
        weight = inside.astype(np.float32)
        grey = np.log(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32) + _DARKEST)
        detail = (grey - _evened(grey, weight)) * weight
        weights += weight
        total += detail
        squares += detail * detail
    most = weights >= _IN_MOST * len(views)
    if most.sum() < _FEWEST_CELLS:
        return 0.0
    same = float((total[most] ** 2 / weights[most]).sum())
    return same / max(float(squares[most].sum()), 1e-9)


def _evened(layer: Floats, weight: Floats) -> Floats:
    around = cv2.GaussianBlur(weight, (0, 0), _DETAIL)
    return np.asarray(cv2.GaussianBlur(layer * weight, (0, 0), _DETAIL) / np.maximum(around, 1e-3))
