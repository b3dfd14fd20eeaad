"""TIFF: the first page, in 8 or 16 bits."""

import ctypes
import io
import math
import struct
from contextlib import suppress

import cv2
import numpy as np
from PIL import ImageFile, _imaging
from PIL.TiffImagePlugin import TiffImageFile

from underside.photo.colour import Pixels, not_darkened
from underside.photo.containers.common import Header, Mode, RefusedError, cut_short, decode_with_opencv
from underside.photo.exif import Directory, Tags, camera_facts, orientation_of

__all__ = ["SUFFIXES", "check_strips", "header", "is_tiff", "pixels"]

SUFFIXES = frozenset({".tif", ".tiff"})

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _STRIPS, _CHANNELS = 254, 256, 257, 258, 262, 273, 277
_STRIP_SIZES, _PLANAR, _TILES, _TILE_SIZES, _EXTRA, _SAMPLE_FORMAT, _ICC = 279, 284, 324, 325, 338, 339, 34675
_SUB_DIRECTORIES = 330
_WHITE_IS_ZERO, _SEPARATE_PLANES, _REDUCED, _DARKENS = 0, 2, 1, 1
_MODES: dict[int, Mode] = {0: "grey", 1: "grey", 2: "rgb", 3: "rgb", 5: "cmyk", 6: "rgb"}
_COLOURS = {"grey": 1, "rgb": 3, "cmyk": 4}
_PILLOW_MODES = {"grey": "L", "rgb": "RGB", "rgba": "RGBA", "cmyk": "CMYK"}
# All that says how pixels are stored, and nothing else: no orientation, EXIF, profile, further page.
_PIXEL_TAGS = {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320}
_PIXEL_TAGS |= {322, 323, 324, 325, 332, 336, 338, 339, 347, 529, 530, 531, 532}
# What libtiff has to say of a broken file goes into our own sentence, not to standard error. Pillow has no way to ask
# for that; libtiff itself has, but where it is hidden within Pillow, as on Windows.
with suppress(OSError, AttributeError):
    _set_error_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    _set_error_handler.argtypes, _set_error_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    _set_error_handler(None)

_SAVE_ANEW = "Save it as a TIFF with 8 or 16 bits, RGB, channels interleaved"


def is_tiff(data: bytes) -> bool:
    """Whether the content is TIFF or BigTIFF, in either byte order."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def header(data: bytes) -> Header:
    """Read the first page's tags, and count the pages."""
    tags, page = _first_page(data)
    width, height = (tags.one(page, tag, 0) for tag in (_WIDTH, _HEIGHT))
    if width < 1 or height < 1:
        raise RefusedError("is damaged: its first page has no size")
    _refuse_preview(tags, page)
    mode, bits = _kind(tags, page)
    check_strips(tags, page)
    profile = tags.content(page, _ICC)
    pages = sum(not tags.one(other, _SUBFILE, 0) & _REDUCED for other in tags.chain())
    return Header(
        width,
        height,
        mode=mode,
        bits=bits,
        orientation=orientation_of(tags, page),
        icc=profile,
        camera=camera_facts(tags, page),
        notes=(f"The first of {pages} pages is used",) if pages > 1 else (),
    )


def pixels(data: bytes, facts: Header) -> Pixels:
    """All pixels of the first page; black is zero, alpha does not darken."""
    tags, page = _first_page(data)
    bare = _bare(tags, page)
    if facts.bits == 8:
        return np.asarray(_Page(io.BytesIO(bare)).convert(_PILLOW_MODES[facts.mode]))
    decoded = decode_with_opencv(bare)
    if tags.one(page, _PHOTOMETRIC, 1) == _WHITE_IS_ZERO:
        decoded = cv2.bitwise_not(decoded)  # type: ignore[assignment]
    if facts.mode == "rgb" and decoded.shape[2] == 4:
        decoded = cv2.cvtColor(decoded, cv2.COLOR_RGBA2RGB)  # type: ignore[assignment]
    if facts.mode == "rgba" and tags.one(page, _EXTRA, 0) == _DARKENS:
        decoded = not_darkened(decoded)
    return decoded


