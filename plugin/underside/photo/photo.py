"""A photo: its bytes read once, what they say of it, and its pixels on the stored grid."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from underside.errors import PhotoError
from underside.files import Stamp
from underside.photo.colour import Pixels, rgb_of, shrink
from underside.photo.containers import (
    OTHER_SUFFIXES,
    READERS,
    Container,
    Header,
    RefusedError,
    identify,
    refuse_too_long,
)
from underside.photo.containers.common import COPY_AGAIN

__all__ = ["MOST_MEGAPIXELS", "Hashed", "Photo", "decode", "decode_exact", "open_known", "open_photo", "photo_of"]

# Unless a person raises it: a small file can claim a size that fills all memory.
MOST_MEGAPIXELS = 250.0

_CHANNELS: dict[str, tuple[int, ...]] = {"grey": (), "rgb": (3,), "rgba": (4,), "cmyk": (4,)}
# One side to the other. A vase that is unrolled in one picture has some 10; networks, which look at a fixed number of
# pixels, would be shown a strip that grows with its length, until the memory is full.
_MOST_ELONGATED = 100


class Sized(Protocol):
    """What says how many pixels a photo has."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


@dataclass(frozen=True)
class Hashed:
    """A file's SHA-256, and by what to know that it is still the same file."""

    sha256: str
    stamp: Stamp


@dataclass(frozen=True, kw_only=True)
class Photo(Header):
    """One photo, opened: its file is whole and its facts are known, its pixels are not decoded yet.

    Width and height are the stored grid's, which every mask has too.
    """

    path: Path
    data: bytes = field(repr=False)
    """The file's bytes."""
    stamp: Stamp
    """Of the file, as it was before it was read."""
    container: Container
    hashed: Hashed | None = None

    @cached_property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        known = self.hashed
        if known is not None and known.stamp == self.stamp:
            return known.sha256
        return hashlib.sha256(self.data).hexdigest()


def open_photo(path: Path, *, max_megapixels: float = MOST_MEGAPIXELS, hashed: Hashed | None = None) -> Photo:
    """Read a photo's file and its facts; what is not a whole photo of bearable size is a PhotoError.

    ``hashed`` saves hashing the file again, where it was and has not changed since.
    """
    with _in_words(path):
        data, facts = _read(path)
    photo = _opened(path, data, stamp=Stamp.of(facts), max_megapixels=max_megapixels)
    return photo if hashed is None else replace(photo, hashed=hashed)


def open_known(path: Path, like: Sized) -> Photo:
    """Read a photo whose size is known from an earlier run: what passed the limit of that run passes here."""
    return open_photo(path, max_megapixels=max(MOST_MEGAPIXELS, like.width * like.height / 1e6 + 1))


def photo_of(data: bytes, *, name: str = "The photo", max_megapixels: float = MOST_MEGAPIXELS) -> Photo:
    """Read a photo from bytes that are already in memory; ``name`` is what errors call it."""
    return _opened(Path(name), data, stamp=Stamp(len(data), 0, 0), max_megapixels=max_megapixels)


def _opened(path: Path, data: bytes, *, stamp: Stamp, max_megapixels: float) -> Photo:
    with _in_words(path):
        suffix = path.suffix.lower()
        container = identify(data, suffix)
        if container is None:
            raise _of_no_known_kind(data, suffix)
        header = READERS[container].header(data)
        _check_size(header, max_megapixels)
    named = next((kind for kind, reader in READERS.items() if suffix in reader.suffixes), container)
    misnamed = (f"The content is {container}, though the name ends in {path.suffix}",)
    return Photo(
        **vars(header) | {"notes": header.notes + (misnamed if named is not container else ())},
        path=path,
        data=data,
        stamp=stamp,
        container=container,
    )


def decode(photo: Photo, *, reduce: int = 1) -> NDArray[np.uint8]:
    """RGB in 8 bits on the stored grid, in the photo's own colour space, 1, 2, 4 or 8 times smaller."""
    reader = READERS[photo.container]
    with _in_words(photo.path):
        small = reader.small(photo.data, photo, reduce) if reader.small else shrink(_all_pixels(photo), reduce)
        return rgb_of(small, mode=photo.mode, icc=photo.icc)


def decode_exact(photo: Photo) -> Pixels:
    """Every pixel in its own depth and channels: (h, w) grey, (h, w, 3) RGB, (h, w, 4) RGBA or CMYK inks."""
    with _in_words(photo.path):
        return _all_pixels(photo)


def _all_pixels(photo: Photo) -> Pixels:
    pixels = READERS[photo.container].pixels(photo.data, photo)
    if pixels.shape != (photo.height, photo.width, *_CHANNELS[photo.mode]):
        raise RefusedError("is damaged: its pixels are not those that its header promises")
    # Some libraries lend their own memory, which may not be written to.
    return np.require(pixels, requirements=["C", "W"])


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    # Opening a pipe or a device could wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise RefusedError("is not a file", "Leave it out, or name a photo")
    with path.open("rb") as file:
        # Asked before reading: a file written meanwhile is distinguished from what was read by its later time.
        facts = os.fstat(file.fileno())
        start = file.read(64)
        if identify(start, path.suffix.lower()) is None:
            return start, facts
        refuse_too_long(start, facts.st_size)
        rest = file.read()
        return start + rest, facts


def _check_size(header: Header, max_megapixels: float) -> None:
    megapixels = header.width * header.height / 1e6
    if not megapixels:
        raise RefusedError("is damaged: its picture has no pixels")
    if megapixels > max_megapixels:
        raise RefusedError(
            f"has {megapixels:.0f} megapixels, the limit is {max_megapixels:g}",
            "If it is meant to be that large, --max-megapixels raises the limit",
        )
    short, long = sorted((header.width, header.height))
    if long > _MOST_ELONGATED * short:
        raise RefusedError(
            f"has {header.width} x {header.height} pixels, a strip rather than a photo of an object", "Leave it out"
        )


def _of_no_known_kind(data: bytes, suffix: str) -> RefusedError:
    if not data:
        return RefusedError("is empty")
    if suffix in OTHER_SUFFIXES:
        return RefusedError(f"is of a kind that is not read ({suffix[1:].upper()})", "Convert it to PNG or TIFF")
    # It may be intact: BMP and JPEG 2000 are photos too.
    remedy = "Save it as JPEG, PNG or TIFF, or copy it again if it is damaged"
    return RefusedError("is not a photo of a kind that Underside reads", remedy)


_FILE_ERRORS = {
    FileNotFoundError: ("there is no such file", "Check the path"),
    PermissionError: ("you have no permission to read it", "Give yourself permission"),
}


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Whatever a decoder raises becomes the one sentence that a person reads."""
    try:
        yield
    except RefusedError as refused:
        raise PhotoError(f"{path} {refused.reason}", refused.remedy) from refused
    except MemoryError as error:
        raise PhotoError(f"{path} is too large for this machine's free memory", "Close other programs") from error
    except OSError as error:
        if error.errno is None:  # Pillow's way to say that a picture is broken
            raise PhotoError(f"{path} cannot be decoded: {_one_line(error)}", COPY_AGAIN) from error
        reason, remedy = _FILE_ERRORS.get(type(error), (error.strerror or str(error), "Check the disk"))
        raise PhotoError(f"{path} cannot be read: {reason}", remedy) from error
    except Exception as error:
        # Decoders' ways to fail are countless, and one broken photo must never stop the others.
        raise PhotoError(f"{path} cannot be decoded: {_one_line(error)}", COPY_AGAIN) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
