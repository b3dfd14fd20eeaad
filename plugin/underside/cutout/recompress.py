"""Compress pixels to JPEG: as another JPEG was compressed, or well."""

import functools
import io
from collections.abc import Sequence

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from underside.cutout.lossless import colour_model
from underside.metadata.segments import Frame, Segment, Segments, is_metadata, quantisation_tables, read_frame, split
from underside.photo.markers import APP14

__all__ = ["compress", "compress_like", "with_metadata"]

# For photos that were no JPEG: what cameras call "fine", colours at full resolution.
_GOOD_QUALITY = 95

_SIMPLEJPEG_SAMPLINGS = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411"}
_PILLOW_SAMPLINGS = {(1, 1): 0, (2, 1): 1, (2, 2): 2}
# Where the n-th number of a table stands once it is no longer a zigzag.
_ZIGZAG = sorted(range(64), key=lambda at: (at // 8 + at % 8, at // 8 if (at // 8 + at % 8) % 2 else at % 8))


def compress(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of good quality; four channels are inks."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return _by_pillow(pixels, quality=_GOOD_QUALITY, subsampling=0)
    return _by_simplejpeg(pixels, _GOOD_QUALITY, "444")


def compress_like(source: Segments, pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG with the source's own tables of quantisation, its colours as coarse as there or finer."""
    frame = read_frame(source.segments)
    assert frame is not None
    tables = quantisation_tables(source.segments)
    used = tuple(tables[component.table] for component in frame.components)
    sampling = _sampling(frame)
    in_rgb = colour_model(source, frame) == "rgb"
    quality = None if in_rgb else _standard_quality(used)
    if quality is not None and sampling in _SIMPLEJPEG_SAMPLINGS:
        return _by_simplejpeg(pixels, quality, _SIMPLEJPEG_SAMPLINGS[sampling])
    distinct = used[:1] if len(set(used)) == 1 else used[:2] if used[1] == used[2] else used[:3]
    natural = [[table[_ZIGZAG.index(at)] for at in range(64)] for table in distinct]
    return _by_pillow(pixels, qtables=natural, subsampling=_PILLOW_SAMPLINGS.get(sampling, 0), keep_rgb=in_rgb)


def _sampling(frame: Frame) -> tuple[int, int]:
    """How many pixels across and down share a colour: factors count against each other, and may all be 2."""
    light, *colours = frame.components
    across = max((each.across for each in colours), default=light.across)
    down = max((each.down for each in colours), default=light.down)
    return light.across // across or 1, light.down // down or 1


def with_metadata(encoded: bytes, metadata: Sequence[Segment]) -> bytes:
    """The picture of one JPEG among the metadata of another."""
    parts = split(encoded)
    picture = [each for each in parts.segments if not is_metadata(each.marker)]
    colour = parts.all_of(APP14)
    kept = [each for each in metadata if each.marker != APP14 or _says_ycc(each)]
    return bytes(Segments((*colour, *kept, *picture)))


def _says_ycc(adobe: Segment) -> bool:
    return adobe.payload[11:12] == b"\1"


@functools.cache
def _standard_quality(tables: tuple[tuple[int, ...], ...]) -> int | None:
    """The number from 1 to 100 by which the usual library makes these tables."""
    if len(tables) == 4:
        return None
    pixels = np.zeros((8, 8, 3) if len(tables) == 3 else (8, 8), np.uint8)
    for quality in range(100, 0, -1):
        made = quantisation_tables(split(_by_simplejpeg(pixels, quality, "444")).segments)
        if tables == (made[0], made.get(1), made.get(1))[: len(tables)]:
            return quality
    return None


def _by_simplejpeg(pixels: NDArray[np.uint8], quality: int, sampling: str) -> bytes:
    grey = pixels.ndim == 2
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels[..., None] if grey else pixels),
        quality=quality,
        colorspace="GRAY" if grey else "RGB",
        colorsubsampling="Gray" if grey else sampling,
        fastdct=False,
    )
    return encoded


def _by_pillow(pixels: NDArray[np.uint8], **how: object) -> bytes:
    content = io.BytesIO()
    inks = pixels.ndim == 3 and pixels.shape[2] == 4
    picture = _inks(pixels) if inks else Image.fromarray(pixels)
    picture.save(content, "JPEG", **how)
    return content.getvalue()


def _inks(pixels: NDArray[np.uint8]) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombytes("CMYK", (width, height), pixels.tobytes())
