"""JPEG: whole or refused, decoded small by its own arithmetic."""

import io
import re
import struct
from collections.abc import Iterator

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL.JpegImagePlugin import JpegImageFile

from underside.photo.colour import shrink
from underside.photo.containers.common import Header, Mode, RefusedError, cut_short
from underside.photo.exif import joined_exif, read_exif

__all__ = ["SUFFIXES", "header", "pixels", "small"]

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})

_MODES: dict[int, Mode] = {1: "grey", 3: "rgb", 4: "cmyk"}
_SPACES = {"grey": "GRAY", "rgb": "RGB", "cmyk": "CMYK"}
_START, _END, _SCAN, _APP1, _APP2 = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Fill bytes, restart markers and coded 0xff bytes are none of these.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
# What libjpeg warns of when pixels are lost; its other warnings are harmless, and some cameras earn them.
_DAMAGE = re.compile("premature end|bad Huffman|bad arithmetic|found marker|Inconsistent progression", re.IGNORECASE)


def header(data: bytes) -> Header:
    """Walk the markers from the first to the end marker; what a camera appends behind it is none of ours."""
    frame = None
    app1: list[bytes] = []
    profile: dict[int, bytes] = {}
    scans = 0
    for marker, payload in _segments(data):
        if marker in _FRAMES and frame is None:
            frame = payload
        elif marker == _SCAN:
            scans += 1
        elif marker == _APP1:
            app1.append(payload)
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
            profile.setdefault(payload[12], payload[14:])
    if frame is None or len(frame) < 6 or scans == 0:
        raise RefusedError("is damaged: it holds no picture")
    bits, height, width, channels = struct.unpack_from(">BHHB", frame)
    if bits != 8:
        raise RefusedError(f"has {bits} bits per channel, which no photogrammetry program reads", "Save it with 8 bits")
    if channels not in _MODES:
        raise RefusedError(f"has {channels} channels, which no photo has", "Save it as RGB")
    orientation, camera = read_exif(joined_exif(app1))
    icc = b"".join(profile[number] for number in sorted(profile)) or None
    return Header(width, height, _MODES[channels], orientation=orientation, icc=icc, camera=camera)


def pixels(data: bytes, facts: Header) -> NDArray[np.uint8]:
    """All pixels, in the channels that the file has."""
    return small(data, facts, 1)


def small(data: bytes, facts: Header, reduce: int) -> NDArray[np.uint8]:
    """Pixels at 1/1, 1/2, 1/4 or 1/8, for a fraction of the cost."""
    try:
        decoded = _decode(data, facts, reduce, strict=True)
    except ValueError as error:
        if _DAMAGE.search(str(error)):
            raise RefusedError("is damaged: a part of its pixels is lost") from error
        decoded = _decode_patiently(data, facts, reduce)
    if facts.mode == "grey":
        return decoded[..., 0] if decoded.ndim == 3 else decoded
    # Inks are stored as the light that they leave.
    return cv2.bitwise_not(decoded) if facts.mode == "cmyk" else decoded  # type: ignore[return-value]


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 2
    while match := _MARKER.search(data, position):
        marker, begin = match[1][0], match.end()
        if marker == _END:
            return
        if marker == _START:
            raise RefusedError("is damaged: another picture begins before this one ends")
        if begin + 2 > len(data):
            break
        position = begin + struct.unpack_from(">H", data, begin)[0]
        yield marker, data[begin + 2 : position]
    raise cut_short("its end marker is missing")


def _decode(data: bytes, facts: Header, reduce: int, *, strict: bool) -> NDArray[np.uint8]:
    decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data,
        _SPACES[facts.mode],
        min_height=-(-facts.height // reduce),
        min_width=-(-facts.width // reduce),
        min_factor=reduce,
        strict=strict,
    )
    return decoded


def _decode_patiently(data: bytes, facts: Header, reduce: int) -> NDArray[np.uint8]:
    try:
        return _decode(data, facts, reduce, strict=False)
    except ValueError:
        # TurboJPEG knows the usual subsamplings only, Pillow knows all; but it turns inks round.
        decoded = np.asarray(JpegImageFile(io.BytesIO(data)))
        stored = cv2.bitwise_not(decoded) if facts.mode == "cmyk" else decoded
        return shrink(stored, reduce)  # type: ignore[arg-type, return-value]
