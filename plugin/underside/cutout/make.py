"""Cut-outs: copies of a photo with another background, or none, and all its metadata."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underside import png
from underside.cutout.lossless import (
    LosslessImpossibleError,
    kept_metadata,
    lossless_cutout,
    split_photo,
)
from underside.cutout.recompress import compress, compress_like, with_metadata
from underside.errors import PhotoError, SettingsError
from underside.metadata import Metadata, embed, read_metadata, tiff
from underside.photo import Box, Container, Photo, decode_exact, exif
from underside.photo.colour import eight_bits, rgb_of
from underside.photo.written_colour import Rgb, parse_colour

__all__ = [
    "SUFFIXES",
    "Background",
    "Cutout",
    "CutoutFormat",
    "CutoutMode",
    "CutoutOptions",
    "is_lossless",
    "make_cutout",
    "parse_background",
]

Background = Rgb | None
"""A colour, or none at all: transparent."""
CutoutFormat = Literal["jpeg", "png", "tiff", "webp"]
CutoutMode = Literal["lossless", "fast"]
"""``lossless`` keeps the object's blocks of a JPEG as they are; ``fast`` compresses again at the same quality."""

SUFFIXES: dict[CutoutFormat, str] = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
"""What may stand behind the photo's name; ``outfolder`` keeps these places free."""
_NATURAL: dict[Container, CutoutFormat] = {Container.TIFF: "tiff", Container.PNG: "png", Container.WEBP: "webp"}
# As libjpeg, whose limit lies below the container's own 65535, and libwebp have it.
_LONGEST_SIDES = {"jpeg": 65500, "webp": 16383}
_NAMES = {"black": (0, 0, 0), "white": (255, 255, 255)}
_CROPPED = "A cropped photo no longer fits its camera's calibration: do not reconstruct from it"
_ICC_CODES = {b"GRAY": "grey", b"RGB ": "rgb", b"CMYK": "cmyk"}


@dataclass(frozen=True)
class CutoutOptions:
    """How cut-outs are made."""

    background: Background = (0, 0, 0)
    format: CutoutFormat | None = None
    """The photo's own where not given, if it can hold the cut-out."""
    mode: CutoutMode = "lossless"
    padding: int | None = None
    """Crop to the object's box and so many pixels around it; none: the whole photo."""

    def __post_init__(self) -> None:
        if self.format == "jpeg" and self.background is None:
            raise SettingsError(
                "A JPEG cannot be transparent", "Choose --cutout-format png or tiff, or a colour as background"
            )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell once a capture."""
        return () if self.padding is None else (_CROPPED,)


@dataclass(frozen=True)
class Cutout:
    """A finished cut-out."""

    data: bytes
    suffix: str
    """The suffix of its file name, with the dot."""
    crop: Box | None = None
    """The box of the photo that it shows; none where it shows all."""
    notes: tuple[str, ...] = ()


def parse_background(text: str) -> Background:
    """Understand black, white, transparent, #rrggbb, or three numbers with commas."""
    word = text.strip().lower()
    if word == "transparent":
        return None
    if word in _NAMES:
        return _NAMES[word]
    colour = parse_colour(word)
    if colour is None:
        raise SettingsError(
            f"{text!r} is not a background",
            "Use black, white, transparent, #rrggbb, or r,g,b with numbers from 0 to 255",
        )
    return colour


def make_cutout(photo: Photo, mask: NDArray[np.uint8], options: CutoutOptions) -> Cutout:
    """Make the cut-out of one photo by its mask, which is 0 or 255 on the photo's stored grid."""
    if photo.container is Container.RAW:
        raise PhotoError(
            f"{photo.path} is camera raw, for which masks are made but no cut-outs",
            "Develop it to TIFF or JPEG, or leave out --cutout",
        )
    kind = options.format or _natural_format(photo, options)
    box = None if options.padding is None else _box_around(mask, options.padding)
    reason: tuple[str, ...] = ()
    if options.background is not None and is_lossless(photo, options):
        try:
            result = lossless_cutout(photo.data, mask, options.background, box=box)
            return Cutout(result.data, ".jpg", result.crop, result.notes)
        except LosslessImpossibleError as error:
            reason = (f"It was compressed again, because {error.reason}",)
    picture = _composed(photo, mask, options.background, kind=kind, box=box)
    longest = max(picture.mask.shape)
    if longest > _LONGEST_SIDES.get(kind, longest):
        raise PhotoError(
            f"{photo.path} has a cut-out with a side of {longest} pixels; a {kind.upper()} can have "
            f"{_LONGEST_SIDES[kind]} at most",
            "Choose --cutout-format png or tiff",
        )
    data, notes = _encoded(photo, picture, kind)
    return Cutout(data, SUFFIXES[kind], box, (*reason, *picture.notes, *notes))


