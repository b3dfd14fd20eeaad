"""TIFFs with every kind of metadata, in either byte order, and what a TIFF says."""

import struct
from collections.abc import Iterator

from photo_files import picture, red_and_green_swapped
from rich_photos import IPTC, MAKER_NOTE, PHOTOSHOP, XMP

from underside.photo.exif import Tags

_PIXEL_LAYOUT = {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 338}


def rich_tiff(order: str) -> bytes:
    """A TIFF with EXIF, a maker's note, XMP, IPTC, a profile and a private tag, written back to front."""
    code = {"<": b"II*\0", ">": b"MM\0*"}[order]
    pixels = picture(60, 40).tobytes()
    content = bytearray(code + bytes(4) + pixels)

    def place(value: bytes) -> int:
        content.extend(bytes(len(content) % 2))
        content.extend(value)
        return len(content) - len(value)

    def directory(*entries: tuple[int, int, int, bytes]) -> int:
        lines = b""
        for tag, kind, count, value in sorted(entries):
            field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", place(value))
            lines += struct.pack(order + "HHI", tag, kind, count) + field
        return place(struct.pack(order + "H", len(entries)) + lines + bytes(4))

    def short(value: int) -> bytes:
        return struct.pack(order + "H", value)

    def long(value: int) -> bytes:
        return struct.pack(order + "I", value)

    interop = directory((1, 2, 4, b"R98\0"))
    exif = directory(
        (37386, 5, 1, struct.pack(order + "II", 35, 1)),
        (37500, 7, len(MAKER_NOTE), MAKER_NOTE),
        (40965, 4, 1, long(interop)),
    )
    gps = directory((1, 2, 2, b"N\0"), (2, 5, 3, struct.pack(order + "6I", 48, 1, 51, 1, 29, 1)))
    private, profile = b"private to the studio" * 9, red_and_green_swapped()
    first = directory(
        (256, 4, 1, long(60)), (257, 4, 1, long(40)), (258, 3, 3, short(8) * 3), (259, 3, 1, short(1)),
        (262, 3, 1, short(2)), (273, 4, 1, long(8)), (277, 3, 1, short(3)), (278, 4, 1, long(40)),
        (279, 4, 1, long(len(pixels))), (271, 2, 11, b"LUMENWORKS\0"), (272, 2, 5, b"LX-4\0"),
        (274, 3, 1, short(3)), (700, 1, len(XMP), XMP), (33723, 7, len(IPTC), IPTC),
        (34675, 7, len(profile), profile), (34377, 1, len(PHOTOSHOP), PHOTOSHOP),
        (65000, 7, len(private), private), (34665, 4, 1, long(exif)), (34853, 4, 1, long(gps)),
    )  # fmt: skip
    content[4:8] = long(first)
    return bytes(content)


def tags_of(content: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    """Path, type, count and value of each tag in the first directory and those below it."""
    tags = Tags.of(content)
    assert tags is not None
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
    places = [("", tags.first)]
    while places:
        name, place = places.pop()
        for tag, entry in tags.directory(place).entries.items():
            if tag in (34665, 34853, 40965):
                (below,) = tags.whole(tags.directory(place), tag)
                places.append((f"{name}{tag}/", below))
            elif name or tag not in _PIXEL_LAYOUT:
                end = entry.offset + sizes[entry.type] * entry.count
                yield f"{name}{tag}", entry.type, entry.count, content[entry.offset : end]
