"""Take the position where a photo was taken out of its file, in place: every other byte stays as and where it is."""

import re
import struct
import zlib

from underside import png
from underside.metadata import tiff
from underside.photo.containers.items import exif_places
from underside.photo.exif import EXIF_MARK, Tags

__all__ = ["has_position", "without_position"]

_GPS = 34853
# What stands in a directory of positions, with the tag by which programs pad it; any other is none.
_OF_POSITIONS = frozenset(range(32)) | {0xEA1C}
# Where other containers than TIFF and HEIF keep a block of EXIF, and the length by which it ends; PNG's stands before.
_SEGMENT = re.compile(rb"\xff\xe1(..)" + EXIF_MARK, re.DOTALL)
_WEBP_CHUNK = re.compile(rb"EXIF(....)(?:" + EXIF_MARK + rb")?", re.DOTALL)
_PNG_CHUNK = re.compile(rb"(eXIf)(?:" + EXIF_MARK + rb")?")
_HEADERS = (b"II*\0", b"MM\0*")
# Positions in XMP, headings of flown cameras, and poses that RealityScan takes for known.
_NAMES = rb"(?:exif:GPS\w+|drone-dji:\w+|xcr:\w+|Camera:(?:Yaw|Pitch|Roll))"
_XMP = re.compile(rb"\b" + _NAMES + rb"\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')|<(" + _NAMES + rb")\b[^<>]*>[^<]*</\1>")


def has_position(data: bytes) -> bool:
    """Whether a file, or the beginning of one, tells where the photo was taken."""
    if any(_XMP.search(data, begin, end) for begin, end in _packets(data)):
        return True
    return any(_entries(_joined(data, block)) for block in _blocks(data))


def without_position(data: bytes) -> bytes:
    """The file without the positions and headings in EXIF and XMP; the same object if it has none."""
    if not has_position(data):
        return data
    content = bytearray(data)
    for block in _blocks(data):
        stripped = _stripped(_joined(data, block))
        for begin, end in block:
            content[begin:end] = stripped[: end - begin]
            stripped = stripped[end - begin :]
    for begin, end in _packets(data):
        for found in _XMP.finditer(data, begin, end):
            # Spaces keep true every length and place that is recorded elsewhere.
            content[found.start() : found.end()] = b" " * len(found[0])
    return _with_sums(bytes(content)) if data.startswith(png.SIGNATURE) else bytes(content)


_Spans = list[tuple[int, int]]


def _blocks(data: bytes) -> list[_Spans]:
    """Where structures of tags lie, each in one piece or in several."""
    if Tags.of(data) is not None:
        return [[(0, len(data))]]
    if data[4:8] == b"ftyp":
        return exif_places(data)
    whole = [(found.end(), found.end(1) + int.from_bytes(found[1], "little")) for found in _WEBP_CHUNK.finditer(data)]
    whole += [(found.end(), found.end(1) + _length(data, found.start())) for found in _PNG_CHUNK.finditer(data)]
    segments = [(found.end(), found.start(1) + int.from_bytes(found[1], "big")) for found in _SEGMENT.finditer(data)]
    return [[span] for span in whole if _begins(data, span)] + _continued(data, segments)


def _length(data: bytes, name: int) -> int:
    return int.from_bytes(data[max(0, name - 4) : name], "big")


def _continued(data: bytes, segments: _Spans) -> list[_Spans]:
    """Blocks of EXIF in a JPEG: what is longer than a segment goes on in the next one."""
    blocks: list[_Spans] = []
    for begin, end in segments:
        if _begins(data, (begin, end)):
            blocks.append([(begin, end)])
        elif blocks and blocks[-1][-1][1] == begin - 4 - len(EXIF_MARK):
            blocks[-1].append((begin, end))
    return blocks


def _begins(data: bytes, span: tuple[int, int]) -> bool:
    return data[span[0] : span[0] + 4] in _HEADERS


def _joined(data: bytes, block: _Spans) -> bytes:
    return b"".join(data[begin:end] for begin, end in block)


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
    """A directory's shape: where its entries begin, how long one is, and how long what follows them."""
    return (directory + 8, 20, 8) if tags.big else (directory + 2, 12, 4)


def _stripped(block: bytes) -> bytes:
    """A structure of tags of the same length, without its positions."""
    content, tags = bytearray(block), Tags.of(block)
    if tags is not None:
        for directory, index in _entries(block):
            _drop(content, tags, directory, index)
    return bytes(content)


def _drop(content: bytearray, tags: Tags, directory: int, index: int) -> None:
    """Close the gap that an entry leaves; blank the position's own directory and values."""
    pointer = tags.whole(tags.directory(directory), _GPS)
    if pointer:
        _blank(content, tags, pointer[0])
    begin, size, following = _shape(tags, directory)
    code = tags.order + ("Q" if tags.big else "H")
    count = struct.unpack_from(code, tags.data, directory)[0]
    gap, end = begin + index * size, min(len(content), begin + count * size + following)
    moved = bytes(content[gap + size : end])
    content[gap:end] = moved + bytes(end - gap - len(moved))
    struct.pack_into(code, content, directory, count - 1)


def _blank(content: bytearray, tags: Tags, directory: int) -> None:
    entries = tags.directory(directory).entries
    # A pointer that is broken may lead into the picture.
    if not _OF_POSITIONS.issuperset(entries):
        return
    for entry in entries.values():
        value = tiff.value_of(tags, entry) or b""
        content[entry.offset : entry.offset + len(value)] = bytes(len(value))
    begin, size, _ = _shape(tags, directory)
    length = min(begin - directory + len(entries) * size, max(0, len(tags.data) - directory))
    content[directory : directory + length] = bytes(length)


def _with_sums(data: bytes) -> bytes:
    """A PNG whose chunks were changed, with the sums that belong to them now."""
    parts, position = [png.SIGNATURE], len(png.SIGNATURE)
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        checked = data[position + 4 : end]
        parts += [data[position : position + 4], checked, struct.pack(">I", zlib.crc32(checked))]
        position = end + 4
    return b"".join([*parts, data[position:]])
