"""Put metadata into JPEG, PNG, WebP and TIFF: all that each of them can hold."""

import struct
import zlib
from collections.abc import Iterator

from underside import png
from underside.metadata import tiff, xmp
from underside.metadata.blocks import ICC_MARK, PHOTOSHOP_MARK, Metadata
from underside.metadata.segments import LARGEST_PAYLOAD, Segment
from underside.photo import exif
from underside.photo.markers import APP1, APP2, APP13, COM

__all__ = ["jpeg_segments", "left_behind", "png_chunks", "png_chunks_kept", "tiff_fields", "webp_with"]

# What in a PNG says nothing of how its pixels are stored: it stays true for other pixels of the same photo.
_PNG_KEPT = frozenset(
    {b"cHRM", b"cICP", b"cLLI", b"eXIf", b"gAMA", b"iCCP", b"iTXt", b"mDCV", b"oFFs", b"pCAL", b"pHYs"}
    | {b"sCAL", b"sRGB", b"sTER", b"tEXt", b"tIME", b"zTXt"}
)
_SAFE_TO_COPY = 0x20


def jpeg_segments(metadata: Metadata) -> list[Segment]:
    """The segments that hold it."""
    block = _fitting(metadata.exif)
    profile = _pieces(metadata.icc, LARGEST_PAYLOAD - len(ICC_MARK) - 2)
    return [
        *([Segment(APP1, exif.EXIF_MARK + block)] if block else []),
        *(Segment(APP1, content) for content in xmp.split_for_jpeg(metadata.xmp)),
        *(
            Segment(APP2, ICC_MARK + bytes((number, len(profile))) + piece)
            for number, piece in enumerate(profile, start=1)
        ),
        *(
            Segment(APP13, PHOTOSHOP_MARK + piece)
            for piece in _pieces(metadata.photoshop, LARGEST_PAYLOAD - len(PHOTOSHOP_MARK))
        ),
        *(Segment(COM, comment[:LARGEST_PAYLOAD]) for comment in metadata.comments),
    ]


def png_chunks(metadata: Metadata) -> list[tuple[bytes, bytes]]:
    """The chunks that hold it."""
    return list(_png_chunks(metadata))


