"""EXIF and TIFF tags, read so that what is broken counts as absent and nothing ever fails."""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

__all__ = ["EXIF_MARK", "CameraFacts", "Directory", "Entry", "Tags", "camera_facts", "joined_exif", "orientation_of"]
__all__ += ["read_exif"]

EXIF_MARK = b"Exif\0\0"
"""What stands before a block of EXIF in JPEG, and often elsewhere."""

# Type number → struct code of one number; rationals are two of them.
_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i"}
_CODES |= {11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q", 129: "B"}
_RATIONALS = (5, 10)
# Single bytes, ASCII, bytes of any kind, and since EXIF 3 UTF-8.
_BYTES = (1, 2, 6, 7, 129)
# Cameras and programs write up to some hundred tags into a directory; more are a broken or a made-up count.
_MOST_ENTRIES = 4096

_MAKE, _MODEL, _ORIENTATION, _DATE_TIME, _EXIF_DIRECTORY = 0x010F, 0x0110, 0x0112, 0x0132, 0x8769
_TAKEN, _TAKEN_FRACTION, _FOCAL_LENGTH, _SERIAL, _LENS = 0x9003, 0x9291, 0x920A, 0xA431, 0xA434
_FILM_FOCAL_LENGTH = 0xA405


@dataclass(frozen=True)
class CameraFacts:
    """What the camera said of itself; none where it said nothing legible."""

    make: str | None = None
    model: str | None = None
    serial: str | None = None
    lens: str | None = None
    focal_length: float | None = None
    """In millimetres, as on the lens."""
    film_focal_length: float | None = None
    """In millimetres, on a lens that would draw the same on 35 mm film, which is 36 mm wide."""
    time: datetime | None = None
    """When the photo was taken, by the camera's own clock."""


@dataclass(frozen=True)
class Entry:
    """One tag of a directory."""

    type: int
    count: int
    size: int
    """Size of the value, in bytes."""
    offset: int
    """Where the value begins."""
    raw: bytes
    """The entry as it stands in the file."""


@dataclass(frozen=True)
class Directory:
    """One IFD: its entries by tag, and where the next one is (0: nowhere)."""

    entries: Mapping[int, Entry] = field(default_factory=dict)
    next: int = 0


@dataclass(frozen=True)
class Tags:
    """A TIFF structure: byte order and the width of its offsets, with the bytes they lead into."""

    data: bytes = field(repr=False)
    order: str
    big: bool
    """BigTIFF: offsets are eight bytes wide."""
    first: int
    """Where the first directory begins."""

    @classmethod
    def of(cls, data: bytes) -> "Tags | None":
        """Read the header; none where there is none. Makers put numbers of their own where 42 belongs."""
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 8:
            return None
        big = struct.unpack_from(order + "H", data, 2)[0] == 43
        if big and len(data) < 16:
            return None
        first = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
        return cls(data, order, big, first)

    def directory(self, offset: int) -> Directory:
        """The directory there, as far as it is legible; an empty one where there is none, as at 0."""
        if offset == 0:
            return Directory()
        count_code, entry_size, offset_code = ("Q", 20, "Q") if self.big else ("H", 12, "I")
        count = self._number(count_code, offset)
        begin = offset + struct.calcsize("<" + count_code)
        end = begin + min(count, _MOST_ENTRIES) * entry_size
        legible = range(begin, min(end, len(self.data) - entry_size + 1), entry_size)
        following = self._number(offset_code, end) if count <= _MOST_ENTRIES else 0
        return Directory(dict(self._entry(at) for at in legible), following)

    def chain(self, *, within: int | None = None) -> Iterator[Directory]:
        """The first directory and all that follow it; ``within``: each with those that this tag of it names."""
        # Those of a sound file do not overlap; a made-up one of a megabyte could keep us busy for hours.
        left = len(self.data)
        seen = {0}
        offset = self.first
        while offset not in seen:
            seen.add(offset)
            directory = self.directory(offset)
            named = () if within is None else self.whole(directory, within)
            for each in (directory, *(self.directory(place) for place in named)):
                left -= 6 + sum(len(entry.raw) for entry in each.entries.values())
                if left < 0:
                    return
                if each.entries:
                    yield each
            if not directory.entries:
                return
            offset = directory.next

    def numbers(self, directory: Directory, tag: int, *, most: int | None = None) -> tuple[float, ...]:
        """The numbers of a tag, fractions as quotients; none where the tag is absent or broken."""
        entry = directory.entries.get(tag)
        if entry is None or entry.type not in _CODES or entry.offset + entry.size > len(self.data):
            return ()
        count = entry.count if most is None else min(entry.count, most)
        fraction = entry.type in _RATIONALS
        code = f"{self.order}{count * (2 if fraction else 1)}{_CODES[entry.type]}"
        values = struct.unpack_from(code, self.data, entry.offset)
        if not fraction:
            return values
        return tuple(top / bottom for top, bottom in zip(values[::2], values[1::2], strict=True) if bottom)

    def one(self, directory: Directory, tag: int, default: int) -> int:
        """The first number of a tag, if it is whole."""
        values = self.numbers(directory, tag, most=1)
        return values[0] if values and isinstance(values[0], int) else default

    def whole(self, directory: Directory, tag: int) -> tuple[int, ...]:
        """All numbers of a tag, those of them that are whole."""
        return tuple(value for value in self.numbers(directory, tag) if isinstance(value, int))

    def content(self, directory: Directory, tag: int) -> bytes | None:
        """The bytes of a tag."""
        entry = directory.entries.get(tag)
        if entry is None or entry.type not in _BYTES or entry.offset + entry.count > len(self.data):
            return None
        return self.data[entry.offset : entry.offset + entry.count]

    def text(self, directory: Directory, tag: int) -> str | None:
        """The text of a tag; none where it is absent or blank."""
        content = self.content(directory, tag) or b""
        text = content.split(b"\0")[0].decode("utf-8", "replace")
        return " ".join("".join(letter for letter in text if letter.isprintable()).split()) or None

    def _number(self, code: str, at: int) -> int:
        """One number; 0 where the data end before it."""
        try:
            number: int = struct.unpack_from(self.order + code, self.data, at)[0]
        except (struct.error, OverflowError):
            return 0
        return number

    def _entry(self, at: int) -> tuple[int, Entry]:
        tag, kind, count = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), self.data, at)
        inline, code, length = (at + 12, "Q", 20) if self.big else (at + 8, "I", 12)
        size = struct.calcsize("<" + _CODES.get(kind, "B")) * (2 if kind in _RATIONALS else 1) * count
        fits = size <= struct.calcsize("<" + code)
        offset = inline if fits else self._number(code, inline)
        return tag, Entry(kind, count, size, offset, self.data[at : at + length])


