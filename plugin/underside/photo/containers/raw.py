"""Camera raw, developed by LibRaw at its full size and without its turn."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underside.photo.colour import Pixels, shrink
from underside.photo.containers import jpeg, tiff
from underside.photo.containers.boxes import boxes
from underside.photo.containers.common import Header, RefusedError
from underside.photo.exif import CameraFacts, Directory, Tags, camera_facts
from underside.resources import pip_install

__all__ = ["SUFFIXES", "header", "is_raw", "pixels", "small"]

SUFFIXES = frozenset({".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc"})
SUFFIXES |= {".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf"}
SUFFIXES |= {".srw", ".x3f"}

_MAGICS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_CR3 = b"ftypcrx "
_DNG_VERSION, _PHOTOMETRIC, _SUB_DIRECTORIES = 50706, 262, 330
_SENSOR = {32803, 34892}
# LibRaw's flip: 1 left to right, 2 top to bottom, 4 along the diagonal, added up.
_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
_GRID = "The mask fits the full size that LibRaw develops; photogrammetry programs may cut the edges differently"


def is_raw(data: bytes, suffix: str) -> bool:
    """Whether the content is a sensor's; the suffix decides for TIFF and for what is of no known kind."""
    if data.startswith(_MAGICS) or data[4:12] == _CR3:
        return True
    if not tiff.is_tiff(data):
        return suffix in SUFFIXES and b"\0" in data[:64]
    return suffix in SUFFIXES or any(_is_sensor(tags, page) for tags, page in _pages(data))


def header(data: bytes) -> Header:
    """The size as developed; what is visibly cut short never reaches LibRaw, which would complain aloud."""
    if tiff.is_tiff(data):
        for tags, page in _pages(data):
            if _is_sensor(tags, page):
                tiff.check_strips(tags, page)
    elif data[4:12] == _CR3:
        for _ in boxes(data):
            pass
    with _opened(data) as raw:
        sizes = raw.sizes
    width, height = sizes.width, sizes.height
    # As LibRaw stretches the few sensors whose pixels are not square.
    if 0 < sizes.pixel_aspect < 0.995:
        height = int(height / sizes.pixel_aspect + 0.5)
    elif sizes.pixel_aspect > 1.005:
        width = int(width * sizes.pixel_aspect + 0.5)
    orientation = _ORIENTATIONS.get(sizes.flip, 1)
    return Header(width, height, bits=16, orientation=orientation, camera=_camera(data), notes=(_GRID,))


def pixels(data: bytes, facts: Header) -> NDArray[np.uint16]:  # noqa: ARG001
    """Developed to 16 bits, in sRGB."""
    with _opened(data) as raw:
        developed: NDArray[np.uint16] = _developed(raw, bits=16)
    return developed


def small(data: bytes, facts: Header, reduce: int) -> Pixels:  # noqa: ARG001
    """Developed to 8 bits; smaller ones without demosaicing, from each four neighbours."""
    with _opened(data) as raw:
        developed: NDArray[np.uint8] = _developed(raw, bits=8, half=reduce > 1)
    return shrink(developed, max(1, reduce // 2))


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    try:
        import rawpy
    except ImportError as error:
        raise RefusedError("is camera raw, which needs rawpy", f"Install it with {pip_install('raw')}") from error
    with rawpy.RawPy() as raw:
        try:
            raw.open_buffer(io.BytesIO(data))
            yield raw
        except rawpy.LibRawFileUnsupportedError as error:
            raise RefusedError(
                "is not a camera raw that LibRaw knows", "Convert it to DNG or JPEG, or install a newer rawpy"
            ) from error
        except rawpy.LibRawError as error:
            raise RefusedError("is damaged: LibRaw cannot develop it") from error


def _developed(raw: Any, *, bits: int, half: bool = False) -> Any:  # noqa: ANN401
    return raw.postprocess(user_flip=0, use_camera_wb=True, output_bps=bits, half_size=half)


def _pages(data: bytes) -> Iterator[tuple[Tags, Directory]]:
    tags = Tags.of(data)
    if tags is None:
        return
    for page in tags.chain(within=_SUB_DIRECTORIES):
        yield tags, page


def _is_sensor(tags: Tags, page: Directory) -> bool:
    return _DNG_VERSION in page.entries or tags.one(page, _PHOTOMETRIC, 0) in _SENSOR


def _camera(data: bytes) -> CameraFacts:
    """Makers of camera raw keep EXIF in places of their own."""
    if data.startswith(b"FUJIFILMCCD-RAW") and len(data) >= 92:
        begin, length = struct.unpack_from(">II", data, 84)
        try:
            return jpeg.header(data[begin : begin + length]).camera
        except RefusedError:
            return CameraFacts()
    if data[4:12] == _CR3:
        camera, exif = (_canon_block(data, name) for name in (b"CMT1", b"CMT2"))
        return camera_facts(*camera, exif=exif)
    tags = Tags.of(data)
    return camera_facts(tags, tags.directory(tags.first)) if tags else CameraFacts()


def _canon_block(data: bytes, name: bytes) -> tuple[Tags, Directory]:
    begin = data.find(name, 0, 1 << 16) + len(name)
    tags = Tags.of(data[begin : begin + (1 << 16)]) or Tags(b"", "<", big=False, first=0)
    return tags, tags.directory(tags.first)
