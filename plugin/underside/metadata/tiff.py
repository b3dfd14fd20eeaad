"""Write TIFF: blocks of tags as EXIF has them, and pictures that carry such a block."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from isal import isal_zlib

from underside.errors import PhotoError
from underside.photo.exif import Directory, Entry, Tags
from underside.png import Header, Pixels, band_height

__all__ = [
    "ASCII",
    "BLOCK_TAGS",
    "BYTE",
    "DESCRIPTION",
    "ICC",
    "IPTC",
    "PHOTOSHOP",
    "RATIONAL",
    "SHORT",
    "UNDEFINED",
    "XMP",
    "Field",
    "encode_tiff",
    "pack_tags",
    "value_of",
]

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}

DESCRIPTION, XMP, IPTC, PHOTOSHOP, ICC = 270, 700, 33723, 34377, 34675
BLOCK_TAGS = frozenset({XMP, IPTC, PHOTOSHOP, ICC})
"""Tags that hold what other containers keep beside their EXIF."""

_SUB_DIRECTORIES = 330
_MAKER_NOTE = 37500
_INTEROPERABILITY = 40965
# Directories that others point at: EXIF and GPS from the first, interoperability from EXIF.
_CHILDREN: Mapping[int, tuple[int, ...]] = {34665: (_INTEROPERABILITY,), 34853: ()}

# What only describes how the pixels lie in the file, other pictures in it, or layers of the uncut photo.
_PIXEL_FACTS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289}
    | {290, 291, 292, 293, 297, 317, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 338, 339, 340}
    | {341, 342, 343, 344, 345, 346, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532}
    | {37724}
)

_GREY, _RGB, _CMYK = 1, 2, 5
_DEFLATE, _DIFFERENCES, _UNASSOCIATED_ALPHA = 8, 2, 2


@dataclass(frozen=True)
class Field:
    """One tag with its value, in the byte order of the structure that it is meant for."""

    tag: int
    type: int
    value: bytes = field(repr=False)
    place: int = 0
    """Where the value stood in its file."""

    @property
    def count(self) -> int:
        """How many numbers or letters."""
        return len(self.value) // _SIZES[self.type]


def value_of(tags: Tags, entry: Entry) -> bytes | None:
    """The bytes of a tag's value; none where they cannot be told or lie outside the file."""
    end = entry.offset + _SIZES.get(entry.type, 0) * entry.count
    if entry.type not in _SIZES or end > len(tags.data):
        return None
    return tags.data[entry.offset : end]


def pack_tags(
    tags: Tags, *, without: frozenset[int] = frozenset(), longest: int | None = None, reach: int | None = None
) -> bytes:
    """A separate block with all tags of a file's first directory that are not facts about its pixels.

    Those with more than ``longest`` bytes stay behind. Makers' notes hold places counted from the file's beginning:
    theirs stays where it was, if that is within ``reach`` (of the block's own length and a megabyte, where not given).
    """
    first = tags.directory(tags.first)
    tree = _tree(tags, first, without | _PIXEL_FACTS, _CHILDREN, longest)
    if not tree.fields and not tree.children:
        return b""
    if reach is None:
        reach = tree.length + 2**20
    note = tree.children[34665].find(_MAKER_NOTE) if 34665 in tree.children else None
    kept = note if note is not None and note.place >= 8 and note.place + len(note.value) <= reach else None
    return _Packer(tags.order, kept).pack(tree)


@dataclass(frozen=True)
class _Tree:
    fields: tuple[Field, ...]
    children: Mapping[int, "_Tree"]

    def find(self, tag: int) -> Field | None:
        return next((each for each in self.fields if each.tag == tag), None)

    @property
    def length(self) -> int:
        own = sum(12 + len(each.value) for each in self.fields)
        return 6 + own + sum(12 + child.length for child in self.children.values())


def _tree(
    tags: Tags,
    directory: Directory,
    without: frozenset[int],
    children: Mapping[int, tuple[int, ...]],
    longest: int | None,
) -> _Tree:
    fields = []
    branches = {}
    for tag, entry in directory.entries.items():
        if tag in children:
            place = tags.whole(directory, tag)
            within = tags.directory(place[0]) if place else Directory()
            branch = _tree(tags, within, frozenset(), dict.fromkeys(children[tag], ()), longest)
            if branch.fields:
                branches[tag] = branch
        elif tag not in without:
            value = value_of(tags, entry)
            if value is not None and (longest is None or len(value) <= longest):
                fields.append(Field(tag, entry.type, value, entry.offset))
    return _Tree(tuple(fields), branches)


class _Packer:
    """Lays directories and values one behind the other, around a value that keeps its place."""

    def __init__(self, order: str, kept: Field | None) -> None:
        self._order = order
        self._kept = kept
        self._data = bytearray()

    def pack(self, tree: _Tree) -> bytes:
        self._allocate(8)
        first = self._write(tree)
        self._data[:8] = _header(self._order, first)
        if self._kept is not None:
            self._put_at(self._kept.place, self._kept.value)
        return bytes(self._data)

    def _write(self, tree: _Tree) -> int:
        lines: dict[int, bytes] = {}
        place = self._allocate(2 + 12 * (len(tree.fields) + len(tree.children)) + 4)
        for each in tree.fields:
            value = each.value
            if len(value) > 4:
                value = struct.pack(self._order + "I", self._place(each))
            lines[each.tag] = _line(self._order, each, value)
        for tag, child in tree.children.items():
            pointer = struct.pack(self._order + "I", self._write(child))
            lines[tag] = _line(self._order, Field(tag, LONG, pointer), pointer)
        self._put_at(place, _table(self._order, lines, following=0))
        return place

    def _place(self, each: Field) -> int:
        if each is self._kept:
            return each.place
        place = self._allocate(len(each.value))
        self._put_at(place, each.value)
        return place

    def _allocate(self, length: int) -> int:
        place = _even(len(self._data))
        if self._kept is not None:
            begin, end = self._kept.place, self._kept.place + len(self._kept.value)
            if place < end and begin < place + length:
                place = _even(end)
        self._data.extend(bytes(place + length - len(self._data)))
        return place

    def _put_at(self, place: int, value: bytes) -> None:
        self._data.extend(bytes(max(0, place + len(value) - len(self._data))))
        self._data[place : place + len(value)] = value


