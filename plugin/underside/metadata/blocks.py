"""All metadata of a photo as the blocks of bytes that its container holds."""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from underside import png
from underside.metadata import tiff, xmp
from underside.metadata.segments import header_segments
from underside.photo import Container, Photo, exif
from underside.photo.containers import heif
from underside.photo.containers.items import exif_item
from underside.photo.markers import APP0, APP1, APP2, APP13, COM

__all__ = ["ICC_MARK", "IPTC_RESOURCE", "PHOTOSHOP_MARK", "Metadata", "missing_camera_facts", "read_metadata"]

ICC_MARK = b"ICC_PROFILE\0"
PHOTOSHOP_MARK = b"Photoshop 3.0\0"
IPTC_RESOURCE = b"8BIM\x04\x04\0\0"


@dataclass(frozen=True)
class Metadata:
    """What a photo says beside its pixels; empty where it says nothing."""

    exif: bytes = field(default=b"", repr=False)
    """A TIFF structure without a mark before it, as it stood in the file, broken or not."""
    exif_is_lost: bool = False
    """The file says that it holds EXIF, and where is not found."""
    xmp: bytes = field(default=b"", repr=False)
    """One packet."""
    icc: bytes = field(default=b"", repr=False)
    photoshop: bytes = field(default=b"", repr=False)
    """Image resources, of which IPTC is one."""
    comments: tuple[bytes, ...] = ()
    texts: tuple[str, ...] = ()
    """The names of a PNG's other texts, for which no other container has a place."""
    density: tuple[int, int, int] | None = None
    """Unit (1 inch, 2 centimetre) and pixels to a unit across and down."""

    @property
    def iptc(self) -> bytes:
        """The IPTC records among the image resources."""
        return next((content for kind, content in _resources(self.photoshop) if kind == 0x0404), b"")


def read_metadata(data: bytes) -> Metadata:
    """Read what there is; what is broken counts as absent, but for EXIF, which stays as it is."""
    if data[:2] == b"\xff\xd8":
        return _of_jpeg(data)
    if data[:8] == png.SIGNATURE:
        return _of_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _of_webp(data)
    if data[4:8] == b"ftyp":
        return _of_heif(data)
    return _of_tiff(data)


def missing_camera_facts(photo: Photo) -> tuple[str, ...]:
    """Which of the tags are absent that photogrammetry needs to know the camera by."""
    camera = photo.camera
    facts = {"Make": camera.make, "Model": camera.model, "FocalLength": camera.focal_length}
    missing = tuple(name for name, value in facts.items() if value is None)
    # Some kinds of raw keep them where only their converter looks.
    return () if photo.container is Container.RAW and len(missing) == len(facts) else missing


def _of_jpeg(data: bytes) -> Metadata:
    segments = list(header_segments(data))

    def after(marker: int, mark: bytes) -> list[bytes]:
        found = (each.payload for each in segments if each.marker == marker)
        return [payload.removeprefix(mark) for payload in found if payload.startswith(mark)]

    # By number; of a part that stands there twice the first counts, as for whoever opens the photo.
    profile = {part[0]: part[2:] for part in reversed(after(APP2, ICC_MARK)) if len(part) > 2}
    return Metadata(
        exif=exif.joined_exif(each.payload for each in segments if each.marker == APP1),
        xmp=xmp.joined(next(iter(after(APP1, xmp.PACKET)), b""), after(APP1, xmp.EXTENSION)),
        icc=b"".join(profile[number] for number in sorted(profile)),
        photoshop=b"".join(after(APP13, PHOTOSHOP_MARK)),
        comments=tuple(each.payload for each in segments if each.marker == COM),
        density=next(map(_jfif_density, after(APP0, b"JFIF\0")), None),
    )


def _jfif_density(content: bytes) -> tuple[int, int, int] | None:
    if len(content) < 7 or content[2] not in (1, 2):
        return None
    return struct.unpack(">BHH", content[2:7])


def _of_png(data: bytes) -> Metadata:
    chunks = dict(reversed([(kind, content) for kind, content in png.read_chunks(data)]))
    texts = [_text(kind, content) for kind, content in png.read_chunks(data) if kind in _TEXTS]
    packets = [text for keyword, text in texts if keyword == _XMP]
    comments = [text for keyword, text in texts if keyword == _COMMENT]
    return Metadata(
        exif=chunks.get(b"eXIf", b"").removeprefix(exif.EXIF_MARK),
        xmp=next(iter(packets), b""),
        icc=_inflated(chunks.get(b"iCCP", b"").partition(b"\0")[2][1:]),
        photoshop=next((_image_resources(text) for keyword, text in texts if keyword == png.RAW_PROFILE_IPTC), b""),
        comments=tuple(comments),
        texts=tuple(dict.fromkeys(keyword.decode("latin-1") for keyword, _ in texts if keyword not in _CARRIED)),
        density=_png_density(chunks.get(b"pHYs", b"")),
    )


