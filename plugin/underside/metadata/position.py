"""Take the position where a photo was taken out of its file, in place: every other byte stays as and where it is."""

import re
import struct
import zlib

from underside import png
from underside.metadata import tiff
from underside.photo.exif import Tags

__all__ = ["has_position", "without_position"]

_GPS = 34853
# Where other containers than TIFF keep a block of EXIF: JPEG and HEIC after its mark, WebP and PNG in a chunk.
_MARKS = ((b"Exif\0\0", 0), (b"EXIF", 4), (b"eXIf", 0))
_HEADERS = (b"II*\0", b"MM\0*")
# Positions in XMP, headings of flown cameras, and poses that RealityScan takes for known.
_NAMES = rb"(?:exif:GPS\w+|drone-dji:\w+|xcr:\w+|Camera:(?:Yaw|Pitch|Roll))"
_XMP = re.compile(rb"\b" + _NAMES + rb"\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')|<(" + _NAMES + rb")\b[^<>]*>[^<]*</\1>")


def has_position(data: bytes) -> bool:
    """Whether a file, or the beginning of one, tells where the photo was taken."""
    if any(_XMP.search(data, begin, end) for begin, end in _packets(data)):
        return True
    return any(_entries(data[place:]) for place in _blocks(data))


def without_position(data: bytes) -> bytes:
    """The same file without EXIF's position, XMP's, and headings; the same object where it has none."""
    if not has_position(data):
        return data
    content = bytearray(data)
    for place in _blocks(data):
        for directory, index in _entries(data[place:]):
            _drop(content, place, data[place:], directory, index)
    for begin, end in _packets(data):
        for found in _XMP.finditer(data, begin, end):
            # Spaces keep every length and place true that is told elsewhere.
            content[found.start() : found.end()] = b" " * len(found[0])
    return _with_sums(bytes(content)) if data.startswith(png.SIGNATURE) else bytes(content)


def _blocks(data: bytes) -> list[int]:
    """Where structures of tags begin."""
    if Tags.of(data) is not None:
        return [0]
    ends = [at + len(mark) + more for mark, more in _MARKS for at in _all(data, mark)]
    return [end for end in ends if data[end : end + 4] in _HEADERS]


def _packets(data: bytes) -> list[tuple[int, int]]:
    """Where descriptions in XMP begin and end."""
    begins = _all(data, b"<rdf:RDF")
    return [(begin, end) for begin in begins if (end := data.find(b"</rdf:RDF>", begin)) >= 0]


def _all(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


def _entries(block: bytes) -> list[tuple[int, int]]:
    """Where each directory of the chain begins that leads to a position, and which of its entries does."""
    tags = Tags.of(block)
    found: list[tuple[int, int]] = []
    offset, seen = (tags.first if tags else 0), {0}
    while tags is not None and offset not in seen:
        seen.add(offset)
        directory = tags.directory(offset)
        if _GPS in directory.entries:
            # By the raw bytes, as a tag that stands twice counts once among the entries.
            raw = directory.entries[_GPS].raw
            begin, size, _ = _shape(tags, offset)
            places = range(begin, len(block), size)
            found.append((offset, next(index for index, at in enumerate(places) if block[at : at + size] == raw)))
        offset = directory.next
    return found


def _shape(tags: Tags, directory: int) -> tuple[int, int, int]:
    """Of a directory: where its entries begin, how long one is, and how long what follows them."""
    return (directory + 8, 20, 8) if tags.big else (directory + 2, 12, 4)


def _drop(content: bytearray, place: int, block: bytes, directory: int, index: int) -> None:
    """Close the gap that an entry leaves; blank the position's own directory and values."""
    tags = Tags.of(block)
    assert tags is not None
    pointer = tags.whole(tags.directory(directory), _GPS)
    if pointer:
        _blank(content, place, tags, pointer[0])
    begin, size, following = _shape(tags, directory)
    code = tags.order + ("Q" if tags.big else "H")
    count = struct.unpack_from(code, block, directory)[0]
    gap, end = place + begin + index * size, min(len(content), place + begin + count * size + following)
    moved = bytes(content[gap + size : end])
    content[gap:end] = moved + bytes(end - gap - len(moved))
    struct.pack_into(code, content, place + directory, count - 1)


def _blank(content: bytearray, place: int, tags: Tags, directory: int) -> None:
    entries = tags.directory(directory).entries
    for entry in entries.values():
        value = tiff.value_of(tags, entry) or b""
        content[place + entry.offset : place + entry.offset + len(value)] = bytes(len(value))
    begin, size, _ = _shape(tags, directory)
    length = min(begin - directory + len(entries) * size, max(0, len(tags.data) - directory))
    content[place + directory : place + directory + length] = bytes(length)


def _with_sums(data: bytes) -> bytes:
    """A PNG whose chunks were changed, with the sums that belong to them now."""
    parts, position = [png.SIGNATURE], len(png.SIGNATURE)
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        checked = data[position + 4 : end]
        parts += [data[position : position + 4], checked, struct.pack(">I", zlib.crc32(checked))]
        position = end + 4
    return b"".join([*parts, data[position:]])
