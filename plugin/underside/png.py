"""Write PNG files, fast and always with the same bytes."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

__all__ = [
    "RAW_PROFILE_IPTC",
    "SIGNATURE",
    "Header",
    "Pixels",
    "band_height",
    "chunk",
    "encode_bands",
    "encode_png",
    "read_chunks",
]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RAW_PROFILE_IPTC = b"Raw profile type iptc"
"""The keyword under which IPTC is kept: no chunk is made for it, but many programs read this."""

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

# Bands of rows that stay in the processor's cache: at 24 megapixels, RGBA, 384 kB was 1.5 times as fast as
# 768 kB and more (2 cores with 2 MB of L2 each).
_BAND_BYTES = 384 * 1024
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_UNFILTERED, _UP = 0, 2


@dataclass(frozen=True)
class Header:
    """What a PNG says of its pixels; channels are 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA."""

    width: int
    height: int
    channels: int
    bits: int

    @property
    def row_bytes(self) -> int:
        """Length of a row without its filter byte."""
        return self.width * self.channels * self.bits // 8


def band_height(header: Header) -> int:
    """How many rows to hand over at a time."""
    return max(1, min(header.height, _BAND_BYTES // header.row_bytes))


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk: length, kind, content, checksum."""
    check = isal_zlib.crc32(content, isal_zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk, as far as they can be read; the pixels' chunks come without content."""
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        begin = position + 8
        end = begin + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data):
            return
        kind = data[begin - 4 : begin]
        yield kind, b"" if kind == b"IDAT" else data[begin:end]
        position = end + 4


def encode_png(pixels: Pixels, *, chunks: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """Encode 8- or 16-bit grey, grey and alpha, RGB or RGBA; ``chunks`` stand before the pixels, in order."""
    height, width = pixels.shape[:2]
    header = Header(width, height, 1 if pixels.ndim == 2 else pixels.shape[2], pixels.itemsize * 8)
    step = band_height(header)
    bands = (pixels[y : y + step] for y in range(0, height, step))
    return encode_bands(bands, header, chunks=chunks, filtered=not _looks_hard(pixels))


def encode_bands(
    bands: Iterable[Pixels],
    header: Header,
    *,
    chunks: Sequence[tuple[bytes, bytes]] = (),
    filtered: bool = True,
) -> bytes:
    """Encode rows that come in bands of ``band_height``, so that a picture never lies in memory whole."""
    fields = struct.pack(">IIBBBBB", header.width, header.height, header.bits, _COLOUR_TYPES[header.channels], 0, 0, 0)
    return b"".join(
        [
            SIGNATURE,
            chunk(b"IHDR", fields),
            *(chunk(kind, content) for kind, content in chunks),
            *(chunk(b"IDAT", part) for part in _compressed(bands, header, filtered) if part),
            chunk(b"IEND", b""),
        ]
    )


def _looks_hard(pixels: Pixels) -> bool:
    # Masks are long runs: a row as it is deflates to a third of what its difference to the row above does.
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        return False
    sample = pixels[::16]
    return bool(((sample == 0) | (sample == 255)).all())


def _compressed(bands: Iterable[Pixels], header: Header, filtered: bool) -> Iterator[bytes]:
    deflate = isal_zlib.compressobj(1)
    filter_type = _UP if filtered else _UNFILTERED
    lines = np.full((band_height(header), header.row_bytes + 1), filter_type, np.uint8)
    above = np.zeros(header.row_bytes, np.uint8)
    for band in bands:
        rows = _as_stored(band).reshape(len(band), header.row_bytes)
        out = lines[: len(rows)]
        if filtered:
            np.subtract(rows[0], above, out=out[0, 1:])
            np.subtract(rows[1:], rows[:-1], out=out[1:, 1:])
            above[:] = rows[-1]
        else:
            out[:, 1:] = rows
        yield deflate.compress(out)
    yield deflate.flush()


def _as_stored(band: Pixels) -> NDArray[np.uint8]:
    in_order = np.ascontiguousarray(band, dtype=">u2") if band.dtype == np.uint16 else np.ascontiguousarray(band)
    return in_order.view(np.uint8)
