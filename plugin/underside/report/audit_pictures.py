"""Pictures of what one mask has more and less than another: the whole photo, and the place of most change."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.preview import PREVIEW_SIDE, VEIL, encode_jpeg, shrink

__all__ = ["Pictures", "difference_pictures"]

Pixels = NDArray[np.uint8]

# The same colours as in audit.css. Photos have little of either.
_GAINED = (0, 190, 255)
_LOST = (255, 64, 0)
_STRENGTH = 0.8
_QUALITY = 85

# The detail shows this share of the photo's longer side, so that two pixels of 24 megapixels can be seen.
_DETAIL = 1 / 18
_DETAIL_LEAST = 60


@dataclass(frozen=True)
class Pictures:
    """Two JPEGs; no detail where nothing changed."""

    whole: bytes
    detail: bytes | None


def difference_pictures(photo: Pixels, before: Pixels, after: Pixels) -> Pictures:
    """Draw what ``after`` has more and less than ``before``; photo (RGB) and both masks are upright and of one size."""
    gained, lost = after & ~before, before & ~after
    whole = _drawn(shrink(photo), shrink(after), _grown(gained), _grown(lost))
    changed = gained | lost
    if not cv2.countNonZero(changed):
        return Pictures(encode_jpeg(whole, _QUALITY), None)
    place = _most(changed)
    detail = _drawn(photo[place], after[place], gained[place], lost[place])
    scale = PREVIEW_SIDE / detail.shape[1]
    size = (PREVIEW_SIDE, max(1, round(detail.shape[0] * scale)))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return Pictures(encode_jpeg(whole, _QUALITY), encode_jpeg(cv2.resize(detail, size, interpolation=smooth), _QUALITY))


def _drawn(photo: Pixels, mask: Pixels, gained: Pixels, lost: Pixels) -> Pixels:
    """The background veiled, the changed pixels coloured."""
    picture = photo.astype(np.float32)
    outside = mask < 128
    picture[outside] = (picture[outside] + VEIL) / 2
    for changed, colour in ((gained, _GAINED), (lost, _LOST)):
        where = changed > 0
        picture[where] += _STRENGTH * (np.array(colour, np.float32) - picture[where])
    return np.rint(picture).astype(np.uint8)


def _grown(changed: Pixels) -> Pixels:
    """The change at a preview's size, in which a single pixel of the photo still shows."""
    step = -(-max(changed.shape) // PREVIEW_SIDE)
    rows, columns = shrink(changed).shape
    if step > 1:
        changed = cv2.dilate(changed, np.ones((step, step), np.uint8)).astype(np.uint8, copy=False)
    return cv2.resize(changed, (columns, rows), interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)


def _most(changed: Pixels) -> tuple[slice, slice]:
    """The part of the photo, three to two, that holds most of the change."""
    rows, columns = changed.shape
    width = min(columns, max(_DETAIL_LEAST, round(max(rows, columns) * _DETAIL)))
    height = min(rows, round(width * 2 / 3))
    within = cv2.boxFilter((changed > 0).astype(np.float32), -1, (width, height), borderType=cv2.BORDER_CONSTANT)
    _, _, _, (x, y) = cv2.minMaxLoc(within)
    left = min(max(0, x - width // 2), columns - width)
    top = min(max(0, y - height // 2), rows - height)
    return slice(top, top + height), slice(left, left + width)
