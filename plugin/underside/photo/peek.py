"""What a photo says of itself, from as few of its bytes as hold it."""

import os
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from underside.files import Stamp
from underside.photo.containers import READERS, identify, refuse_too_long
from underside.photo.exif import EXIF_MARK, CameraFacts, joined_exif, read_exif
from underside.photo.markers import APP1, EOI, SOS, is_frame

__all__ = ["Peek", "peek"]


@dataclass(frozen=True)
class Peek:
    """A photo's facts without its pixels; it may still turn out to be broken."""

    size: int
    mtime: float
    """Time of the file, in seconds."""
    width: int = 0
    height: int = 0
    """Size of the stored grid."""
    orientation: int = 1
    camera: CameraFacts = field(default_factory=CameraFacts)


def peek(path: Path) -> Peek | None:
    """The facts of a photo, remembered for as long as its stamp stays; none where it says nothing legible."""
    try:
        return _peek(os.fspath(path), Stamp.of(path.stat()))
    except OSError:
        return None


@lru_cache(1 << 15)
def _peek(name: str, stamp: Stamp) -> Peek | None:
    size, mtime = stamp.size, stamp.mtime_ns / 1e9
    path = Path(name)
    try:
        if not path.is_file():  # a pipe could wait for ever
            return None
        with path.open("rb") as file:
            start = file.read(64)
            if start.startswith(b"\xff\xd8"):
                width, height, exif = _jpeg(file)
                orientation, camera = read_exif(exif)
                return Peek(size, mtime, width, height, orientation, camera)
            container = identify(start, path.suffix.lower())
            if container is None:
                return None
            refuse_too_long(start, size)
            header = READERS[container].header(start + file.read())
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise  # a disk or a share that fails for a moment is asked again the next time
        # Readers fail in countless ways. What is wrong is reported when the photo is opened for its pixels.
        return None
    return Peek(size, mtime, header.width, header.height, header.orientation, header.camera)


def _jpeg(file: BinaryIO) -> tuple[int, int, bytes]:
    """Width, height and EXIF; segments that hold neither are stepped over."""
    app1: list[bytes] = []
    file.seek(2)
    while (marker := _marker(file)) not in (None, SOS, EOI):
        length = file.read(2)
        if len(length) < 2:
            break
        begin, rest = file.tell(), struct.unpack(">H", length)[0] - 2
        if marker is not None and is_frame(marker):
            frame = file.read(5)
            if len(frame) < 5:
                break
            _, height, width = struct.unpack(">BHH", frame)
            return width, height, joined_exif(app1)
        if marker == APP1 and (mark := file.read(len(EXIF_MARK))) == EXIF_MARK:
            app1.append(mark + file.read(max(0, rest - len(mark))))
        file.seek(begin + max(0, rest))
    return 0, 0, joined_exif(app1)


def _marker(file: BinaryIO) -> int | None:
    """The next marker, fill bytes left out."""
    while byte := file.read(1):
        if byte == b"\xff":
            while (byte := file.read(1)) == b"\xff":
                pass
            if byte and byte != b"\0":
                return byte[0]
    return None
