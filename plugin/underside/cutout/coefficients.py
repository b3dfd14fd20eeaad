"""The one place that talks to jpeglib: the coefficients of a JPEG's blocks, out of a file and into one."""

import ctypes
import functools
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from underside.metadata.segments import Frame

__all__ = ["Blocks", "CoefficientsError", "blocks_of", "read_coefficients", "write_coefficients"]

Blocks = NDArray[np.int16]
"""One channel: rows and columns of blocks, and each block's 64 quantised coefficients."""

# Of the libraries that come with jpeglib: reads and writes in four fifths of the default's time (6b), and
# hands no file to another library on the way.
_LIBRARY = "turbo210"
_GREYSCALE, _YCBCR = 1, 3
_NOT_GIVEN = -1


class CoefficientsError(Exception):
    """The library is not here, or it could not do it."""


def blocks_of(frame: Frame, channel: int) -> tuple[int, int]:
    """Rows and columns of blocks of a channel, without those that only fill up the last unit."""
    component = frame.components[channel]
    return (
        -(-frame.height * component.down // (frame.most_down * 8)),
        -(-frame.width * component.across // (frame.most_across * 8)),
    )


def read_coefficients(data: bytes, frame: Frame) -> list[Blocks]:
    """The coefficients of every channel of a frame that is known to be ordinary."""
    try:
        # The library crashes over a header that it cannot read, so another build of the same code reads it first.
        simplejpeg.decode_jpeg_header(data)
    except KeyError:
        pass  # It could be read: there is only no name for how its colours are shared, as for 4:4:1.
    except ValueError as error:
        rare = "subsampling" in str(error)
        reason = "its colours are coarser than its light in a rare way" if rare else "its header is damaged"
        raise CoefficientsError(reason) from error
    channels = [np.empty((*blocks_of(frame, number), 64), np.int16) for number in range(len(frame.components))]
    pointers = [_pointer(channel) for channel in channels] + [None] * (4 - len(channels))
    with _private_file() as path:
        path.write_bytes(data)
        if not _library().read_jpeg_dct(_name(path), *pointers, None, None):
            raise CoefficientsError("its coefficients cannot be read")
    return channels


def write_coefficients(channels: Sequence[Blocks], frame: Frame) -> bytes:
    """A baseline JPEG of one or three channels with these coefficients, quantised by no matter what."""
    numbers = range(len(channels))
    sizes = [size for number in numbers for size in blocks_of(frame, number)]
    factors = [factor for each in frame.components for factor in (each.down, each.across)]
    pointers = [_pointer(channel) for channel in channels] + [None] * (4 - len(channels))
    nothing_set = ctypes.c_uint(0)
    with _private_file() as path:
        done = _library().write_jpeg_dct(
            None,
            _name(path),
            *pointers,
            (ctypes.c_int * 2)(frame.height, frame.width),
            (ctypes.c_int * len(sizes))(*sizes),
            (ctypes.c_int * len(factors))(*factors),
            ctypes.c_int(_YCBCR if len(channels) == 3 else _GREYSCALE),
            ctypes.c_int(len(channels)),
            None,
            ctypes.c_short(_NOT_GIVEN),
            None,
            ctypes.c_int(0),
            None,
            None,
            None,
            nothing_set,
            nothing_set,
        )
        if not done:
            raise CoefficientsError("its coefficients cannot be written")
        return path.read_bytes()


@functools.cache
def _library() -> Any:  # noqa: ANN401 - a library has no type
    try:
        import jpeglib
        from jpeglib._bind import CJpegLib
    except ImportError as error:
        raise CoefficientsError("jpeglib is not installed") from error
    # Not by its public functions: they decode every file twice, print to standard output and leave the
    # photo behind in the temporary folder when something is wrong.
    jpeglib.version.set(_LIBRARY)
    return CJpegLib.get()


def _pointer(channel: Blocks) -> ctypes.c_void_p:
    return channel.ctypes.data_as(ctypes.c_void_p)


@contextmanager
def _private_file() -> Iterator[Path]:
    """A file to hand over to the library; nothing of the photo stays behind, also if this process is killed."""
    handle = _file_in_memory()
    if handle is not None:
        try:
            yield Path(f"/proc/self/fd/{handle}")
        finally:
            os.close(handle)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="underside-") as folder:
            yield Path(folder, "photo.jpg")
    except OSError as error:
        raise CoefficientsError(f"the folder for temporary files cannot be used ({error.strerror})") from error


def _file_in_memory() -> int | None:
    """One that goes with the process; only Linux has such files, and it may be without ``/proc``."""
    if sys.platform != "linux":
        return None
    try:
        handle = os.memfd_create("photo.jpg")
    except OSError:
        return None
    if Path(f"/proc/self/fd/{handle}").exists():
        return handle
    os.close(handle)
    return None


def _name(path: Path) -> ctypes.c_char_p:
    # C opens files by names in the system's own alphabet, which on Windows is not Python's.
    try:
        return ctypes.c_char_p(str(path).encode("mbcs") if sys.platform == "win32" else os.fsencode(path))
    except UnicodeEncodeError as error:
        what = f"the folder for temporary files, {path.parent}, has a name that Windows' older programs cannot open"
        raise CoefficientsError(what) from error