def is_lossless(photo: Photo, options: CutoutOptions) -> bool:
    """Whether the cut-out is made from the coefficients of a JPEG, where they allow it."""
    kind = options.format or _natural_format(photo, options)
    return kind == "jpeg" and photo.container is Container.JPEG and options.mode == "lossless"


def _natural_format(photo: Photo, options: CutoutOptions) -> CutoutFormat:
    return _NATURAL.get(photo.container, "png" if options.background is None else "jpeg")


def _box_around(mask: NDArray[np.uint8], padding: int) -> Box | None:
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0:
        return None
    right, bottom = left + width + padding, top + height + padding
    return max(0, left - padding), max(0, top - padding), min(mask.shape[1], right), min(mask.shape[0], bottom)


@dataclass(frozen=True)
class _Picture:
    """A photo's pixels and its mask, put together band by band."""

    pixels: png.Pixels
    mask: NDArray[np.uint8]
    mode: str
    """The pixels' mode: grey, rgb, rgba or cmyk."""
    flat: tuple[int, ...] | None
    """The background, one number a channel; none for a transparent one."""
    notes: tuple[str, ...] = ()

    @property
    def header(self) -> png.Header:
        height, width = self.mask.shape
        channels = 4 if self.flat is None else len(self.flat)
        return png.Header(width, height, channels, self.pixels.itemsize * 8)

    @property
    def model(self) -> str:
        """What the channels of the cut-out mean."""
        if self.flat is None:
            return "rgb"
        return {1: "grey", 3: "rgb", 4: "cmyk"}[len(self.flat)]

    def bands(self) -> Iterator[png.Pixels]:
        step = png.band_height(self.header)
        for top in range(0, self.mask.shape[0], step):
            yield self._rows(slice(top, top + step))

    def whole(self) -> png.Pixels:
        return self._rows(slice(None))

    def _rows(self, rows: slice) -> png.Pixels:
        pixels, mask = self.pixels[rows], self.mask[rows]
        if not mask.any():
            return self._background(mask.shape, pixels.dtype)
        if self.flat is None:
            alpha = _as_alpha(mask, pixels.dtype)
            return cv2.bitwise_and(self._with_alpha(pixels), alpha)  # type: ignore[return-value]
        opaque = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB) if self.mode == "rgba" else pixels
        background = self._background(mask.shape, pixels.dtype)
        return cv2.copyTo(opaque, mask, background)  # type: ignore[return-value]

    def _background(self, shape: tuple[int, ...], depth: np.dtype[Any]) -> png.Pixels:
        flat = (0,) * 4 if self.flat is None else self.flat
        background = np.empty((*shape, len(flat)), depth)
        # Row by row, since NumPy takes five times as long to spread three numbers.
        background[...] = np.tile(np.array(flat, depth), (shape[1], 1))
        return background[..., 0] if len(flat) == 1 else background

    def _with_alpha(self, pixels: png.Pixels) -> cv2.typing.MatLike:
        match self.mode:
            case "grey":
                return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGBA)
            case "rgb":
                return cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
            case _:
                return pixels


def _as_alpha(mask: NDArray[np.uint8], depth: np.dtype[Any]) -> cv2.typing.MatLike:
    # In all four channels: what lies outside the object is not only invisible, it is gone.
    alpha = cv2.merge([mask] * 4)
    return alpha if depth == np.uint8 else alpha.astype(np.uint16) * np.uint16(257)


