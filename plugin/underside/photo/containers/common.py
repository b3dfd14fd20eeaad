"""What all containers have in common."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import cv2
import numpy as np

from underside.photo.colour import Pixels
from underside.photo.exif import CameraFacts

__all__ = ["COPY_AGAIN", "Container", "Header", "Mode", "RefusedError", "cut_short", "decode_with_opencv"]

Mode = Literal["grey", "rgb", "rgba", "cmyk"]

COPY_AGAIN = "Copy it again from the camera or take another one"

# What OpenCV has to say of a broken file goes into our own sentence, not to standard error.
# OpenCV 5 has moved the way to ask for that; 0 is silence in both places.
(getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel)(0)

_LONGEST_FOR_OPENCV = 2**31 - 1


class Container(StrEnum):
    """The kind of file, by its content."""

    JPEG = "JPEG"
    TIFF = "TIFF"
    PNG = "PNG"
    WEBP = "WebP"
    HEIF = "HEIF"
    """HEIC and AVIF."""
    RAW = "camera raw"


@dataclass(frozen=True)
class Header:
    """What a file says of its picture."""

    width: int
    height: int
    mode: Mode = "rgb"
    bits: int = 8
    orientation: int = 1
    icc: bytes | None = None
    camera: CameraFacts = field(default_factory=CameraFacts)
    notes: tuple[str, ...] = ()


class RefusedError(Exception):
    """Why a file cannot be used, as the end of a sentence that begins with its name, and what to do."""

    def __init__(self, reason: str, remedy: str = COPY_AGAIN) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


def cut_short(what: str) -> RefusedError:
    """The refusal of a file that ends too early."""
    return RefusedError(f"is cut short: {what}")


def decode_with_opencv(data: bytes) -> Pixels:
    """The stored grid in its own depth; OpenCV's order of colours is turned round."""
    if len(data) > _LONGEST_FOR_OPENCV:
        raise RefusedError(
            f"has {len(data) / 2**30:.1f} GB in one picture, more than can be read", "Save it compressed"
        )
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise RefusedError("is damaged: its pixels cannot be decoded")
    if pixels.ndim == 3:
        swap = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        pixels = cv2.cvtColor(pixels, swap)
    return pixels  # type: ignore[return-value]
