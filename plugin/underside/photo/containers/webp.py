"""WebP: one picture, or the first of an animation."""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from underside.photo.colour import Pixels
from underside.photo.containers.common import Header, RefusedError, cut_short, decode_with_opencv
from underside.photo.exif import read_exif

__all__ = ["SUFFIXES", "header", "pixels"]

SUFFIXES = frozenset({".webp"})

_ANIMATED, _ALPHA = 0x02, 0x10


def header(data: bytes) -> Header:
    """Read the chunks; a file that is shorter than it says is refused."""
    chunks: dict[bytes, bytes] = {}
    for name, content in _chunks(data):
        chunks.setdefault(name, content)
    width, height, alpha = _size_and_alpha(chunks)
    flags = chunks[b"VP8X"][0] if b"VP8X" in chunks else 0
    orientation, camera = read_exif(chunks.get(b"EXIF"))
    return Header(
        width,
        height,
        mode="rgba" if alpha else "rgb",
        orientation=orientation,
        icc=chunks.get(b"ICCP"),
        camera=camera,
        notes=("It is an animation: its first picture is used",) if flags & _ANIMATED else (),
    )


def pixels(data: bytes, facts: Header) -> Pixels:
    """All pixels."""
    decoded = decode_with_opencv(data)
    return decoded if facts.mode == "rgba" else _opaque(decoded)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise cut_short(f"it says it has {end} bytes and has {len(data)}")
    position = 12
    while position + 8 <= end:
        begin = position + 8
        position = begin + int.from_bytes(data[position + 4 : begin], "little")
        yield data[begin - 8 : begin - 4], data[begin:position]
        position += position % 2


def _size_and_alpha(chunks: dict[bytes, bytes]) -> tuple[int, int, bool]:
    try:
        if extended := chunks.get(b"VP8X"):
            width, height = (int.from_bytes(extended[at : at + 3], "little") + 1 for at in (4, 7))
            return width, height, bool(extended[0] & _ALPHA)
        if lossless := chunks.get(b"VP8L"):
            bits = struct.unpack_from("<I", lossless, 1)[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
        width, height = struct.unpack_from("<HH", chunks[b"VP8 "], 6)
        return width & 0x3FFF, height & 0x3FFF, False
    except (KeyError, struct.error) as error:
        raise RefusedError("is damaged: it holds no picture") from error


def _opaque(decoded: Pixels) -> NDArray[np.uint8]:
    return np.ascontiguousarray(decoded[..., :3], dtype=np.uint8)
