"""A mask, its photo and its mattes on one small grid around the object."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame, resampled
from underside.photo import part_of
from underside.refine import Box

__all__ = ["Layer", "Pixels", "Scene", "lay_out", "region_of"]

# The grid has so many pixels, and reaches this share of the object's size beyond it.
_PIXELS = 25_000
_AROUND = 0.2
# Fewer pixels a side hold no outline.
_FEWEST = 8
# Whole rows and columns are left out while so many for each of the grid remain.
_SPARE = 2

Layer = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """All layers have the same shape; the matte and the first look are 0 where they were not asked."""

    box: Box
    """The part of the photo that the grid covers."""
    mask: Layer
    """Share of each of the grid's pixels that is object."""
    matte: Layer
    first: Layer
    view: Pixels


def lay_out(frame: Frame, pixels: Pixels, first: Found, found: Found, mask: Pixels) -> Scene:
    """The object with its surroundings, as stored; the whole photo where there is no object."""
    box = region_of(frame, first, found, mask)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, (_PIXELS / (width * height)) ** 0.5)
    shape = (max(_FEWEST, round(height * scale)), max(_FEWEST, round(width * scale)))
    return Scene(
        box=box,
        mask=_shrunk(mask, box, frame, shape).astype(np.float32) / np.float32(255),
        matte=resampled(found.matte, found.box, box, shape, outside=0.0),
        first=resampled(first.matte, first.box, box, shape, outside=0.0),
        view=_shrunk(pixels, box, frame, shape),
    )


def region_of(frame: Frame, first: Found, found: Found, mask: Pixels) -> Box:
    """What the mask and both mattes take for object, and some room around it."""
    step = max(1, int((mask.size / (8 * _PIXELS)) ** 0.5))
    boxes = [_box_in(mask[::step, ::step] > 127, frame.whole)]
    boxes += [_box_in(each.matte > 0.5, each.box) for each in (first, found)]
    known = [box for box in boxes if box is not None]
    if not known:
        return frame.whole
    sides = np.array(known)
    left, top = sides[:, :2].min(axis=0)
    right, bottom = sides[:, 2:].max(axis=0)
    across, down = _AROUND * (right - left), _AROUND * (bottom - top)
    return (
        max(0, int(left - across)),
        max(0, int(top - down)),
        min(frame.width, int(right + across) + 1),
        min(frame.height, int(bottom + down) + 1),
    )


def _shrunk(picture: Pixels, wanted: Box, frame: Frame, shape: tuple[int, int]) -> Pixels:
    """A box of the photo on a grid of that shape; rows and columns that tell nothing more are not read."""
    part = part_of(picture, wanted, frame.size)
    step = max(1, min(part.shape[0] // (_SPARE * shape[0]), part.shape[1] // (_SPARE * shape[1])))
    part = np.ascontiguousarray(part[step // 2 :: step, step // 2 :: step])
    return cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _box_in(object_: NDArray[np.bool_], covers: Box) -> Box | None:
    left, top, width, height = cv2.boundingRect(object_.astype(np.uint8))
    if width == 0:
        return None
    per_x = (covers[2] - covers[0]) / object_.shape[1]
    per_y = (covers[3] - covers[1]) / object_.shape[0]
    return (
        int(covers[0] + left * per_x),
        int(covers[1] + top * per_y),
        int(covers[0] + (left + width) * per_x + 0.5),
        int(covers[1] + (top + height) * per_y + 0.5),
    )
