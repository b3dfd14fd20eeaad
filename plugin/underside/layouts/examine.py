"""Look into a mask for what would make a program misuse it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import PhotoError
from underside.layouts.findings import Kind
from underside.layouts.table import OWN, Form, Layout
from underside.masks import drawn_mask
from underside.photo import Photo, decode_exact, open_known, open_photo, turn_upright, upright_size
from underside.photo.colour import Pixels, eight_bits

__all__ = ["Facts", "Mask", "examine"]

Mask = NDArray[np.uint8]

# A patch in a corner is as wide as this share of the mask's shorter side.
_CORNER = 1 / 32


@dataclass(frozen=True)
class Facts:
    """What is known of a mask's photo."""

    width: int
    height: int
    """Height of the stored grid."""
    orientation: int
    made: Mask | None = None
    """The mask that Underside made for it, if it did: white object, stored grid."""
    by_hand: bool = False
    """Whether the mask that is looked into is another file than Underside wrote there."""


def examine(layout: Layout, path: Path, photo: Facts | None) -> Iterator[tuple[Kind, str]]:
    """Every kind of trouble with its reason, as a sentence without its full stop."""
    try:
        opened = open_photo(path) if photo is None else open_known(path, photo)
        pixels = decode_exact(opened)
    except PhotoError as error:
        yield Kind.DAMAGED, error.what
        return
    yield from _container(layout, opened)
    mask = _as_read(layout, path, eight_bits(pixels))
    if not layout.cut_out and layout is not OWN and opened.mode == "rgba" and _hides_white(pixels, mask):
        yield Kind.CHANNELS, f"Its transparent part is white underneath, and that is what {layout.program} sees"
    wanted = _wanted_size(layout, photo) if photo else None
    found = (mask.shape[1], mask.shape[0])
    if wanted and found != wanted:
        yield from _size(layout, found, wanted)
    yield from _values(layout, mask)
    if photo and photo.made is not None and found == wanted:
        yield from _against_what_was_made(layout, mask, photo, photo.made)
    elif _looks_inverted(_object(layout, mask)):
        yield (
            Kind.INVERTED,
            f"It looks inverted: {layout.program} would keep the border with its corners and drop the middle",
        )


def _container(layout: Layout, opened: Photo) -> Iterator[tuple[Kind, str]]:
    if layout.cut_out:
        if opened.mode != "rgba":
            yield Kind.CHANNELS, f"It has no transparency, so {layout.program} keeps the whole picture"
        return
    if opened.mode != "grey" and _FORMS.get(opened.mode) not in layout.reads:
        yield Kind.CHANNELS, f"It has {_CHANNELS[opened.mode]}; a mask has one channel, grey"
    if opened.bits != 8 and Form.DEEP not in layout.reads:
        yield Kind.DEPTH, f"It has {opened.bits} bits per pixel; a mask has 8"
    if opened.orientation != 1 and Form.TAGGED not in layout.reads:
        yield (
            Kind.TAGGED,
            f"It carries the EXIF orientation {opened.orientation}, by which some programs turn it again",
        )


_CHANNELS = {"rgb": "colours", "rgba": "an alpha channel", "cmyk": "four inks"}
_FORMS = {"rgb": Form.COLOURS, "rgba": Form.ALPHA}


def _as_read(layout: Layout, path: Path, pixels: Mask) -> Mask:
    """Underside's own masks as Underside reads them; others in grey, with whatever lies beneath what is transparent."""
    if layout is OWN and (read := drawn_mask(path)) is not None:
        return read
    if pixels.ndim == 2:
        return pixels
    if layout.cut_out and pixels.shape[2] == 4:
        return pixels[..., -1]
    return cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def _hides_white(pixels: Pixels, mask: Mask) -> bool:
    return bool(np.any((mask > 0) & (pixels[..., -1] <= np.iinfo(pixels.dtype).max // 2)))


def _wanted_size(layout: Layout, photo: Facts) -> tuple[int, int]:
    return upright_size(photo.width, photo.height, photo.orientation if layout.upright else 1)


def _size(layout: Layout, found: tuple[int, int], wanted: tuple[int, int]) -> Iterator[tuple[Kind, str]]:
    sizes = f"it is {found[0]} x {found[1]}, {layout.program} wants {wanted[0]} x {wanted[1]}"
    if found == wanted[::-1]:
        grid = "as the photo is seen upright" if layout.upright else "as the file stores the photo"
        yield Kind.TURNED, f"It is turned by 90 degrees: {sizes}, {grid}"
    elif not (layout.scales and abs(found[0] * wanted[1] - found[1] * wanted[0]) <= max(*found, *wanted)):
        yield Kind.SIZE, f"Its size differs from its photo's: {sizes}"


def _values(layout: Layout, mask: Mask) -> Iterator[tuple[Kind, str]]:
    between = np.count_nonzero((mask > 0) & (mask < 255))
    if between:
        yield Kind.SOFT, f"{_share(between / mask.size)} of it is neither black (0) nor white (255)"
    share = np.count_nonzero(_object(layout, mask)) / mask.size
    if share == 0:
        yield Kind.EMPTY, f"There is no object in it: {layout.program} would use none of the photo"
    elif share == 1:
        yield Kind.FULL, f"It is all object: {layout.program} would use the background too"


def _against_what_was_made(layout: Layout, mask: Mask, photo: Facts, made: Mask) -> Iterator[tuple[Kind, str]]:
    ours = np.bitwise_not(made) if layout.inverted else made
    wanted = turn_upright(ours, photo.orientation) if layout.upright else ours
    if np.array_equal(mask, wanted):
        return
    if np.array_equal(mask, np.bitwise_not(wanted)):
        yield Kind.INVERTED, f"It is inverted: {layout.program} would drop the object and keep the rest"
    elif any(np.array_equal(mask, turn_upright(ours, turn)) for turn in range(1, 9)):
        grid = "upright" if layout.upright else "as the file stores the photo"
        yield Kind.TURNED, f"It is turned: {layout.program} wants it {grid}"
    elif photo.by_hand:
        yield Kind.BY_HAND, "It was changed by hand, and differs from the mask beside capture.json"
    else:
        yield Kind.OLD, "It is older than the mask beside capture.json: lay out again"


def _object(layout: Layout, mask: Mask) -> NDArray[np.bool_]:
    return mask < 128 if layout.inverted else mask >= 128


def _looks_inverted(kept: NDArray[np.bool_]) -> bool:
    """Whether what is kept is more like a backdrop than an object."""
    if kept.all():
        return False
    side = max(1, round(min(kept.shape) * _CORNER))
    corners = (kept[:side, :side], kept[:side, -side:], kept[-side:, :side], kept[-side:, -side:])
    border = np.concatenate([kept[0], kept[-1], kept[:, 0], kept[:, -1]])
    return all(corner.mean() > 0.5 for corner in corners) and border.mean() > 0.5


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "Less than 1%"