def png_chunks_kept(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of another PNG that stay true when its pixels change; the unknown ones say so themselves."""
    chunks = png.read_chunks(data)
    return [(kind, content) for kind, content in chunks if kind in _PNG_KEPT or _says_it_stays(kind)]


def webp_with(metadata: Metadata, webp: bytes, header: png.Header) -> bytes:
    """A WebP of one picture, with its metadata around it."""
    picture = webp[12:]
    if picture[:4] == b"VP8X":
        picture = picture[18:]
    has_alpha, has_icc, has_exif, has_xmp = 0x10, 0x20, 0x08, 0x04
    flags = has_alpha * (header.channels == 4) + has_icc * bool(metadata.icc)
    flags += has_exif * bool(metadata.exif) + has_xmp * bool(metadata.xmp)
    extent = b"".join(struct.pack("<I", size - 1)[:3] for size in (header.width, header.height))
    chunks = b"".join(
        [
            _riff(b"VP8X", bytes((flags, 0, 0, 0)) + extent),
            _riff(b"ICCP", metadata.icc),
            picture,
            _riff(b"EXIF", metadata.exif),
            _riff(b"XMP ", metadata.xmp),
        ]
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def tiff_fields(metadata: Metadata) -> list[tiff.Field]:
    """The tags that hold what is not EXIF, in the byte order of its block of EXIF."""
    fields = [
        tiff.Field(tiff.XMP, tiff.BYTE, metadata.xmp),
        tiff.Field(tiff.IPTC, tiff.UNDEFINED, metadata.iptc),
        tiff.Field(tiff.PHOTOSHOP, tiff.BYTE, metadata.photoshop),
        tiff.Field(tiff.ICC, tiff.UNDEFINED, metadata.icc),
        tiff.Field(tiff.DESCRIPTION, tiff.ASCII, b"".join(text.rstrip(b"\0") + b"\0" for text in metadata.comments)),
    ]
    if metadata.density is not None:
        tags = exif.Tags.of(metadata.exif)
        order = "<" if tags is None else tags.order
        unit, across, down = metadata.density
        fields += [
            tiff.Field(282, tiff.RATIONAL, struct.pack(order + "2I", across, 1)),
            tiff.Field(283, tiff.RATIONAL, struct.pack(order + "2I", down, 1)),
            tiff.Field(296, tiff.SHORT, struct.pack(order + "H", unit + 1)),
        ]
    return [field for field in fields if field.value]


def left_behind(metadata: Metadata, *, container: str) -> tuple[str, ...]:
    """What a container cannot hold, as sentences."""
    notes = []
    if metadata.exif_is_lost:
        notes.append("Its EXIF is not where the file says, and was left out")
    if container == "jpeg" and len(kept := _fitting(metadata.exif)) < len(metadata.exif):
        which = "the largest tags were" if kept else "all of it was"
        notes.append(f"Its EXIF is longer than JPEG can hold: {which} left out")
    if container == "webp" and (metadata.photoshop or metadata.comments):
        notes.append("WebP holds no IPTC and no comments: they were left out")
    if container != "png" and metadata.texts:
        names = ", ".join(metadata.texts)
        notes.append(f"Its texts {names} are in a form that only PNG has, and were left out")
    if container == "tiff" and metadata.exif:
        notes += _too_broken_for_tiff(metadata.exif)
    return tuple(notes)


def _too_broken_for_tiff(block: bytes) -> list[str]:
    """A TIFF has no place for a block: its tags are the file's own."""
    tags = exif.Tags.of(block)
    entries = {} if tags is None or tags.big else tags.directory(tags.first).entries
    if tags is None or not entries:
        return ["Its EXIF is too broken for TIFF and was left out"]
    if any(tiff.value_of(tags, entry) is None for entry in entries.values()):
        return ["Some tags of its EXIF are too broken for TIFF and were left out"]
    return []


def _fitting(block: bytes) -> bytes:
    most = LARGEST_PAYLOAD - len(exif.EXIF_MARK)
    if len(block) <= most:
        return block
    tags = exif.Tags.of(block)
    if tags is None:
        return b""
    # The maker's note is often what is too long, and the camera stands beside it.
    for longest in (most, most // 4, 1024):
        shorter = tiff.pack_tags(tags, longest=longest, reach=most)
        if len(shorter) <= most:
            return shorter
    return b""


def _pieces(content: bytes, most: int) -> list[bytes]:
    return [content[at : at + most] for at in range(0, len(content), most)]


def _png_chunks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    if metadata.icc:
        yield b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc)
    if metadata.density is not None:
        unit, across, down = metadata.density
        to_metre = 100 if unit == 2 else 100 / 2.54
        yield b"pHYs", struct.pack(">IIB", round(across * to_metre), round(down * to_metre), 1)
    if metadata.exif:
        yield b"eXIf", metadata.exif
    if metadata.xmp:
        yield b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp
    if metadata.photoshop:
        rolled = f"\niptc\n{len(metadata.photoshop):8d}\n{metadata.photoshop.hex()}\n".encode()
        yield b"zTXt", png.RAW_PROFILE_IPTC + b"\0\0" + zlib.compress(rolled)
    for comment in metadata.comments:
        yield b"iTXt", b"Comment\0\0\0\0\0" + _in_utf8(comment.rstrip(b"\0").replace(b"\0", b" "))


def _in_utf8(text: bytes) -> bytes:
    """Older cameras and programs comment in Latin-1."""
    try:
        return text.decode().encode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()


def _says_it_stays(kind: bytes) -> bool:
    ancillary, private = kind[0] & 0x20, kind[1] & 0x20
    return bool(ancillary and private and kind[3] & _SAFE_TO_COPY)


def _riff(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) if content else b""
