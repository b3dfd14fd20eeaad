"""A preview: a shot made small, its mask outlined, for people to judge at a glance."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["PREVIEW_SIDE", "VEIL", "draw_preview", "encode_jpeg", "preview_path", "reduction", "shrink"]

PREVIEW_SIDE = 320
"""Longest side of a preview, in pixels."""

Pixels = npt.NDArray[np.uint8]

# What fits 500 shots into a page of 12 MB once they are written in base64.
_LARGEST = 16_000
_QUALITIES = (82, 70, 55, 40, 25)

VEIL = 84
"""The grey laid over the background: it darkens a white backdrop and lifts a black one, and so shows on both."""
_VEIL_STRENGTH = 0.5

# Cyan is the colour that objects of clay, wood, stone, bone and bronze have least; a dark line outside of it
# shows the edge of a cyan or a white one.
_LINE = (0, 229, 255)
_LINE_EDGE = (12, 12, 12)

# Of larger pictures only so many pixels for one of the preview are read, along each side: averaging all 24
# million of a mask takes 25 ms, this 3 ms, and the preview looks the same.
_SPARE = 4

# Outlines are traced on a grid this much finer, as powers of two, to follow the mask between the pixels.
_FINER = 2


def preview_path(out: Path, photo: str) -> Path:
    """Where the preview of a photo lies, by the photo's path relative to its capture."""
    return out / "previews" / f"{photo}.jpg"


def reduction(width: int, height: int) -> int:
    """How far a photo may be reduced while decoding so that enough is left for a preview."""
    return next((by for by in (8, 4, 2) if max(width, height) >= by * PREVIEW_SIDE), 1)


def shrink(picture: Pixels) -> Pixels:
    """The picture or mask at a preview's size; a smaller one as it is."""
    height, width = picture.shape[:2]
    scale = PREVIEW_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    step = min(int(1 / (scale * _SPARE)), height, width)
    sample = picture[step // 2 :: step, step // 2 :: step] if step > 1 else picture
    return _resized(sample, size)


def draw_preview(photo: Pixels, mask: Pixels) -> bytes:
    """A JPEG of the photo with its background veiled and its mask outlined.

    ``photo`` is RGB, ``mask`` is 0..255 and may be soft; both upright, showing the same field of view, at any
    two sizes (`shrink` both first where they have to be turned).
    """
    small = shrink(photo)
    height, width = small.shape[:2]
    share = _resized(mask, (width, height)).astype(np.float32)[:, :, None] / 255
    outline = _outline(mask, (width, height))
    around = np.rint(small + (VEIL - small.astype(np.float32)) * _VEIL_STRENGTH).astype(np.uint8)
    cv2.polylines(around, outline, True, _LINE_EDGE, 3, cv2.LINE_AA, _FINER + 1)
    picture = np.rint(around + (small.astype(np.float32) - around) * share).astype(np.uint8)
    cv2.polylines(picture, outline, True, _LINE, 1, cv2.LINE_AA, _FINER + 1)
    return _small_enough(picture)


def _outline(mask: Pixels, size: tuple[int, int]) -> list[npt.NDArray[np.int32]]:
    finer = 1 << _FINER
    fine = _resized(mask, (size[0] * finer, size[1] * finer))
    contours, _ = cv2.findContours((fine >= 128).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    # Fine pixel i has its centre at (i + 1/2) / finer - 1/2 of the preview; OpenCV wants that counted in
    # eighths of a pixel.
    return [2 * contour.astype(np.int32) - (finer - 1) for contour in contours]


def _resized(picture: Pixels, size: tuple[int, int]) -> Pixels:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    smaller = size[0] <= picture.shape[1] and size[1] <= picture.shape[0]
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return resized.astype(np.uint8, copy=False)


def encode_jpeg(picture: cv2.typing.MatLike, quality: int) -> bytes:
    """A JPEG of an RGB picture for a page, as small as the quality allows."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)[1].tobytes()


def _small_enough(picture: Pixels) -> bytes:
    encoded = b""
    for quality in _QUALITIES:
        encoded = encode_jpeg(picture, quality)
        if len(encoded) <= _LARGEST:
            break
    return encoded
