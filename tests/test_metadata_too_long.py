"""Metadata longer than a segment of a JPEG: carried in parts where that can be, and told where it cannot."""

from pathlib import Path

import piexif
from photo_files import heic, picture, saved
from rich_photos import MAKER_NOTE, XMP, cut, exiftool_facts, segment

from underside.metadata import missing_camera_facts, read_metadata
from underside.photo import open_photo, peek


def test_exif_longer_than_a_segment_is_read_and_carried_whole(tmp_path: Path) -> None:
    note = b"all that was seen" * 4000
    block = piexif.dump({"0th": {270: note, 271: b"LUMENWORKS"}, "Exif": {37386: (35, 1)}}).removeprefix(b"Exif\0\0")
    parts = [block[at : at + 65_527] for at in range(0, len(block), 65_527)]
    bare = saved(picture(200, 120), "JPEG")
    content = bare[:2] + b"".join(segment(0xE1, b"Exif\0\0" + part) for part in parts) + bare[2:]
    for kind in ("png", "webp", "tiff"):
        cutout = cut(tmp_path, content, ".jpg", format=kind)
        assert cutout.notes == ()
        facts = exiftool_facts(cutout.data, cutout.suffix, tmp_path)
        assert facts["IFD0:ImageDescription"] == note.decode()
        assert facts["ExifIFD:FocalLength"] == "35.0 mm"
    path = tmp_path / "photo.jpg"
    seen = peek(path)
    assert seen is not None
    assert seen.camera == open_photo(path).camera
    assert seen.camera.focal_length == 35


def test_exif_too_long_for_a_jpeg_loses_its_largest_tags_and_says_so(tmp_path: Path) -> None:
    long_tag = {270: "short", 65001: b"x" * 90_000}
    source = saved(picture(), "TIFF", tiffinfo=long_tag)
    cutout = cut(tmp_path, source, ".tif", format="jpeg")
    assert "largest tags were left out" in cutout.notes[0]
    assert b"short" in read_metadata(cutout.data).exif


def test_a_makers_note_too_long_for_a_jpeg_takes_nothing_else_with_it(tmp_path: Path) -> None:
    camera = {"0th": {271: b"LUMENWORKS", 272: b"LX-4"}, "Exif": {37386: (35, 1), 37500: MAKER_NOTE * 120}}
    cutout = cut(tmp_path, heic(picture(64, 48), exif=piexif.dump(camera)), ".heic")
    assert cutout.notes == ("Its EXIF is longer than JPEG can hold: the largest tags were left out",)
    (tmp_path / "cut.jpg").write_bytes(cutout.data)
    assert missing_camera_facts(open_photo(tmp_path / "cut.jpg")) == ()


def test_xmp_too_long_for_a_segment_is_extended_and_comes_back(tmp_path: Path) -> None:
    long_packet = XMP.replace(b"EXTENDED", b' xmp:Label="' + b"long " * 30_000 + b'"')
    source = saved(picture(), "WEBP", xmp=long_packet)
    cutout = cut(tmp_path, source, ".webp", format="jpeg")
    assert b"long " * 30_000 in read_metadata(cutout.data).xmp


def test_broken_exif_too_long_for_a_jpeg_is_said_to_stay_behind(tmp_path: Path) -> None:
    cutout = cut(tmp_path, saved(picture(64, 48), "WEBP", exif=b"no EXIF at all" * 9000), ".webp", format="jpeg")
    assert cutout.notes == ("Its EXIF is longer than JPEG can hold: all of it was left out",)
