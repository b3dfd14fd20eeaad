"""JPEG cut-outs that leave the camera's own compression of the object as it is."""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from underside.cutout.coefficients import (
    Blocks,
    CoefficientsError,
    blocks_of,
    read_coefficients,
    write_coefficients,
)
from underside.errors import PhotoError
from underside.metadata.segments import (
    Frame,
    NotWholeError,
    Segment,
    Segments,
    is_metadata,
    quantisation_tables,
    read_frame,
    split,
)
from underside.photo import Box
from underside.photo.markers import APP0, APP2, APP14, DHT, DQT, SOS, is_frame
from underside.photo.written_colour import Rgb

__all__ = [
    "LosslessImpossibleError",
    "LosslessResult",
    "kept_metadata",
    "lossless_cutout",
    "split_photo",
]

"""Left, top, right, bottom; right and bottom are just outside."""

_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
# Of one unit of an interleaved scan, by the standard.
_MOST_BLOCKS = 10


class LosslessImpossibleError(Exception):
    """Why a JPEG cannot be cut out without compressing it again, as the end of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class LosslessResult:
    """A cut-out JPEG, and what a person should know of it."""

    data: bytes
    notes: tuple[str, ...] = ()
    crop: Box | None = None
    """What it shows of the photo, if not all: to the left and above up to a block more than was asked for."""


def lossless_cutout(data: bytes, mask: NDArray[np.uint8], colour: Rgb, *, box: Box | None = None) -> LosslessResult:
    """Give a JPEG another background; every block that touches the object stays bit for bit as it was."""
    source = split_photo(data)
    frame = _workable_frame(source, mask)
    steps = _first_steps(source, frame)
    model = colour_model(source, frame)
    flat, note = _flat_background(model, steps, colour)
    try:
        channels = read_coefficients(_bare(source), frame)
        _replace_background(channels, frame, mask, flat)
        crop = None if box is None else _snapped(box, frame)
        if crop is not None:
            channels, frame = _cropped(channels, frame, crop)
        scans = list(_scans(channels, frame))
    except CoefficientsError as error:
        raise LosslessImpossibleError(str(error)) from error
    kept, notes = kept_metadata(source)
    return LosslessResult(bytes(Segments((*_header(source, frame, kept), *scans))), (*note, *notes), crop)


def split_photo(data: bytes) -> Segments:
    """Take a photo apart; one that is not whole is a PhotoError."""
    try:
        return split(data)
    except NotWholeError as error:
        raise PhotoError(f"The JPEG is damaged: {error}", "Copy it again from the camera") from error


def kept_metadata(source: Segments) -> tuple[list[Segment], tuple[str, ...]]:
    """The segments that go over into a cut-out, in their order, and what stays behind."""
    kept = [each for each in source.segments if is_metadata(each.marker) and not _is_index(each)]
    if any(map(_is_index, source.segments)):
        return kept, ("Further pictures in the file, which show the whole photo, were left out",)
    if source.trailer.strip(b"\0"):
        return kept, ("What followed the picture in the file (a video or the maker's data) was left out",)
    return kept, ()


def _is_index(segment: Segment) -> bool:
    # Multi-picture format: an index of further pictures behind this one, by their places in the file.
    return segment.marker == APP2 and segment.payload.startswith(b"MPF\0")


def _bare(source: Segments) -> bytes:
    """The picture alone: damage in what is only said about it concerns no decoder."""
    return bytes(Segments(tuple(each for each in source.segments if not is_metadata(each.marker))))


def _workable_frame(source: Segments, mask: NDArray[np.uint8]) -> Frame:
    frame = read_frame(source.segments)
    if frame is None or sum(is_frame(each.marker) for each in source.segments) != 1:
        raise LosslessImpossibleError("it is not an ordinary JPEG")
    if frame.marker not in (_BASELINE, _EXTENDED, _PROGRESSIVE) or frame.bits != 8:
        raise LosslessImpossibleError("only baseline and progressive JPEGs of 8 bits can be edited without loss")
    if (frame.height, frame.width) != mask.shape:
        raise ValueError(f"the mask has shape {mask.shape}, the photo {(frame.height, frame.width)}")
    components = frame.components
    if len(components) == 1:
        # A channel alone has no unit but the block, whatever its factors say.
        return replace(frame, components=(replace(components[0], across=1, down=1),))
    factors_are_sane = all(each.across in range(1, 5) and each.down in range(1, 5) for each in components)
    blocks = sum(each.across * each.down for each in components)
    if len(components) not in (3, 4) or not factors_are_sane or (len(components) == 3 and blocks > _MOST_BLOCKS):
        raise LosslessImpossibleError("its channels are arranged in an unusual way")
    return frame


def _first_steps(source: Segments, frame: Frame) -> list[int]:
    """The step that each channel's mean is quantised by."""
    first_scan = next(at for at, each in enumerate(source.segments) if each.marker == SOS)
    if any(each.marker == DQT for each in source.segments[first_scan:]):
        raise LosslessImpossibleError("its quantisation changes between scans")
    tables = quantisation_tables(source.segments)
    if any(component.table not in tables for component in frame.components):
        raise LosslessImpossibleError("a table of quantisation is missing")
    return [tables[component.table][0] or 1 for component in frame.components]