def check_strips(tags: Tags, page: Directory) -> None:
    """Refuse a file that ends before the pixels do."""
    for offsets, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        ends = map(sum, zip(tags.whole(page, offsets), tags.whole(page, sizes), strict=False))
        if max(ends, default=0) > len(tags.data):
            raise cut_short("its pixels extend beyond its end")


class _Page(TiffImageFile):
    # Pillow warns of large pictures here, whatever its caller has already decided; the limit is ours.
    def load_prepare(self) -> None:
        ImageFile.ImageFile.load_prepare(self)


def _first_page(data: bytes) -> tuple[Tags, Directory]:
    tags = Tags.of(data)
    page = tags.directory(tags.first) if tags else Directory()
    if tags is None or not page.entries:
        raise cut_short("its first page is missing")
    return tags, page


def _refuse_preview(tags: Tags, page: Directory) -> None:
    """Some cameras put a small picture first; a mask of either would not fit, as programs differ in what they read."""
    if not tags.one(page, _SUBFILE, 0) & _REDUCED:
        return
    pages = tags.chain(within=_SUB_DIRECTORIES)
    first, *others = [(tags.one(each, _WIDTH, 0), tags.one(each, _HEIGHT, 0)) for each in pages]
    largest = max(others, key=math.prod, default=first)
    if math.prod(largest) > math.prod(first):
        preview, photo = (f"{width} x {height}" for width, height in (first, largest))
        raise RefusedError(
            f"begins with a preview of {preview} pixels, and the photo itself, of {photo}, comes later",
            "Save it as a TIFF with the whole photo first; if it is camera raw, give it the suffix of its maker",
        )


def _kind(tags: Tags, page: Directory) -> tuple[Mode, int]:
    photometric = tags.one(page, _PHOTOMETRIC, 1)
    mode = _MODES.get(photometric)
    if mode is None:
        raise RefusedError(f"has colours of a kind that is not supported (photometric {photometric})", _SAVE_ANEW)
    if set(tags.whole(page, _SAMPLE_FORMAT)) - {1}:
        raise RefusedError("holds numbers that are not plain pixels (floating point or signed)", _SAVE_ANEW)
    depths = set(tags.whole(page, _BITS)) or {1}
    depth = max(depths)
    if len(depths) > 1 or depth not in (1, 2, 4, 8, 16):
        raise RefusedError(f"has {depth} bits per channel", _SAVE_ANEW)
    channels = tags.one(page, _CHANNELS, 1)
    colours = 1 if photometric == 3 else _COLOURS[mode]
    if channels < colours:
        raise RefusedError("is damaged: a channel is missing")
    # Some programs write a fourth channel and do not say what for: it is alpha.
    extra = tags.whole(page, _EXTRA)[:1] or ((2,) if photometric == 2 and channels == 4 else ())
    if set(extra) & {1, 2} and mode in ("grey", "rgb") and photometric != 3:
        mode = "rgba"
    if depth < 16:
        return mode, 8
    separate = channels > 1 and tags.one(page, _PLANAR, 1) == _SEPARATE_PLANES
    if separate or channels not in (1, 3, 4) or mode == "cmyk":
        raise RefusedError("has 16 bits per channel in an arrangement that is not supported", _SAVE_ANEW)
    return mode, 16


def _bare(tags: Tags, page: Directory) -> bytes:
    """The file with one more directory, which is the only one that a decoder finds: pixels and nothing else.

    Decoders turn the picture where they see an orientation, and complain of what else they see.
    """
    legible = sorted(tag for tag in page.entries if tag in _PIXEL_TAGS and tags.numbers(page, tag))
    entries = [page.entries[tag].raw for tag in legible]
    gap = b"\0" * (-len(tags.data) % 8)
    count, offset, begin = ("Q", "Q", 8) if tags.big else ("H", "I", 4)
    first = struct.pack(tags.order + offset, len(tags.data) + len(gap))
    number = struct.pack(tags.order + count, len(entries))
    end = struct.pack(tags.order + offset, 0)
    rest = memoryview(tags.data)[begin + len(first) :]
    return b"".join([tags.data[:begin], first, rest, gap, number, *entries, end])
