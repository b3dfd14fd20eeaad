"""From a soft matte on a small grid to a hard mask whose edge is the photo's, at full resolution."""

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.photo import Box
from underside.refine.edge import find_edge
from underside.refine.options import EdgeOptions, Keep
from underside.refine.outline import Grid, Walk, evened, trace, walk_along

__all__ = ["Box", "EdgeOptions", "Keep", "refine"]

_STEP = 3.0
"""Pixels of the guide between two steps along an outline; 2 and 4 give the same distances within 5 %."""
_FINEST = 8
"""Steps in a cell at most: a very coarse matte of a very large photo shall not fill the memory."""
_FRAME = 4
"""Cells that the matte is continued by, so that an object cut by the photo's frame has no edge there."""
_BRUSH = 0.5
"""Pixels that cv2.fillPoly paints beyond a polygon, measured on circles."""
_WIDEST = 32766
"""Pixels a side that cv2.remap can read from."""
_NEUTRAL = 0.5
_LEAST_LEVEL = 0.02
"""Lowest level of the matte between its two sure ones: at the ends of the sensitivity, what is sure must stay sure."""


def refine(
    matte: NDArray[np.float32],
    box: Box,
    guide: NDArray[np.uint8],
    size: tuple[int, int],
    options: EdgeOptions = EdgeOptions(),  # noqa: B008 - frozen
    *,
    rim: float = 0.0,
) -> NDArray[np.uint8]:
    """Cut a matte into a mask of 0 and 255 on the photo's full stored grid.

    ``matte`` covers ``box`` of the photo on a grid of its own; outside the box is background. ``guide`` is the
    photo on its stored grid, RGB, in full or reduced; ``size`` is the full grid's width and height. ``rim`` is
    by how many pixels of the photo the matte may take what is blurred around the object for object.
    """
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    span = options.foreground - options.background
    sure = np.clip((matte * np.float32(255) - np.float32(options.background)) / np.float32(span), 0, 1)
    if options.sensitivity != _NEUTRAL:
        sure = _shifted(sure, options.sensitivity)
    grid = Grid.over(box, matte.shape)
    frame = _FRAME + int(np.ceil(abs(options.grow) / min(grid.step_x, grid.step_y)))
    sure = np.pad(sure, frame, mode="edge")
    grid = grid.grown(frame)

    if (step := -(-max(guide.shape[:2]) // _WIDEST)) > 1:
        guide = np.ascontiguousarray(guide[::step, ::step])
    guide_scale = (guide.shape[1] / width, guide.shape[0] / height)
    finer = min(max(1, round(grid.step * min(guide_scale) / _STEP)), _FINEST)
    middle = ((width / 2 - grid.left) / grid.step_x, (height / 2 - grid.top) / grid.step_y)
    outlines = trace(sure, finer, options, middle)
    if not outlines:
        return mask
    walk = walk_along(outlines, grid, finer)
    edge = find_edge(walk, sure, grid, guide, guide_scale, finer, rim)
    points = walk.at + edge[:, None] * walk.outward
    if options.mask_blur:
        points = evened(points, walk, options.mask_blur * finer / grid.step)
    _draw(mask, walk, points, box, options.grow)
    return mask


def _shifted(sure: NDArray[np.float32], sensitivity: float) -> NDArray[np.float32]:
    """The matte with the level that the sensitivity names at one half, and what is sure still sure."""
    level = min(max(1 - sensitivity, _LEAST_LEVEL), 1 - _LEAST_LEVEL)
    return np.interp(sure, (0, level, 1), (0, 0.5, 1)).astype(np.float32)


def _draw(mask: NDArray[np.uint8], walk: Walk, points: NDArray[np.float32], box: Box, grow: int) -> None:
    reach = max(grow, 0)
    left, top = max(0, box[0] - reach), max(0, box[1] - reach)
    canvas = mask[top : box[3] + reach, left : box[2] + reach]
    # Largest first: a part, its holes, the parts in its holes.
    for steps, is_part in walk.outlines:
        within = points[steps] - walk.outward[steps] * np.float32(_BRUSH if is_part else -_BRUSH)
        cv2.fillPoly(canvas, [_for_opencv(within, left, top)], 255 if is_part else 0, shift=4)
    if grow:
        lines = [_for_opencv(points[steps], left, top) for steps, _ in walk.outlines]
        cv2.polylines(canvas, lines, True, 255 if grow > 0 else 0, 2 * abs(grow), cv2.LINE_8, 4)


def _for_opencv(points: NDArray[np.float32], left: int, top: int) -> NDArray[np.int32]:
    """Pixel centres lie at halves for us, at whole numbers for OpenCV, which takes sixteenths."""
    sixteenths: NDArray[np.int32] = np.rint((points - (left + 0.5, top + 0.5)) * 16).astype(np.int32)
    return sixteenths