def colour_model(source: Segments, frame: Frame) -> str:
    """What the channels are: grey, ycc, rgb, cmyk or ycck; the rules are libjpeg's."""
    adobe = next((each.payload for each in source.all_of(APP14) if each.payload.startswith(b"Adobe")), b"")
    transform = adobe[11] if len(adobe) > 11 else None
    if len(frame.components) == 1:
        return "grey"
    if len(frame.components) == 4:
        return "ycck" if transform == 2 else "cmyk"
    if any(each.payload.startswith(b"JFIF\0") for each in source.all_of(APP0)):
        return "ycc"
    named_rgb = bytes(each.identifier for each in frame.components) == b"RGB"
    return "rgb" if transform == 0 or (transform is None and named_rgb) else "ycc"


def _flat_background(model: str, steps: Sequence[int], colour: Rgb) -> tuple[list[int], tuple[str, ...]]:
    """The mean of a flat block in each channel, quantised, and a note if that is not the colour asked for."""
    wanted = _samples_of(model, colour)
    means = [_quantised(sample, step) for sample, step in zip(wanted, steps, strict=True)]
    shown = _colour_of(model, [_sample(mean, step) for mean, step in zip(means, steps, strict=True)])
    if shown == colour:
        return means, ()
    asked, got = ("#{:02x}{:02x}{:02x}".format(*each) for each in (colour, shown))
    return means, (f"The background is {got} rather than {asked}: the nearest that this JPEG can hold",)


def _quantised(sample: float, step: int) -> int:
    exact = (sample - 128) * 8 / step
    # Black and white may lie beyond the end of the scale; decoders cut there, but not at any distance.
    candidates = [mean for mean in (math.floor(exact), math.ceil(exact)) if abs(mean * step) < 8 * 500]
    return min(candidates, key=lambda mean: abs(_sample(mean, step) - sample), default=0)


def _sample(mean: int, step: int) -> int:
    return min(255, max(0, 128 + (mean * step + 4 >> 3)))


def _samples_of(model: str, colour: Rgb) -> tuple[float, ...]:
    # Inks are stored as the light that they leave. Black takes all four: it is black in every profile.
    black_ink = 0.0 if colour == (0, 0, 0) else 255.0
    match model:
        case "grey":
            return (_to_ycc(colour)[0],)
        case "rgb":
            return colour
        case "cmyk":
            return (*colour, black_ink)
        case "ycck":
            red, green, blue = colour
            return (*_to_ycc((255 - red, 255 - green, 255 - blue)), black_ink)
        case _:
            return _to_ycc(colour)


def _colour_of(model: str, samples: Sequence[int]) -> Rgb:
    match model:
        case "grey":
            return (samples[0],) * 3
        case "rgb":
            return samples[0], samples[1], samples[2]
        case "cmyk" | "ycck":
            light = samples if model == "cmyk" else [255 - value for value in _from_ycc(samples[:3])]
            red, green, blue = (round(value * samples[3] / 255) for value in light[:3])
            return red, green, blue
        case _:
            return _from_ycc(samples)


def _to_ycc(colour: Rgb) -> tuple[float, float, float]:
    red, green, blue = colour
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma, 128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402


def _from_ycc(samples: Sequence[int]) -> Rgb:
    luma, to_blue, to_red = samples[0], samples[1] - 128, samples[2] - 128
    exact = (luma + 1.402 * to_red, luma - 0.344136 * to_blue - 0.714136 * to_red, luma + 1.772 * to_blue)
    red, green, blue = (min(255, max(0, round(value))) for value in exact)
    return red, green, blue


def _replace_background(
    channels: Sequence[Blocks], frame: Frame, mask: NDArray[np.uint8], means: Sequence[int]
) -> None:
    kept_units = _units_of_the_object(mask, frame)
    for channel, component, mean in zip(channels, frame.components, means, strict=True):
        rows, columns, _ = channel.shape
        kept = kept_units.repeat(component.down, axis=0).repeat(component.across, axis=1)
        flat = np.zeros(64, np.int16)
        flat[0] = mean
        # Whole blocks at once: 128 bytes that NumPy takes for one value.
        channel.view("V128")[..., 0][~kept[:rows, :columns]] = flat.view("V128")