def encode_tiff(
    bands: Iterable[Pixels],
    header: Header,
    *,
    block: bytes = b"",
    fields: Sequence[Field] = (),
    inks: bool = False,
) -> bytes:
    """Encode rows that come in bands of ``band_height``, with all tags of a block and more beside them.

    The block stands in front of the file as it is, so that whatever in it counts places from its beginning
    (makers' notes do) still finds them; ``inks`` says that four channels are CMYK rather than RGBA.
    """
    tags = Tags.of(block)
    if tags is None or tags.big:
        tags = Tags(_header("<", 0), "<", big=False, first=0)
    old = tags.directory(tags.first)
    order = tags.order
    parts = [tags.data, bytes(len(tags.data) % 2)]
    position = _even(len(tags.data))

    strips = []
    for strip in _strips(bands, header, order):
        strips.append((position, len(strip)))
        parts += [strip, bytes(len(strip) % 2)]
        position += _even(len(strip))
        _check_end(position)

    lines = {tag: entry.raw for tag, entry in old.entries.items() if _may_stay(tags, tag, entry)}
    for each in (*_pixel_fields(header, order, strips, inks=inks), *_thumbnail(tags, old), *fields):
        if each.tag in lines:
            continue
        value = each.value
        if len(value) > 4:
            value = struct.pack(order + "I", position)
            parts += [each.value, bytes(len(each.value) % 2)]
            position += _even(len(each.value))
        lines[each.tag] = _line(order, each, value)
    _check_end(position)
    parts.append(_table(order, lines, following=0))
    parts[0] = _header(order, position) + parts[0][8:]
    return b"".join(parts)


def _check_end(position: int) -> None:
    """Places are numbers of 32 bits; the tables that come last have some room left."""
    if position > 2**32 - 2**16:
        raise PhotoError(
            "The cut-out is too large for a TIFF, which can have 4 GB at most", "Choose --cutout-format png"
        )


def _may_stay(tags: Tags, tag: int, entry: Entry) -> bool:
    return tag not in _PIXEL_FACTS and value_of(tags, entry) is not None


def _thumbnail(tags: Tags, first: Directory) -> Iterator[Field]:
    # In EXIF the thumbnail's directory follows the first one; in a TIFF it would count as a second page there.
    if tags.directory(first.next).entries:
        yield Field(_SUB_DIRECTORIES, LONG, struct.pack(tags.order + "I", first.next))


def _pixel_fields(header: Header, order: str, strips: Sequence[tuple[int, int]], *, inks: bool) -> Iterator[Field]:
    def shorts(tag: int, *values: int) -> Field:
        return Field(tag, SHORT, struct.pack(f"{order}{len(values)}H", *values))

    def longs(tag: int, *values: int) -> Field:
        return Field(tag, LONG, struct.pack(f"{order}{len(values)}I", *values))

    alpha = header.channels == 2 or (header.channels == 4 and not inks)
    yield longs(256, header.width)
    yield longs(257, header.height)
    yield shorts(258, *[header.bits] * header.channels)
    yield shorts(259, _DEFLATE)
    yield shorts(262, _CMYK if inks else _GREY if header.channels <= 2 else _RGB)
    yield longs(273, *(place for place, _ in strips))
    yield shorts(277, header.channels)
    yield longs(278, band_height(header))
    yield longs(279, *(length for _, length in strips))
    yield shorts(284, 1)
    yield shorts(317, _DIFFERENCES)
    if alpha:
        yield shorts(338, _UNASSOCIATED_ALPHA)


def _strips(bands: Iterable[Pixels], header: Header, order: str) -> Iterator[bytes]:
    for band in bands:
        samples = np.ascontiguousarray(band).reshape(len(band), header.width * header.channels)
        differences = samples.copy()
        left, right = samples[:, : -header.channels], samples[:, header.channels :]
        np.subtract(right, left, out=differences[:, header.channels :])
        stored = differences.astype(f"{order}u{differences.itemsize}", copy=False)
        yield isal_zlib.compress(stored.view(np.uint8), 1)


def _header(order: str, first: int) -> bytes:
    return struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, first)


def _line(order: str, each: Field, value: bytes) -> bytes:
    return struct.pack(order + "HHI", each.tag, each.type, each.count) + value.ljust(4, b"\0")


def _table(order: str, lines: Mapping[int, bytes], *, following: int) -> bytes:
    body = b"".join(lines[tag] for tag in sorted(lines))
    return struct.pack(order + "H", len(lines)) + body + struct.pack(order + "I", following)


def _even(place: int) -> int:
    return place + place % 2
