"""Pictures of a mask that disagrees with all others: the photo, the mask, what is wrong with it, what came of it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.manifest import ShotRecord
from underside.masks import read_mask
from underside.photo import decode, open_known, part_of, to_srgb, turn_upright
from underside.preview import VEIL, encode_jpeg
from underside.report.coverage_facts import MaskDoubt

__all__ = ["DoubtPictures", "doubt_pictures"]

Pixels = NDArray[np.uint8]

_SIDE = 400
# How far a picture is shrunk, and its quality: the first that is small enough.
_WAYS = ((1, 82), (1, 68), (1, 52), (1, 38), (1.5, 40), (2, 40), (3, 40))
# Grey values of an edge: no eye sees more, and files are half as large.
_GREYS = 16

# The same colours as in coverage.css.
_KEPT = (0, 200, 255)
_LOST = (255, 48, 48)
_STRENGTH = 0.75
_VEIL_STRENGTH = 0.65


@dataclass(frozen=True)
class DoubtPictures:
    """Upright, of the object's part of the photo: JPEGs, and the masks as PNGs."""

    size: tuple[int, int]
    photo: bytes
    before: bytes
    error: bytes
    after: bytes | None
    """The mask afterwards; none if it was left as it is."""


def doubt_pictures(doubt: MaskDoubt, shot: ShotRecord, capture: Path, out: Path, *, largest: int) -> DoubtPictures:
    """Draw one; no JPEG is larger than ``largest`` bytes, as far as that can be."""
    photo = _cropped_photo(doubt, shot, capture)
    rows, columns = photo.shape[:2]
    wanted = doubt.wanted
    if doubt.areas:
        left, top, right, bottom = doubt.box
        wanted = read_mask(out / shot.mask, width=shot.width, height=shot.height)[top:bottom, left:right]
    before, after = (_fitted(turn_upright(mask, shot.orientation), photo) for mask in (doubt.mask, wanted))
    return DoubtPictures(
        size=(columns, rows),
        photo=_jpeg(photo, largest),
        before=_png(before),
        error=_jpeg(_error(photo, before, after), largest),
        after=_png(after) if doubt.areas else None,
    )


def _cropped_photo(doubt: MaskDoubt, shot: ShotRecord, capture: Path) -> Pixels:
    left, top, right, bottom = doubt.box
    scale = min(1.0, _SIDE / max(right - left, bottom - top))
    photo = open_known(capture / shot.photo, shot)
    pixels = decode(photo, reduce=next(by for by in (8, 4, 2, 1) if scale * by <= 1))
    part = part_of(pixels, doubt.box, (shot.width, shot.height))
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return turn_upright(to_srgb(small, photo.icc), photo.orientation)


def _fitted(mask: Pixels, photo: Pixels) -> Pixels:
    rows, columns = photo.shape[:2]
    smaller = mask.shape[0] >= rows
    resized = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return resized.astype(np.uint8, copy=False)


def _error(photo: Pixels, before: Pixels, wanted: Pixels) -> Pixels:
    """What is not object veiled by the mask as it was; what it keeps and what it has lost, coloured and outlined."""
    share = before.astype(np.float32)[:, :, None] / 255
    picture = photo + (VEIL - photo.astype(np.float32)) * _VEIL_STRENGTH * (1 - share)
    held, meant = before > 127, wanted > 127
    for wrong, colour in ((held & ~meant, _KEPT), (meant & ~held, _LOST)):
        part = cv2.dilate(wrong.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
        picture[part] += _STRENGTH * (np.array(colour, np.float32) - picture[part])
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _jpeg(picture: Pixels, largest: int) -> bytes:
    encoded = b""
    for shrunk, quality in _WAYS:
        smaller = cv2.resize(picture, None, fx=1 / shrunk, fy=1 / shrunk, interpolation=cv2.INTER_AREA)
        encoded = encode_jpeg(smaller, quality)
        if len(encoded) <= largest:
            break
    return encoded


def _png(mask: Pixels) -> bytes:
    grey = mask // _GREYS * _GREYS + mask // (256 // _GREYS)
    return cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
