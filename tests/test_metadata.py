"""Metadata: what a photo says of itself is in its cut-out, byte for byte where the container stays."""

import io
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import piexif
import pytest
from photo_files import picture, png_chunk, red_and_green_swapped, saved
from PIL import Image
from rich_photos import (
    BROKEN_EXIF,
    COMMENTS,
    IPTC,
    PHOTOSHOP,
    PNG_BEHIND,
    PNG_KEPT,
    XMP,
    chunks_of,
    cut,
    exif_block,
    metadata_segments,
    rich_jpeg,
    rich_png,
    rich_segments,
    segment,
)

from underside.metadata import missing_camera_facts, read_metadata, xmp
from underside.photo import open_photo


@pytest.mark.parametrize("mode", ["lossless", "fast"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_every_segment_byte_for_byte(tmp_path: Path, mode: str, progressive: bool) -> None:
    content = rich_jpeg(progressive=progressive)
    cutout = cut(tmp_path, content, ".jpg", mode=mode)
    assert metadata_segments(cutout.data) == rich_segments(exif_block())
    assert cutout.notes == ()


@pytest.mark.parametrize("extra", [b"", segment(0xE2, b"MPF\0II*\0" + bytes(60))])
def test_pictures_behind_the_picture_are_left_out_and_said_so(tmp_path: Path, extra: bytes) -> None:
    content = rich_jpeg(extra=extra) + rich_jpeg()
    for mode in ("lossless", "fast"):
        cutout = cut(tmp_path, content, ".jpg", mode=mode)
        assert metadata_segments(cutout.data) == rich_segments(exif_block())
        assert cutout.data.count(b"\xff\xd9") == 2  # the picture's and the thumbnail's
        assert "left out" in cutout.notes[0]
    assert "left out" in cut(tmp_path, content, ".jpg", format="png").notes[0]


def test_zeros_behind_the_picture_are_nobodys_loss(tmp_path: Path) -> None:
    assert cut(tmp_path, rich_jpeg() + bytes(500), ".jpg").notes == ()


@pytest.mark.parametrize(("kind", "background"), [("png", (0, 0, 0)), ("png", None), ("webp", (0, 0, 0))])
def test_other_containers_hold_the_same_blocks(tmp_path: Path, kind: str, background: object) -> None:
    cutout = cut(tmp_path, rich_jpeg(), ".jpg", format=kind, background=background)
    with Image.open(io.BytesIO(cutout.data)) as image:
        info = image.info
    assert info["exif"].removeprefix(b"Exif\0\0") == exif_block()
    assert info["icc_profile"] == red_and_green_swapped()
    assert b"turn the plate" in info["xmp"]
    assert b"HasExtendedXMP" not in info["xmp"]
    assert b'xmp:Rating="4"' in info["xmp"]


def test_a_png_holds_iptc_comments_and_density_too(tmp_path: Path) -> None:
    content = cut(tmp_path, rich_jpeg(), ".jpg", format="png").data
    again = read_metadata(content)
    assert again.iptc == IPTC
    assert again.photoshop == PHOTOSHOP
    assert again.comments == COMMENTS
    assert dict(chunks_of(content))[b"pHYs"] == struct.pack(">IIB", 11811, 11811, 1)


def test_a_profile_that_stands_in_a_jpeg_twice_is_carried_once(tmp_path: Path) -> None:
    bare, profile = saved(picture(200, 120), "JPEG"), red_and_green_swapped()
    content = bare[:2] + segment(0xE2, b"ICC_PROFILE\0\1\1" + profile) * 2 + bare[2:]
    cutout = cut(tmp_path, content, ".jpg", format="png")
    assert open_photo(tmp_path / "photo.jpg").icc == profile
    assert read_metadata(cutout.data).icc == profile


@pytest.mark.parametrize("kind", ["jpeg", "tiff"])
def test_a_mark_that_some_programs_put_before_the_exif_of_a_png_stays_behind(tmp_path: Path, kind: str) -> None:
    bare = saved(picture(200, 120), "PNG")
    source = bare[:33] + png_chunk(b"eXIf", b"Exif\0\0" + exif_block()) + bare[33:]
    cutout = cut(tmp_path, source, ".png", format=kind)
    assert cutout.notes == ()
    assert b"Exif\0\0Exif" not in cutout.data
    (tmp_path / f"cut{cutout.suffix}").write_bytes(cutout.data)
    assert open_photo(tmp_path / f"cut{cutout.suffix}").camera == open_photo(tmp_path / "photo.png").camera


def test_a_comment_in_latin_1_is_still_legible_in_a_png(tmp_path: Path) -> None:
    content = saved(picture(200, 120), "JPEG", comment="Vitrine 4, \u00e9tage 2".encode("latin-1"))
    assert read_metadata(cut(tmp_path, content, ".jpg", format="png").data).comments == (COMMENTS[1],)


def test_a_webp_says_what_it_cannot_hold(tmp_path: Path) -> None:
    assert "WebP holds no IPTC" in cut(tmp_path, rich_jpeg(), ".jpg", format="webp").notes[0]


def test_a_png_keeps_the_chunks_that_stay_true(tmp_path: Path) -> None:
    for bits in (8, 16):
        kept = [each for each in chunks_of(cut(tmp_path, rich_png(bits=bits), ".png").data) if each[0] != b"IDAT"]
        assert kept[1:-1] == [*PNG_KEPT, *chunks_of(bytes(8) + PNG_BEHIND)]


def test_a_webp_keeps_its_chunks(tmp_path: Path) -> None:
    source = saved(picture(), "WEBP", exif=exif_block(), xmp=XMP, icc_profile=red_and_green_swapped())
    cutout = cut(tmp_path, source, ".webp")
    assert cutout.suffix == ".webp"
    before, after = read_metadata(source), read_metadata(cutout.data)
    assert after == before
    assert after.exif == exif_block()


@pytest.mark.parametrize(
    ("block", "missing"),
    [
        (exif_block(), ()),
        (b"", ("Make", "Model", "FocalLength")),
        (BROKEN_EXIF, ("Make", "Model", "FocalLength")),
        (piexif.dump({"0th": {271: b"LUMENWORKS"}})[6:], ("Model", "FocalLength")),
    ],
)
def test_absent_facts_of_the_camera_are_named(tmp_path: Path, block: bytes, missing: tuple[str, ...]) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(rich_jpeg(block))
    assert missing_camera_facts(open_photo(path)) == missing


def test_prefixes_in_xmp_stay_as_they_are_whatever_other_threads_do() -> None:
    def packet(prefix: bytes, number: int, more: bytes = b"") -> bytes:
        return (
            b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            b'<rdf:Description rdf:about="" xmlns:%s="http://%s.example/%d/" %s:v="1" %s/></rdf:RDF></x:xmpmeta>'
        ) % (prefix, prefix, number, prefix, more)

    def merge(number: int) -> bytes:
        name = b"A" * 32
        note = b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"' % name
        extension = name + struct.pack(">II", 10, 0) + packet(b"bb", number)
        return xmp.joined(packet(b"aa", number, note), [xmp.EXTENSION + extension])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            merged = list(threads.map(merge, range(400)))
    finally:
        sys.setswitchinterval(usual)
    assert all(b" aa:v=" in each and b" bb:v=" in each for each in merged)
