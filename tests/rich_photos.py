"""Photos with every kind of metadata that a camera or a program writes, and ways to look at it by hand."""

import hashlib
import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import cv2
import numpy as np
import piexif
import pytest
from numpy.typing import NDArray
from photo_files import picture, png_chunk, red_and_green_swapped
from PIL import Image

from underside.cutout import Cutout, CutoutOptions, make_cutout
from underside.photo import open_photo

MAKER_NOTE = b"Lumen\0\1\0" + bytes(range(256)) * 3
XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
    b'xmp:Rating="4"EXTENDED/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
BROKEN_EXIF = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 900, 0x010F, 2, 0xFFFFFFF0, 0x7FFFFFFF) + b"\xde\xad" * 40
EXTENSION = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    b'photoshop:Instructions="' + b"turn the plate " * 6000 + b'"/></rdf:RDF></x:xmpmeta>'
)
COMMENTS = (b"from the depot", "Vitrine 4, \u00e9tage 2".encode())
IPTC = b"\x1c\x02\x05\0\x07Amphora\x1c\x02\x74\0\x06Museum"
PHOTOSHOP = (
    b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
    + b"8BIM\x04\x0a\0\0" + struct.pack(">I", 1) + b"\1\0"
)  # fmt: skip


def exif_block(*, orientation: int = 6) -> bytes:
    """EXIF with a maker's note, a position and a thumbnail, without the mark before it."""
    thumbnail = io.BytesIO()
    Image.fromarray(picture(32, 24)).save(thumbnail, "JPEG")
    content: bytes = piexif.dump(
        {
            "0th": {271: b"LUMENWORKS", 272: b"LX-4", 274: orientation, 282: (300, 1), 283: (300, 1), 296: 2},
            "Exif": {37386: (35, 1), 37500: MAKER_NOTE, 36867: b"2024:05:14 10:15:50", 42033: b"LX40117"},
            "GPS": {0: (2, 3, 0, 0), 1: b"N", 2: ((48, 1), (51, 1), (2960, 100))},
            "Interop": {1: b"R98"},
            "1st": {259: 6},
            "thumbnail": thumbnail.getvalue(),
        }
    )
    return content.removeprefix(b"Exif\0\0")


def rich_segments(exif: bytes) -> list[tuple[int, bytes]]:
    """Marker and payload of everything that is neither picture nor index of pictures."""
    profile = red_and_green_swapped()
    name = hashlib.md5(EXTENSION, usedforsecurity=False).hexdigest().upper().encode()
    half = len(EXTENSION) // 2
    parts = [(0, EXTENSION[:half]), (half, EXTENSION[half:])]
    return [
        (0xE0, b"JFIF\0\1\2\1\1\x2c\1\x2c\0\0"),
        (0xE1, b"Exif\0\0" + exif),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(
            b"EXTENDED", b' xmpNote:HasExtendedXMP="' + name + b'"')),
        *(
            (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + name + struct.pack(">II", len(EXTENSION), at) + part)
            for at, part in parts
        ),
        (0xE2, b"ICC_PROFILE\0\1\2" + profile[:200]),
        (0xE2, b"ICC_PROFILE\0\2\2" + profile[200:]),
        (0xE4, b"maker's own segment"),
        (0xED, b"Photoshop 3.0\0" + PHOTOSHOP),
        *((0xFE, comment) for comment in COMMENTS),
    ]  # fmt: skip


def rich_jpeg(exif: bytes | None = None, *, progressive: bool = False, extra: bytes = b"") -> bytes:
    """A JPEG of 200 x 120 with all of it; ``extra`` are further segments."""
    content = io.BytesIO()
    Image.fromarray(picture(200, 120)).save(content, "JPEG", quality=88, progressive=progressive)
    bare = content.getvalue()
    start = 2 + 2 + int.from_bytes(bare[4:6], "big")
    segments = rich_segments(exif_block() if exif is None else exif)
    return bare[:2] + b"".join(segment(*each) for each in segments) + extra + bare[start:]


def segment(marker: int, payload: bytes) -> bytes:
    """One segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def segments_of(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Marker and payload of what stands before the first scan, read the plainest way."""
    found, position = [], 2
    while jpeg[position + 1] != 0xDA:
        assert jpeg[position] == 0xFF
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
        found.append((jpeg[position + 1], jpeg[position + 4 : end]))
        position = end
    return found


def metadata_segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Those of them that a decoder does not need."""
    return [each for each in segments_of(jpeg) if 0xE0 <= each[0] <= 0xEF or each[0] == 0xFE]


def rich_png(*, bits: int = 8) -> bytes:
    """A PNG with everything that a PNG holds, some of it untrue once the pixels change."""
    pixels = picture(200, 120)
    stored = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    bare = cv2.imencode(".png", stored if bits == 8 else stored.astype(np.uint16) * 257)[1].tobytes()
    chunks = [*PNG_KEPT, (b"tRNS", bytes(6)), (b"hIST", bytes(4)), (b"maKE", b"unsafe to copy")]
    return bare[:33] + b"".join(png_chunk(*each) for each in chunks) + bare[33:-12] + PNG_BEHIND + bare[-12:]


PNG_KEPT = [
    (b"iCCP", b"camera\0\0" + zlib.compress(red_and_green_swapped())),
    (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
    (b"eXIf", exif_block()),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.replace(b"EXTENDED", b"")),
    (b"tEXt", b"Comment\0from the depot"),
    (b"zTXt", b"Author\0\0" + zlib.compress(b"the curator")),
    (b"maKe", b"safe to copy"),
]
PNG_BEHIND = png_chunk(b"tEXt", b"Source\0LX-4")


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a PNG."""
    found, position = [], 8
    while position < len(png):
        length = int.from_bytes(png[position : position + 4], "big")
        found.append((png[position + 4 : position + 8], png[position + 8 : position + 8 + length]))
        position += 12 + length
    return found


def object_in_the_middle(width: int, height: int) -> NDArray[np.uint8]:
    """A mask: an ellipse, and a thin pole that touches the lower edge."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 5, height // 4), 30, 0, 360, 255, -1)
    mask[height // 2 :, width // 2] = 255
    return mask


def cut(folder: Path, content: bytes, suffix: str, **options: object) -> Cutout:
    """The cut-out of a photo of that content."""
    path = folder / f"photo{suffix}"
    path.write_bytes(content)
    photo = open_photo(path)
    return make_cutout(photo, object_in_the_middle(photo.width, photo.height), CutoutOptions(**options))  # type: ignore[arg-type]


def exiftool_facts(content: bytes, suffix: str, folder: Path) -> dict[str, str]:
    """All that exiftool sees, by group and name; the test is skipped where there is no exiftool."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    path = folder / f"judged{suffix}"
    path.write_bytes(content)
    words = ["exiftool", "-a", "-G1", "-s", "-j", "-b", "-charset", "exif=latin", str(path)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    facts = {name: str(value) for name, value in json.loads(said)[0].items()}
    return {name: value for name, value in facts.items() if not re.match(_FACTS_OF_THE_RUN, name)}


_FACTS_OF_THE_RUN = r"SourceFile|System:|Composite:|ExifTool:ExifToolVersion"
