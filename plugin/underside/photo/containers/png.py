"""PNG: every chunk that matters is checked, the others are kept from the decoder."""

import struct
import zlib
from collections.abc import Iterator

from underside.photo.colour import Pixels
from underside.photo.containers.common import Header, Mode, RefusedError, cut_short, decode_with_opencv
from underside.photo.exif import read_exif
from underside.png import SIGNATURE

__all__ = ["SUFFIXES", "header", "pixels"]

SUFFIXES = frozenset({".png"})

_MODES: dict[int, Mode] = {0: "grey", 2: "rgb", 3: "rgb", 4: "rgba", 6: "rgba"}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
# A profile of a camera has some hundred kilobytes; a made-up one could unfold to gigabytes.
_LARGEST_PROFILE = 16 << 20


def header(data: bytes) -> Header:
    """Walk the chunks to the end; those that hold the picture must have the right checksum."""
    chunks: dict[bytes, bytes] = {}
    for name, begin, end in _chunks(data):
        chunk = memoryview(data)[begin + 8 : end - 4]
        if _is_critical(name) and zlib.crc32(chunk, zlib.crc32(name)) != _number(data, end - 4):
            raise RefusedError("is damaged: a checksum is wrong")
        chunks.setdefault(name, b"" if name == b"IDAT" else bytes(chunk))
    try:
        width, height, depth, kind = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    except (KeyError, struct.error) as error:
        raise RefusedError("is damaged: it has no header") from error
    palette = len(chunks.get(b"PLTE", b"")) // 3
    if depth not in _DEPTHS.get(kind, ()) or b"IDAT" not in chunks or (kind == _PALETTE and not palette):
        raise RefusedError("is damaged: it holds no picture")
    orientation, camera = read_exif(chunks.get(b"eXIf"))
    return Header(
        width,
        height,
        mode="rgba" if kind == _PALETTE and b"tRNS" in chunks else _MODES[kind],
        bits=16 if depth == 16 else 8,
        orientation=orientation,
        icc=_profile(chunks.get(b"iCCP", b"")),
        camera=camera,
    )


def pixels(data: bytes, facts: Header) -> Pixels:
    """All pixels; a palette's colours are looked up."""
    # libpng prints what it thinks of a profile or a text; a colour that counts as transparent is not alpha.
    keep = {b"tRNS"} if facts.mode == "rgba" else set()
    view = memoryview(data)
    kept = [view[begin:end] for name, begin, end in _chunks(data) if _is_critical(name) or name in keep]
    return decode_with_opencv(b"".join([SIGNATURE, *kept]))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        name = data[position + 4 : position + 8]
        end = position + 12 + _number(data, position)
        if end > len(data):
            break
        yield name, position, end
        if name == b"IEND":
            return
        position = end
    raise cut_short("its end is missing")


def _is_critical(name: bytes) -> bool:
    return name[:1].isupper()


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _profile(chunk: bytes) -> bytes | None:
    _, _, packed = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE) or None
    except zlib.error:
        return None
