"""The outlines of a matte, and the walk along them with a direction outwards at every step."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.photo import Box
from underside.refine.options import EdgeOptions

__all__ = ["RUN_UP", "Grid", "Walk", "evened", "smoothed", "trace", "walk_along"]

Floats = NDArray[np.float32]

RUN_UP = 24
"""Steps that every outline repeats before its first and after its last, so that it has no ends."""

_OUTLINE_SMOOTHING = 1.0
"""Cells of the matte: the outline is known no better, and directions must not follow its stairs."""


@dataclass(frozen=True)
class Grid:
    """Where the cells of a matte lie in the photo."""

    left: float
    top: float
    step_x: float
    step_y: float

    @property
    def step(self) -> float:
        """Side of a square as large as a cell, in photo pixels."""
        return float((self.step_x * self.step_y) ** 0.5)

    @classmethod
    def over(cls, box: Box, shape: tuple[int, ...]) -> "Grid":
        """A grid of that shape over the box."""
        return cls(box[0], box[1], (box[2] - box[0]) / shape[1], (box[3] - box[1]) / shape[0])

    def grown(self, cells: int) -> "Grid":
        """The grid with this many more cells on every side."""
        return Grid(self.left - cells * self.step_x, self.top - cells * self.step_y, self.step_x, self.step_y)


@dataclass(frozen=True)
class Walk:
    """Steps along all outlines, one outline after the other, each with its run-up; in photo pixels."""

    at: Floats
    """(steps, 2): x and y, pixel centres at halves."""
    outward: Floats
    """(steps, 2): unit vectors from object to background."""
    outlines: tuple[tuple[slice, bool], ...]
    """The steps of each outline without its run-up, and whether it is a part's rather than a hole's."""


def trace(
    matte: Floats, finer: int, options: EdgeOptions, middle: tuple[float, float]
) -> list[tuple[NDArray[np.int32], bool]]:
    """Find where the matte crosses one half, largest outline first; parts and holes too small are left out.

    Points are in cells divided by ``finer``; ``middle`` is the photo's, in cells.
    """
    height, width = matte.shape
    levels = (matte * 255).astype(np.uint8)
    if finer > 1:
        fine = (width * finer, height * finer)
        levels = cv2.resize(levels, fine, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    inside = cv2.threshold(levels, 127, 1, cv2.THRESH_BINARY)[1]
    # The frame of zeros closes outlines that leave the grid, and shifts the points by one.
    inside = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    found, tree = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(-1, -1))
    if not found:
        return []
    contours = [contour.astype(np.int32, copy=False) for contour in found]
    parents = tree[0, :, 3].astype(np.int64)
    areas = np.array([_area(contour, parent < 0) for contour, parent in zip(contours, parents, strict=True)])
    kept = _kept_parts(contours, parents, areas, options, (middle[0] * finer - 0.5, middle[1] * finer - 0.5))
    most_pinhole = options.pinholes * areas[kept].max()
    for i in np.flatnonzero(parents >= 0):
        is_opening = areas[i] >= most_pinhole or _has_sure_background(levels, contours[i])
        kept[i] = kept[parents[i]] and is_opening
    order = sorted(np.flatnonzero(kept).tolist(), key=lambda i: -areas[i])
    return [(contours[i][:, 0], bool(parents[i] < 0)) for i in order]


def _area(contour: NDArray[np.int32], is_part: bool) -> float:
    # Contours run through the centres of the outermost object pixels: half a pixel inside parts, outside holes.
    return cv2.contourArea(contour) + (0.5 if is_part else -0.5) * len(contour)


def _kept_parts(
    contours: list[NDArray[np.int32]],
    parents: NDArray[np.int64],
    areas: NDArray[np.float64],
    options: EdgeOptions,
    middle: tuple[float, float],
) -> NDArray[np.bool_]:
    is_part = parents < 0
    if options.keep == "centre":
        depths = [
            cv2.pointPolygonTest(contour, middle, measureDist=True) if part else -np.inf
            for contour, part in zip(contours, is_part, strict=True)
        ]
        kept: NDArray[np.bool_] = np.arange(len(depths)) == np.argmax(depths)
    else:
        net = np.where(is_part, areas, 0.0)
        np.subtract.at(net, parents[~is_part], areas[~is_part])
        least = 1.0 if options.keep == "largest" else options.specks
        kept = is_part & (net >= least * net.max())
    return kept


def _has_sure_background(levels: NDArray[np.uint8], hole: NDArray[np.int32]) -> bool:
    left, top, width, height = cv2.boundingRect(hole)
    within = np.zeros((height, width), np.uint8)
    cv2.drawContours(within, [hole], -1, 1, cv2.FILLED, offset=(-left, -top))
    return bool((levels[top : top + height, left : left + width][within > 0] == 0).any())


def walk_along(outlines: list[tuple[NDArray[np.int32], bool]], grid: Grid, finer: int) -> Walk:
    """Walk along outlines given in cells divided by ``finer``."""
    runs, slices, first = [], [], 0
    for points, is_part in outlines:
        runs.append(points[np.arange(-RUN_UP, len(points) + RUN_UP) % len(points)])
        slices.append((slice(first + RUN_UP, first + RUN_UP + len(points)), is_part))
        first += len(points) + 2 * RUN_UP
    cells = (np.concatenate(runs) + 0.5) / finer
    stairs = cells * (grid.step_x, grid.step_y) + (grid.left, grid.top)
    at = smoothed(stairs.astype(np.float32), _OUTLINE_SMOOTHING * finer)
    along = np.gradient(at, axis=0)
    # OpenCV walks around parts so that the object lies to the left as seen in the picture, around holes alike.
    outward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    outward /= np.maximum(np.hypot(outward[:, :1], outward[:, 1:]), 1e-6)
    return Walk(at, outward.astype(np.float32), tuple(slices))


def evened(points: Floats, walk: Walk, sigma: float) -> Floats:
    """The walk's points, each outline's evened over so many of its steps; run-ups stay."""
    even = points.copy()
    reach = int(2.5 * sigma) + 1
    for steps, _ in walk.outlines:
        closed = np.pad(points[steps], ((reach, reach), (0, 0)), mode="wrap")
        even[steps] = smoothed(closed, sigma)[reach:-reach]
    return even


def smoothed(values: Floats, sigma: float) -> Floats:
    """Smooth along the walk."""
    columns = values.reshape(len(values), 1, -1)
    taps = 2 * int(2.5 * sigma) + 1
    weights = cv2.getGaussianKernel(taps, sigma, cv2.CV_32F)
    soft = cv2.sepFilter2D(columns, -1, np.ones(1, np.float32), weights, borderType=cv2.BORDER_REPLICATE)
    return soft.reshape(values.shape).astype(np.float32, copy=False)