def joined_exif(segments: Iterable[bytes]) -> bytes:
    """The block in a JPEG's segments, all marks left out; one that is longer than a segment goes on in the next."""
    parts: list[bytes] = []
    for payload in segments:
        if payload.startswith(EXIF_MARK):
            part = payload.removeprefix(EXIF_MARK)
            if parts and part[:4] in (b"II*\0", b"MM\0*"):
                break
            parts.append(part)
    return b"".join(parts)


def read_exif(data: bytes | None) -> tuple[int, CameraFacts]:
    """Orientation and camera from a block of EXIF, with or without the marker before it."""
    tags = Tags.of((data or b"").removeprefix(EXIF_MARK))
    if tags is None:
        return 1, CameraFacts()
    directory = tags.directory(tags.first)
    return orientation_of(tags, directory), camera_facts(tags, directory)


def orientation_of(tags: Tags, directory: Directory) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none that means anything."""
    orientation = tags.one(directory, _ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def camera_facts(tags: Tags, directory: Directory, *, exif: tuple[Tags, Directory] | None = None) -> CameraFacts:
    """What the camera says in the first directory and in the EXIF directory, which the first one names."""
    if exif is None:
        exif = tags, tags.directory(tags.one(directory, _EXIF_DIRECTORY, 0))
    more, details = exif
    taken = _time(more.text(details, _TAKEN), more.text(details, _TAKEN_FRACTION))
    return CameraFacts(
        make=tags.text(directory, _MAKE),
        model=tags.text(directory, _MODEL),
        serial=more.text(details, _SERIAL),
        lens=more.text(details, _LENS),
        focal_length=_length(more.numbers(details, _FOCAL_LENGTH)),
        film_focal_length=_length(more.numbers(details, _FILM_FOCAL_LENGTH)),
        time=taken or _time(tags.text(directory, _DATE_TIME), None),
    )


def _length(values: tuple[float, ...]) -> float | None:
    return float(values[0]) if values and 0 < values[0] < math.inf else None


def _time(text: str | None, fraction: str | None) -> datetime | None:
    try:
        time = datetime.strptime(text or "", "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = fraction if fraction and fraction.isascii() and fraction.isdigit() else "0"
    try:
        return time + timedelta(seconds=float("0." + digits))
    except OverflowError:  # the last moment of the year 9999, say clocks that were never set
        return time
