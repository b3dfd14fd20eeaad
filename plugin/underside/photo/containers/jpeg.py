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
from underside.photo.markers import APP1, APP2, EOI, SOI, SOS, is_frame

__all__ = ["SUFFIXES", "header", "pixels", "small"]

# Of an .mpo, which holds several JPEGs, the first is read: what follows its end marker is ignored.
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"})

_MODES: dict[int, Mode] = {1: "grey", 3: "rgb", 4: "cmyk"}
_SPACES = {"grey": "GRAY", "rgb": "RGB", "cmyk": "CMYK"}
# Fill bytes, restart markers and coded 0xff bytes are none of these.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
# What libjpeg complains of although no pixel is lost. It names only the first problem, and everything else is damage:
# its own decoder continues with what it can, and so leaves grey or shifted rows.
_HARMLESS = re.compile("Adobe color transform|JFIF revision|ICC marker|SOS parameters")
# What TurboJPEG does not know and Pillow does.
_RARE = re.compile("subsampling|not implemented|color conversion")
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")
# Some cameras put this many bytes after a scan, others pad a block with identical bytes. In a damaged scan hundreds of
# bytes are left over.
_FEW_EXTRANEOUS = 4


def header(data: bytes) -> Header:
    """Walk the markers from the first to the end marker; what a camera appends behind it is none of ours."""
    frame = None
    app1: list[bytes] = []
    profile: dict[int, bytes] = {}
    scans = 0
    for marker, _, payload in _segments(data):
        if is_frame(marker) and frame is None:
            frame = payload
        elif marker == SOS:
            scans += 1
        elif marker == APP1:
            app1.append(payload)
        elif marker == APP2 and payload.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
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
        complaint = str(error)
        if not (_HARMLESS.search(complaint) or _RARE.search(complaint) or _is_filled_up(data, complaint)):
            raise RefusedError("is damaged: a part of its pixels is lost") from error
        decoded = _decode_patiently(data, facts, reduce)
    if facts.mode == "grey":
        return decoded[..., 0] if decoded.ndim == 3 else decoded
    # Inks are stored as the light that they leave.
    return cv2.bitwise_not(decoded) if facts.mode == "cmyk" else decoded  # type: ignore[return-value]


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Marker, where it begins, and what it holds."""
    position = 2
    while match := _MARKER.search(data, position):
        marker, begin = match[1][0], match.end()
        if marker == EOI:
            return
        if marker == SOI:
            raise RefusedError("is damaged: another picture begins before this one ends")
        if begin + 2 > len(data):
            break
        position = begin + struct.unpack_from(">H", data, begin)[0]
        yield marker, match.start(), data[begin + 2 : position]
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
        # Pillow takes what TurboJPEG does not know, but inverts inks.
        decoded = np.asarray(JpegImageFile(io.BytesIO(data)))
        stored = cv2.bitwise_not(decoded) if facts.mode == "cmyk" else decoded
        return shrink(stored, reduce)  # type: ignore[arg-type, return-value]


def _is_filled_up(data: bytes, complaint: str) -> bool:
    """Whether the extra bytes that libjpeg finds after a scan are not part of a picture."""
    told = _EXTRANEOUS.search(complaint)
    if told is None:
        return False
    count, marker = int(told[1]), int(told[2], 16)
    if count <= _FEW_EXTRANEOUS:
        return True
    filling = data[_end(data) - count : _end(data)]
    return marker == EOI and len(set(filling)) == 1


def _end(data: bytes) -> int:
    """Where the end marker begins."""
    return data.index(bytes((0xFF, EOI)), max((begin for _, begin, _ in _segments(data)), default=0))
