"""Ask a segmenter for the object: a look at the whole photo, then a closer one at the object's box."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.photo import Box, Photo, part_of, to_srgb, turn_stored, turn_upright, upright_size
from underside.segmenters import Segmenter
from underside.views import matte_of

__all__ = ["Found", "Frame", "find_object", "object_box", "resampled", "seen_through"]

# Measured with the embedded network on flip-sample, flip-full and six rendered tuning captures (November 2026):
# growing the box by 12 % a side gave .9061 mean IoU, 17.5 % .9027, 8 % .8965, 5 % .8931; the closer look alone,
# or an even mix with the first, was worse on the samples.
_MARGIN = 0.12
_CLOSER_WEIGHT = 0.7
# A first look that missed a part gives a box that cuts it off, and then the closer look sees the object run out of
# its box: such sides are moved out by this share of the box, once. A head that was lost on flip-full (IoU .72)
# comes back so (.96), at two shots in a hundred that are looked at once more.
_WIDENING = 0.35
# Object along less than this share of a side is a leak rather than a part: .03 made two shots of 72 worse by .15,
# .08 and .15 none.
_CUT = 0.08
# A picture handed to a segmenter has at least so many pixels for one of its grid, along each side: shrinking
# the rest of the way with its own filter then gives what it would have made of the whole photo.
_SPARE = 2


@dataclass(frozen=True)
class Frame:
    """What must be known of a photo, besides its pixels, to look at it upright and in true colour."""

    width: int
    height: int
    """Size of the full stored grid, whatever the size of the pixels at hand."""
    orientation: int = 1
    icc: bytes | None = None

    @classmethod
    def of(cls, photo: Photo) -> Self:
        """What is known of an opened photo."""
        return cls(photo.width, photo.height, photo.orientation, photo.icc)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the stored grid."""
        return self.width, self.height

    @property
    def whole(self) -> Box:
        """The box of the whole photo."""
        return 0, 0, self.width, self.height


@dataclass(frozen=True)
class Found:
    """A matte on its own grid, turned as the photo is stored, and the box of the photo that it covers."""

    matte: NDArray[np.float32]
    box: Box
    object_box: Box | None = None
    """Where the closer look should go, where that is known better than by the matte itself."""
    view: NDArray[np.uint8] | None = None
    """The box as it was looked at: turned as the photo is stored, in its own colours, never coarser than the matte."""
    rim: float = 0.0
    """By how many pixels of the photo the matte may take what is blurred around the object for object."""


def find_object(
    segmenter: Segmenter, frame: Frame, pixels: NDArray[np.uint8], *, looks: int, first: Found | None = None
) -> Found:
    """Find the object in one or two looks; ``pixels`` is the photo as stored, in full or reduced.

    ``first`` is the first look, where it was taken before.
    """
    whole = frame.whole
    first = first or Found(_look(segmenter, frame, _view(segmenter, frame, pixels, whole)), whole)
    if looks == 1:
        return first
    box = first.object_box or object_box(first)
    if box is None:
        return first
    view = _view(segmenter, frame, pixels, box)
    closer = _look(segmenter, frame, view)
    wider = _where_not_cut(closer, box, whole)
    if wider != box:
        box, view = wider, _view(segmenter, frame, pixels, wider)
        closer = _look(segmenter, frame, view)
    before = resampled(first.matte, first.box, box, closer.shape)
    return Found(_CLOSER_WEIGHT * closer + (1 - _CLOSER_WEIGHT) * before, box, view=view)


def seen_through(frame: Frame, pixels: NDArray[np.uint8], box: Box, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A box of the photo on a grid of that shape, in true colour, turned as the photo is stored."""
    part = part_of(pixels, box, frame.size)
    view = cv2.resize(part, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return to_srgb(view.astype(np.uint8, copy=False), frame.icc)


def _look(segmenter: Segmenter, frame: Frame, view: NDArray[np.uint8]) -> NDArray[np.float32]:
    upright = np.ascontiguousarray(turn_upright(to_srgb(view, frame.icc), frame.orientation))
    matte = matte_of(segmenter, upright) if segmenter.closer_look else segmenter.matte(upright)
    return turn_stored(matte, frame.orientation)


def _view(segmenter: Segmenter, frame: Frame, pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Shrink by a whole factor, which is fast, and leave the last step to the segmenter."""
    view = part_of(pixels, box, frame.size)
    height, width = view.shape[:2]
    across, down = upright_size(width, height, frame.orientation)
    columns, rows = segmenter.grid(across, down)
    factor = int(min(across / columns, down / rows) / _SPARE)
    if factor < 2:
        return view
    size = (max(1, width // factor), max(1, height // factor))
    return cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def object_box(found: Found) -> Box | None:
    """The object with some room around it; none where there is no object."""
    rows, columns = np.nonzero(found.matte > 0.5)
    if len(rows) == 0:
        return None
    left, top, right, bottom = found.box
    step_x = (right - left) / found.matte.shape[1]
    step_y = (bottom - top) / found.matte.shape[0]
    x0, x1 = columns.min() * step_x, (columns.max() + 1) * step_x
    y0, y1 = rows.min() * step_y, (rows.max() + 1) * step_y
    margin_x, margin_y = _MARGIN * (x1 - x0), _MARGIN * (y1 - y0)
    return (
        max(left, left + int(x0 - margin_x)),
        max(top, top + int(y0 - margin_y)),
        min(right, left + int(x1 + margin_x) + 1),
        min(bottom, top + int(y1 + margin_y) + 1),
    )


def _where_not_cut(matte: NDArray[np.float32], box: Box, whole: Box) -> Box:
    """The box, its sides moved out where the object's largest part runs through them."""
    part = _largest_part(matte > 0.5)
    left, top, right, bottom = box
    out_x, out_y = round(_WIDENING * (right - left)), round(_WIDENING * (bottom - top))
    cut_left, cut_right = (bool(part[:, side].mean() > _CUT) for side in (0, -1))
    cut_top, cut_bottom = (bool(part[side].mean() > _CUT) for side in (0, -1))
    return (
        max(whole[0], left - out_x * cut_left),
        max(whole[1], top - out_y * cut_top),
        min(whole[2], right + out_x * cut_right),
        min(whole[3], bottom + out_y * cut_bottom),
    )


def _largest_part(object_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, parts, facts, _ = cv2.connectedComponentsWithStats(object_.astype(np.uint8))
    if count <= 2:
        return object_
    largest: NDArray[np.bool_] = parts == 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())
    return largest


def resampled(
    layer: NDArray[np.float32], covers: Box, wanted: Box, shape: tuple[int, ...], *, outside: float | None = None
) -> NDArray[np.float32]:
    """A layer that covers one box of the photo, over another box and on a grid of that shape.

    Beyond its own box the layer goes on as it ends, or is ``outside``.
    """
    per_x = layer.shape[1] / (covers[2] - covers[0])
    per_y = layer.shape[0] / (covers[3] - covers[1])
    step_x = (wanted[2] - wanted[0]) * per_x / shape[1]
    step_y = (wanted[3] - wanted[1]) * per_y / shape[0]
    # Pixel centres lie half a step inside: (column + 0.5) * step - 0.5.
    to_layer = np.array(
        [
            [step_x, 0, (wanted[0] - covers[0]) * per_x + step_x / 2 - 0.5],
            [0, step_y, (wanted[1] - covers[1]) * per_y + step_y / 2 - 0.5],
        ]
    )
    moved = cv2.warpAffine(
        layer,
        to_layer,
        (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT,
        borderValue=0.0 if outside is None else outside,
    )
    return moved.astype(np.float32, copy=False)
