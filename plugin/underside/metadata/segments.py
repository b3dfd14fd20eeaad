"""JPEG files as segments: take them apart and put other pictures between the same segments."""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from underside.photo.markers import APP0, APP15, COM, DQT, EOI, RST0, RST7, SOI, SOS, TEM, is_frame

__all__ = [
    "LARGEST_PAYLOAD",
    "Frame",
    "NotWholeError",
    "Segment",
    "Segments",
    "header_segments",
    "is_metadata",
    "quantisation_tables",
    "read_frame",
    "split",
]

LARGEST_PAYLOAD = 65533
_BEGINNING = bytes((0xFF, SOI))

# What ends a scan: any marker but a stuffed byte, a restart and fill bytes.
_END_OF_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")


class NotWholeError(ValueError):
    """The file ends before its picture does, or is no JPEG."""


@dataclass(frozen=True)
class Segment:
    """A marker and what follows it; a scan carries its compressed data too."""

    marker: int
    payload: bytes = b""
    scan: bytes = b""

    def __bytes__(self) -> bytes:
        return struct.pack(">BBH", 0xFF, self.marker, len(self.payload) + 2) + self.payload + self.scan


@dataclass(frozen=True)
class Segments:
    """All between start and end of the first picture, in order, and what lies behind it."""

    segments: tuple[Segment, ...]
    trailer: bytes = b""

    def __bytes__(self) -> bytes:
        return b"".join([_BEGINNING, *map(bytes, self.segments), bytes((0xFF, EOI)), self.trailer])

    def all_of(self, *markers: int) -> tuple[Segment, ...]:
        """The segments with one of these markers, in order."""
        return tuple(segment for segment in self.segments if segment.marker in markers)


@dataclass(frozen=True)
class Component:
    """One channel of a picture."""

    identifier: int
    across: int
    """Horizontal sampling factor."""
    down: int
    table: int
    """Number of its quantisation table."""


@dataclass(frozen=True)
class Frame:
    """What a JPEG says of its pixels."""

    marker: int
    bits: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def most_across(self) -> int:
        """The largest horizontal sampling factor: a full-resolution channel has it."""
        return max(component.across for component in self.components)

    @property
    def most_down(self) -> int:
        """The largest vertical sampling factor."""
        return max(component.down for component in self.components)


def is_metadata(marker: int) -> bool:
    """Whether a segment says nothing that a decoder needs, but for the colour in APP14."""
    return APP0 <= marker <= APP15 or marker == COM


def header_segments(data: bytes) -> Iterator[Segment]:
    """The segments in front of the first scan, as far as they can be read; never an error."""
    position = 2
    while data[:2] == _BEGINNING and (found := _next_segment(data, position)):
        marker, payload, position = found
        if marker in (SOS, EOI):
            return
        yield Segment(marker, payload)


def split(data: bytes) -> Segments:
    """Take a file apart; raise where it is not whole."""
    if data[:2] != _BEGINNING:
        raise NotWholeError("it does not begin like a JPEG")
    segments: list[Segment] = []
    position = 2
    while True:
        found = _next_segment(data, position)
        if found is None:
            raise NotWholeError("its end is missing")
        marker, payload, position = found
        if marker == EOI:
            break
        scan = b""
        if marker == SOS:
            end = _END_OF_SCAN.search(data, position)
            if end is None:
                raise NotWholeError("its end is missing")
            scan, position = data[position : end.start()], end.start()
        segments.append(Segment(marker, payload, scan))
    if not any(segment.marker == SOS for segment in segments):
        raise NotWholeError("it holds no picture")
    return Segments(tuple(segments), data[position:])


def _next_segment(data: bytes, position: int) -> tuple[int, bytes, int] | None:
    """The next marker that does not stand alone, or the end: what it holds, and where that ends; none if cut short."""
    while found := _MARKER.search(data, position):
        marker, position = found[1][0], found.end()
        if marker == EOI:
            return marker, b"", position
        if _stands_alone(marker):
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2 or position + length > len(data):
            return None
        return marker, data[position + 2 : position + length], position + length
    return None


def read_frame(segments: Sequence[Segment]) -> Frame | None:
    """The first frame header; none where there is none or it makes no sense."""
    segment = next((segment for segment in segments if is_frame(segment.marker)), None)
    if segment is None or len(segment.payload) < 6:
        return None
    bits, height, width, count = struct.unpack(">BHHB", segment.payload[:6])
    fields = segment.payload[6:]
    if len(fields) != 3 * count:
        return None
    components = tuple(
        Component(identifier, sampling >> 4, sampling & 15, table)
        for identifier, sampling, table in struct.iter_unpack("BBB", fields)
    )
    return Frame(segment.marker, bits, height, width, components)


def quantisation_tables(segments: Sequence[Segment]) -> dict[int, tuple[int, ...]]:
    """The 64 steps of each table by its number, in the file's own zigzag order; broken ones are left out."""
    tables = {}
    for segment in segments:
        payload = segment.payload if segment.marker == DQT else b""
        while payload:
            code, size = ("H", 128) if payload[0] >> 4 else ("B", 64)
            if len(payload) < 1 + size:
                break
            tables[payload[0] & 15] = struct.unpack(f">64{code}", payload[1 : 1 + size])
            payload = payload[1 + size :]
    return tables


def _stands_alone(marker: int) -> bool:
    return marker in (TEM, SOI) or RST0 <= marker <= RST7