def _composed(
    photo: Photo, mask: NDArray[np.uint8], background: Background, *, kind: CutoutFormat, box: Box | None
) -> _Picture:
    pixels, mode = decode_exact(photo), str(photo.mode)
    notes: tuple[str, ...] = ()
    if box is not None:
        left, top, right, bottom = box
        pixels, mask = pixels[top:bottom, left:right], np.ascontiguousarray(mask[top:bottom, left:right])
    if photo.bits == 16 and kind in ("jpeg", "webp"):
        pixels, notes = eight_bits(pixels), ("Its 16 bits per channel became 8",)
    if mode == "cmyk" and (background is None or kind in ("png", "webp")):
        pixels, mode = rgb_of(pixels, mode=mode, icc=photo.icc), "rgb"
        notes = (*notes, "Its inks were converted to RGB")
    if mode == "grey" and kind == "webp":
        pixels, mode = rgb_of(pixels, mode=mode, icc=None), "rgb"
    flat = None if background is None else _flat(background, mode, white=65535 if pixels.itemsize == 2 else 255)
    if mode == "grey" and background is not None and len(set(background)) > 1:
        notes = (*notes, "The photo is grey: the background has only the brightness of its colour")
    return _Picture(pixels, mask, mode, flat, notes)


def _flat(colour: Rgb, mode: str, *, white: int) -> tuple[int, ...]:
    scale = white // 255
    red, green, blue = (value * scale for value in colour)
    match mode:
        case "grey":
            return (round(0.299 * red + 0.587 * green + 0.114 * blue),)
        case "cmyk":
            return white - red, white - green, white - blue, 0 if any(colour) else white
        case _:
            return red, green, blue


def _encoded(photo: Photo, picture: _Picture, kind: CutoutFormat) -> tuple[bytes, tuple[str, ...]]:
    if kind == "jpeg" and photo.container is Container.JPEG:
        source = split_photo(photo.data)
        kept, notes = kept_metadata(source)
        return with_metadata(compress_like(source, eight_bits(picture.whole())), kept), notes
    metadata, fits = read_metadata(photo.data), _fits(photo.icc, picture.model)
    notes = (*_pictures_behind(photo), *embed.left_behind(metadata, container=kind))
    if not fits:
        metadata = replace(metadata, icc=b"")
        notes = (*notes, "Its colour profile does not fit the cut-out's colours and was left out")
    match kind:
        case "jpeg":
            return with_metadata(compress(eight_bits(picture.whole())), embed.jpeg_segments(metadata)), notes
        case "png":
            return _as_png(photo, picture, metadata), notes
        case "tiff":
            return _as_tiff(photo, picture, metadata), notes
        case "webp":
            return embed.webp_with(metadata, _webp(picture), picture.header), notes


def _pictures_behind(photo: Photo) -> tuple[str, ...]:
    """What stays behind of a JPEG whatever the cut-out's container is."""
    return kept_metadata(split_photo(photo.data))[1] if photo.container is Container.JPEG else ()


def _fits(profile: bytes | None, model: str) -> bool:
    return not profile or _ICC_CODES.get(profile[16:20], model) == model


def _as_png(photo: Photo, picture: _Picture, metadata: Metadata) -> bytes:
    if photo.container is Container.PNG:
        chunks = [each for each in embed.png_chunks_kept(photo.data) if metadata.icc or each[0] != b"iCCP"]
    else:
        chunks = embed.png_chunks(metadata)
    return png.encode_bands(picture.bands(), picture.header, chunks=chunks)


def _as_tiff(photo: Photo, picture: _Picture, metadata: Metadata) -> bytes:
    block, fields = metadata.exif, embed.tiff_fields(metadata)
    tags = exif.Tags.of(photo.data)
    if photo.container is Container.TIFF and tags is not None:
        without = frozenset() if metadata.icc else frozenset({tiff.ICC})
        block, fields = tiff.pack_tags(tags, without=without), []
    inks = picture.model == "cmyk"
    return tiff.encode_tiff(picture.bands(), picture.header, block=block, fields=fields, inks=inks)


def _webp(picture: _Picture) -> bytes:
    content = io.BytesIO()
    # Without loss; the least effort takes a third of the usual time.
    Image.fromarray(picture.whole()).save(content, "WEBP", lossless=True, quality=0, method=0)
    return content.getvalue()
