"""HEIC and AVIF, as their libraries deliver them: already turned upright."""

import io
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underside.photo.colour import Pixels, not_darkened
from underside.photo.containers.boxes import boxes
from underside.photo.containers.common import Header, Mode, RefusedError
from underside.photo.containers.items import are_whole, exif_item
from underside.photo.exif import read_exif
from underside.photo.orientation import turn_upright, upright_size
from underside.resources import pip_install

__all__ = ["SUFFIXES", "header", "is_for_pillow", "is_heif", "names_exif", "open_avif", "pixels"]

SUFFIXES = frozenset({".heic", ".heif", ".hif", ".avif"})

_AVIF_BRANDS = {b"avif", b"avis"}
_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"} | _AVIF_BRANDS
_MODES: dict[str, Mode] = {"L": "grey", "I": "grey", "RGB": "rgb"}
# libavif takes no more, and would only say that it cannot parse the file.
_LARGEST_AVIF = 1 << 28
_EXIF_ITEM = re.compile(rb"(infe.{8})Exif", re.DOTALL)
_TURNED = "The mask fits the picture as libheif and libavif turn it; photogrammetry programs may differ"


def is_heif(data: bytes) -> bool:
    """Whether the content is HEIC or AVIF; films and camera raw come in the same boxes."""
    return bool(_brands(data) & _BRANDS)


def header(data: bytes) -> Header:
    """Read the main picture's facts; the boxes must be whole, and what some phones append behind them is none."""
    try:
        for _ in boxes(data):
            pass
    except RefusedError:
        if not are_whole(data):
            raise
    if is_for_pillow(data):
        return _avif_header(data)
    heif = _open_heif(data)
    colours, _, depth = heif.mode.partition(";")
    first = (f"The main one of {len(heif)} pictures is used",) if len(heif) > 1 else ()
    width, height = heif.size
    return Header(
        width,
        height,
        mode=_MODES.get(colours, "rgba"),
        bits=16 if depth else 8,
        icc=heif.info.get("icc_profile"),
        camera=read_exif(heif.info.get("exif"))[1],
        notes=(*first, _TURNED),
    )


def pixels(data: bytes, facts: Header) -> Pixels:
    """All pixels of the main picture, upright; 10 and 12 bits come as 16."""
    if is_for_pillow(data):
        picture = open_avif(data)
        stored: NDArray[np.uint8] = np.asarray(picture)
        return turn_upright(stored, _avif_orientation(picture))
    heif = _open_heif(data)
    # A copy: the pixels are the library's, and go when it lets go of its file.
    decoded: NDArray[np.uint16] = np.array(heif[heif.primary_index])
    if facts.bits == 16:
        # Only the upper bits are filled: repeated below them, white is white.
        decoded |= decoded >> np.uint16(heif.info["bit_depth"])
    return not_darkened(decoded) if heif.premultiplied_alpha else decoded


def _brands(data: bytes) -> set[bytes]:
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), len(data))
    return {data[8:12]} | {data[at : at + 4] for at in range(16, end, 4)}


def _open_heif(data: bytes) -> Any:  # noqa: ANN401
    try:
        import pillow_heif
    except ImportError as error:
        raise RefusedError(
            "is HEIC or AVIF, which needs pillow-heif", f"Install it with {pip_install('heic')}"
        ) from error
    return pillow_heif.open_heif(data, convert_hdr_to_8bit=False)


def is_for_pillow(data: bytes) -> bool:
    """Whether the content is AVIF and Pillow reads it; the other library reads the rest."""
    if not _brands(data) & _AVIF_BRANDS:
        return False
    try:
        from PIL.AvifImagePlugin import SUPPORTED
    except ImportError:
        return False
    return SUPPORTED


def names_exif(data: bytes) -> bool:
    """Whether the file says that it holds EXIF, found or not."""
    return _EXIF_ITEM.search(data) is not None


def open_avif(data: bytes) -> Any:  # noqa: ANN401
    """The picture, without its EXIF."""
    from PIL.AvifImagePlugin import AvifImageFile

    # Pillow fails at EXIF that is broken, so it is shown none.
    return AvifImageFile(io.BytesIO(_EXIF_ITEM.sub(rb"\1none", data)))


def _avif_orientation(picture: Any) -> int:  # noqa: ANN401
    # Pillow does not turn, and tells the turn that the boxes ask for as if it were EXIF's.
    return read_exif(picture.info.get("exif"))[0]


def _avif_header(data: bytes) -> Header:
    sizes = [struct.unpack_from(">II", data, found.end() + 4) for found in re.finditer(b"ispe", data[: 1 << 16])]
    if any(width * height > _LARGEST_AVIF for width, height in sizes):
        megapixels = max(width * height for width, height in sizes) / 1e6
        raise RefusedError(
            f"has {megapixels:.0f} megapixels, more than can be read from AVIF", "Save it as JPEG or TIFF"
        )
    picture = open_avif(data)
    first = (f"The first of {picture.n_frames} pictures is used",) if picture.n_frames > 1 else ()
    width, height = upright_size(picture.width, picture.height, _avif_orientation(picture))
    return Header(
        width,
        height,
        mode=_MODES.get(picture.mode, "rgba"),
        icc=picture.info.get("icc_profile"),
        camera=read_exif(exif_item(data))[1],
        notes=(*first, _TURNED),
    )