def _units_of_the_object(mask: NDArray[np.uint8], frame: Frame) -> NDArray[np.bool_]:
    """Which units, the smallest squares that hold whole blocks of every channel, have object in them."""
    # Where colours are coarser than the light, decoders smooth them over the edge of a unit: with one pixel
    # more around the object its own stay as they were.
    coarse_colours = len({(each.across, each.down) for each in frame.components}) > 1
    cells = _cells_of_the_object(mask, margin=coarse_colours)
    rows, columns = cells.shape
    cells = np.logical_or.reduceat(cells, np.arange(0, rows, frame.most_down), axis=0)
    units: NDArray[np.bool_] = np.logical_or.reduceat(cells, np.arange(0, columns, frame.most_across), axis=1)
    return units


def _cells_of_the_object(mask: NDArray[np.uint8], *, margin: bool) -> NDArray[np.bool_]:
    """Which squares of 8 x 8 have object in them, or with a margin: right beside them."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % 8), (0, -width % 8))) if height % 8 or width % 8 else mask
    # Eight pixels at a time, as one number: 24 megapixels take 2 ms.
    eights = np.ascontiguousarray(padded).view(np.uint64).reshape(-(-height // 8), 8, -1)
    cells = np.bitwise_or.reduce(eights, axis=1)
    if margin:
        cells[1:] |= eights[:-1, 7]
        cells[:-1] |= eights[1:, 0]
    touched: NDArray[np.bool_] = cells != 0
    if margin:
        pixels = cells.view(np.uint8).reshape(*cells.shape, 8)
        touched[:, 1:] |= pixels[:, :-1, 7] != 0
        touched[:, :-1] |= pixels[:, 1:, 0] != 0
    return touched


def _scans(channels: Sequence[Blocks], frame: Frame) -> Iterator[Segment]:
    if len(channels) <= 3:
        yield from _scan(channels, frame, [component.identifier for component in frame.components])
        return
    # The library writes at most three channels: four get a scan each, as if each were a grey picture.
    for number, component in enumerate(frame.components):
        alone = replace(
            frame,
            height=-(-frame.height * component.down // frame.most_down),
            width=-(-frame.width * component.across // frame.most_across),
            components=(replace(component, across=1, down=1),),
        )
        assert blocks_of(alone, 0) == channels[number].shape[:2]
        yield from _scan([channels[number]], alone, [component.identifier])


def _scan(channels: Sequence[Blocks], frame: Frame, identifiers: Sequence[int]) -> Iterator[Segment]:
    written = split(write_coefficients(channels, frame))
    yield from written.all_of(DHT)
    (scan,) = written.all_of(SOS)
    tables = scan.payload[2 : 1 + 2 * len(identifiers) : 2]
    named = b"".join(bytes(pair) for pair in zip(identifiers, tables, strict=True))
    yield replace(scan, payload=bytes((len(identifiers),)) + named + scan.payload[1 + 2 * len(identifiers) :])


def _snapped(box: Box, frame: Frame) -> Box:
    left, top, right, bottom = box
    return left - left % (8 * frame.most_across), top - top % (8 * frame.most_down), right, bottom


def _cropped(channels: Sequence[Blocks], frame: Frame, crop: Box) -> tuple[list[Blocks], Frame]:
    left, top, right, bottom = crop
    frame = replace(frame, width=right - left, height=bottom - top)
    pieces = []
    for number, (channel, component) in enumerate(zip(channels, frame.components, strict=True)):
        row = top // (8 * frame.most_down) * component.down
        column = left // (8 * frame.most_across) * component.across
        rows, columns = blocks_of(frame, number)
        pieces.append(np.ascontiguousarray(channel[row : row + rows, column : column + columns]))
    return pieces, frame


def _header(source: Segments, frame: Frame, kept: Sequence[Segment]) -> Iterator[Segment]:
    """What stands before the scans: the source's segments in their order, without those of its scans."""
    wide_tables = any(max(table) > 255 for table in quantisation_tables(source.segments).values())
    for segment in source.segments:
        if is_frame(segment.marker):
            plain = _EXTENDED if wide_tables else _BASELINE
            marker = plain if segment.marker == _PROGRESSIVE else segment.marker
            size = struct.pack(">HH", frame.height, frame.width)
            yield Segment(marker, segment.payload[:1] + size + segment.payload[5:])
        elif segment.marker == DQT or any(segment is each for each in kept):
            yield segment
