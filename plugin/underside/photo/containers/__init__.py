"""The kinds of file that a photo comes in: how each is told from the others, and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from underside.photo.colour import Pixels
from underside.photo.containers import heif, jpeg, png, raw, tiff, webp
from underside.photo.containers.common import Container, Header, Mode, RefusedError
from underside.png import SIGNATURE

__all__ = [
    "HEIF_SUFFIXES",
    "OTHER_SUFFIXES",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "READERS",
    "Container",
    "Header",
    "Mode",
    "Reader",
    "RefusedError",
]
__all__ += ["identify", "refuse_too_long"]


@dataclass(frozen=True)
class Reader:
    """How a container is read."""

    suffixes: frozenset[str]
    header: Callable[[bytes], Header]
    """All that can be known without decoding; refuses what is not whole."""
    pixels: Callable[[bytes, Header], Pixels]
    """The stored grid in its own depth and channels: grey (h, w), RGB, RGBA or CMYK (h, w, 3 or 4)."""
    small: Callable[[bytes, Header, int], Pixels] | None = None
    """The pixels, smaller by 1, 2, 4 or 8 and in eight bits, if the container has a short cut."""


READERS: Mapping[Container, Reader] = {
    Container.JPEG: Reader(jpeg.SUFFIXES, jpeg.header, jpeg.pixels, jpeg.small),
    Container.TIFF: Reader(tiff.SUFFIXES, tiff.header, tiff.pixels),
    Container.PNG: Reader(png.SUFFIXES, png.header, png.pixels),
    Container.WEBP: Reader(webp.SUFFIXES, webp.header, webp.pixels),
    Container.HEIF: Reader(heif.SUFFIXES, heif.header, heif.pixels),
    Container.RAW: Reader(raw.SUFFIXES, raw.header, raw.pixels, raw.small),
}

HEIF_SUFFIXES = heif.SUFFIXES
RAW_SUFFIXES = raw.SUFFIXES
PHOTO_SUFFIXES = frozenset[str]().union(*(reader.suffixes for reader in READERS.values()))
OTHER_SUFFIXES = frozenset(
    {".bmp", ".dib", ".exr", ".gif", ".hdr", ".j2c", ".j2k", ".jp2", ".jpf", ".jpx", ".jps", ".jxl"}
)
OTHER_SUFFIXES |= {".jxr", ".pbm", ".pgm", ".pnm", ".ppm", ".psb", ".psd", ".tga", ".xcf"}
"""Suffixes of pictures that are not read; some may be photos."""


# A TIFF counts places in 32 bits, and no photo of another kind is nearly as long; BigTIFF is, in both byte orders.
_LONGEST = 2**32 - 2**16
_MAY_BE_LONGER = (b"II+\0", b"MM\0+")


def refuse_too_long(start: bytes, length: int) -> None:
    """Refuse a file by its first bytes and its length, before it is read into memory."""
    if length > _LONGEST and not start.startswith(_MAY_BE_LONGER):
        raise RefusedError(
            f"is a file of {length / 2**30:.1f} GB, and beyond 4 GB only BigTIFF is read",
            "Save it as BigTIFF, or each of its pictures separately",
        )


def identify(data: bytes, suffix: str) -> Container | None:
    """What the content is; the name only helps to tell camera raw, which often poses as TIFF."""
    if data.startswith(b"\xff\xd8"):
        return Container.JPEG
    if data.startswith(SIGNATURE):
        return Container.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Container.WEBP
    if heif.is_heif(data):
        return Container.HEIF
    if raw.is_raw(data, suffix):
        return Container.RAW
    return Container.TIFF if tiff.is_tiff(data) else None