_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP, _COMMENT = b"XML:com.adobe.xmp", b"Comment"
_CARRIED = (_XMP, _COMMENT, png.RAW_PROFILE_IPTC)
# A made-up text of some kilobytes could unfold to gigabytes.
_LARGEST_TEXT = 64 << 20


def _text(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    keyword, _, rest = content.partition(b"\0")
    if kind == b"tEXt":
        return keyword, rest.decode("latin-1").encode()
    if kind == b"zTXt":
        return keyword, _inflated(rest[1:]).decode("latin-1").encode()
    text = rest[2:].split(b"\0", 2)[-1]
    return keyword, _inflated(text) if rest[:1] == b"\1" else text


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _LARGEST_TEXT)
    except zlib.error:
        return b""


# A name of one word or several, which programs choose freely; the length; the content in hexadecimal digits.
_ROLLED = re.compile(rb"\s*[^\n]*\n\s*\d+\s+(.*)", re.DOTALL)


def _image_resources(text: bytes) -> bytes:
    """What a PNG holds as text: image resources or, by other programs, the IPTC records alone."""
    rolled = _ROLLED.match(text)
    try:
        content = bytes.fromhex(b"".join(rolled[1].split()).decode("ascii")) if rolled else b""
    except (ValueError, UnicodeDecodeError):
        return b""
    return _as_resource(content) if content.startswith(b"\x1c") else content


def _as_resource(iptc: bytes) -> bytes:
    return IPTC_RESOURCE + struct.pack(">I", len(iptc)) + iptc + bytes(len(iptc) % 2)


def _png_density(content: bytes) -> tuple[int, int, int] | None:
    if len(content) != 9 or content[8] != 1:
        return None
    across, down = struct.unpack(">II", content[:8])
    return 2, round(across / 100), round(down / 100)


def _of_webp(data: bytes) -> Metadata:
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        begin = position + 8
        position = begin + int.from_bytes(data[position + 4 : begin], "little")
        chunks.setdefault(data[begin - 8 : begin - 4], data[begin:position])
        position += position % 2
    return Metadata(
        exif=chunks.get(b"EXIF", b"").removeprefix(exif.EXIF_MARK),
        xmp=chunks.get(b"XMP ", b""),
        icc=chunks.get(b"ICCP", b""),
    )


def _of_tiff(data: bytes) -> Metadata:
    tags = exif.Tags.of(data)
    if tags is None:
        return Metadata()
    first = tags.directory(tags.first)
    values = {tag: tiff.value_of(tags, first.entries[tag]) or b"" for tag in tiff.BLOCK_TAGS & set(first.entries)}
    photoshop, iptc = values.get(tiff.PHOTOSHOP, b""), values.get(tiff.IPTC, b"")
    if iptc and not any(kind == 0x0404 for kind, _ in _resources(photoshop)):
        photoshop += _as_resource(iptc)
    return Metadata(
        exif=tiff.pack_tags(tags, without=tiff.BLOCK_TAGS, reach=_REACH),
        xmp=values.get(tiff.XMP, b""),
        icc=values.get(tiff.ICC, b""),
        photoshop=photoshop,
    )


# A block of EXIF that fits into a segment of JPEG.
_REACH = 65533 - len(exif.EXIF_MARK)


def _of_heif(data: bytes) -> Metadata:
    info = _heif_info(data)
    block = info.get("exif") or b""
    # Decoding has turned the picture already; a program that read the old orientation would turn it again.
    return Metadata(
        exif=_upright(block.removeprefix(exif.EXIF_MARK)),
        exif_is_lost=not block and heif.names_exif(data),
        xmp=_XMP_ORIENTATION.sub(rb"\g<1>1", info.get("xmp") or b""),
        icc=info.get("icc_profile") or b"",
    )


_ORIENTATION = 274
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=[\"']|>))[2-8]")


def _heif_info(data: bytes) -> Mapping[Any, Any]:
    if heif.is_for_pillow(data):
        # Pillow rewrites EXIF if the picture was turned, and fails at what it cannot read.
        with heif.open_avif(data) as picture:
            return {**picture.info, "exif": exif_item(data)}
    import pillow_heif

    info: Mapping[Any, Any] = pillow_heif.open_heif(data).info
    return info


def _upright(block: bytes) -> bytes:
    tags = exif.Tags.of(block)
    entry = tags.directory(tags.first).entries.get(_ORIENTATION) if tags is not None else None
    if tags is None or entry is None or entry.type != tiff.SHORT or tiff.value_of(tags, entry) is None:
        return block
    return block[: entry.offset] + struct.pack(tags.order + "H", 1) + block[entry.offset + 2 :]


def _resources(photoshop: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each image resource."""
    position = 0
    while photoshop[position : position + 4] == b"8BIM" and position + 12 <= len(photoshop):
        kind = int.from_bytes(photoshop[position + 4 : position + 6], "big")
        name = photoshop[position + 6] + 1
        begin = position + 6 + name + name % 2 + 4
        end = begin + int.from_bytes(photoshop[begin - 4 : begin], "big")
        if end > len(photoshop):
            return
        yield kind, photoshop[begin:end]
        position = end + end % 2
