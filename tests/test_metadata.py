"""Metadata: what a photo says of itself is in its cut-out, byte for byte where the container stays."""

import io
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import piexif
import pytest
from photo_files import heic, picture, png_chunk, red_and_green_swapped, saved
from PIL import Image, features
from rich_photos import (
    COMMENTS,
    IPTC,
    MAKER_NOTE,
    PHOTOSHOP,
    PNG_BEHIND,
    PNG_KEPT,
    XMP,
    chunks_of,
    exif_block,
    exiftool_facts,
    metadata_segments,
    object_in_the_middle,
    rich_jpeg,
    rich_png,
    rich_segments,
    segment,
)

from underside.cutout import Cutout, CutoutOptions, make_cutout
from underside.metadata import missing_camera_facts, read_metadata, xmp
from underside.photo import open_photo, peek
from underside.photo.exif import Tags

BROKEN_EXIF = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 900, 0x010F, 2, 0xFFFFFFF0, 0x7FFFFFFF) + b"\xde\xad" * 40


def cut(folder: Path, content: bytes, suffix: str, **options: object) -> Cutout:
    path = folder / f"photo{suffix}"
    path.write_bytes(content)
    photo = open_photo(path)
    return make_cutout(photo, object_in_the_middle(photo.width, photo.height), CutoutOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["lossless", "fast"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_every_segment_byte_for_byte(tmp_path: Path, mode: str, progressive: bool) -> None:
    content = rich_jpeg(progressive=progressive)
    cutout = cut(tmp_path, content, ".jpg", mode=mode)
    assert metadata_segments(cutout.data) == rich_segments(exif_block())
    assert cutout.notes == ()


@pytest.mark.parametrize("mode", ["lossless", "fast"])
def test_broken_exif_survives_in_a_jpeg(tmp_path: Path, mode: str) -> None:
    content = rich_jpeg(BROKEN_EXIF)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever piexif raises: it cannot be edited
        piexif.load(content)
    cutout = cut(tmp_path, content, ".jpg", mode=mode)
    assert (0xE1, b"Exif\0\0" + BROKEN_EXIF) in metadata_segments(cutout.data)


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_broken_exif_survives_in_other_containers(tmp_path: Path, kind: str) -> None:
    cutout = cut(tmp_path, rich_jpeg(BROKEN_EXIF), ".jpg", format=kind)
    assert BROKEN_EXIF[8:] in cutout.data
    assert np.asarray(Image.open(io.BytesIO(cutout.data))).shape[:2] == (120, 200)


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


@pytest.mark.parametrize("kind", ["jpeg", "tiff", "webp"])
def test_texts_of_a_png_that_no_other_container_holds_are_named(tmp_path: Path, kind: str) -> None:
    notes = cut(tmp_path, rich_png(), ".png", format=kind).notes
    assert "Its texts Author, Source are in a form that only PNG has, and were left out" in notes
    assert not any("texts" in note for note in cut(tmp_path, rich_png(), ".png").notes)


def test_a_tiff_keeps_the_exif_block_where_the_makers_note_finds_itself(tmp_path: Path) -> None:
    content = cut(tmp_path, rich_jpeg(), ".jpg", format="tiff").data
    block = exif_block()
    assert content[8 : len(block)] == block[8:]
    again = read_metadata(content)
    assert (again.photoshop, again.icc) == (PHOTOSHOP, red_and_green_swapped())
    assert b"turn the plate" in again.xmp


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


TIFF_TAGS = {271: "LUMENWORKS", 274: 3, 65000: b"private to the studio" * 9, 700: XMP, 34377: PHOTOSHOP}


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


_PIXEL_LAYOUT = {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 338}


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


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("background", [(0, 0, 0), None])
def test_a_tiff_keeps_every_tag(tmp_path: Path, order: str, background: object) -> None:
    content = rich_tiff(order)
    cutout = cut(tmp_path, content, ".tif", background=background)
    assert cutout.suffix == ".tif"
    assert sorted(tags_of(cutout.data)) == sorted(tags_of(content))
    assert cutout.data.index(MAKER_NOTE) == content.index(MAKER_NOTE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_becomes_a_jpeg_with_all_it_says(tmp_path: Path, order: str) -> None:
    content = cut(tmp_path, rich_tiff(order), ".tif", format="jpeg").data
    again = read_metadata(content)
    assert (again.xmp, again.icc, again.photoshop) == (XMP, red_and_green_swapped(), PHOTOSHOP)
    camera = {each for each in tags_of(rich_tiff(order)) if each[0] not in ("700", "33723", "34675", "34377")}
    assert set(tags_of(again.exif)) == camera
    assert again.exif.index(MAKER_NOTE) == rich_tiff(order).index(MAKER_NOTE)


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


def test_a_heic_that_was_turned_while_decoding_says_so_no_more(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    content = io.BytesIO()
    heif.from_pillow(Image.fromarray(picture(64, 48))).save(content, exif=b"Exif\0\0" + exif_block(), quality=90)
    cutout = cut(tmp_path, content.getvalue(), ".heic")
    assert cutout.suffix == ".jpg"
    block = read_metadata(cutout.data).exif
    assert piexif.load(b"Exif\0\0" + block)["0th"][274] == 1
    assert MAKER_NOTE in block


@pytest.fixture
def avif() -> Callable[..., bytes]:
    """Make an AVIF that says this and no more; Pillow would write EXIF anew, and refuse what it cannot read."""
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")

    def avif(block: bytes, *, orientation: int = 1) -> bytes:
        room = piexif.dump({"0th": {274: orientation, 270: b"x" * len(block)}})
        content = saved(picture(64, 48), "AVIF", exif=room, icc_profile=red_and_green_swapped())
        begin = content.index(b"MM\0*")
        end = content.index(b"x\0", begin) + 2
        return content[:begin] + block.ljust(end - begin, b"\0") + content[end:]

    return avif


def test_an_avif_keeps_its_blocks(tmp_path: Path, avif: Callable[..., bytes]) -> None:
    again = read_metadata(cut(tmp_path, avif(exif_block(orientation=1)), ".avif").data)
    assert again.icc == red_and_green_swapped()
    assert again.exif.rstrip(b"\0") == exif_block(orientation=1).rstrip(b"\0")


def test_an_avif_that_was_turned_while_decoding_keeps_all_but_the_turn(
    tmp_path: Path, avif: Callable[..., bytes]
) -> None:
    # If the two do not agree, Pillow would rewrite the block.
    cutout = cut(tmp_path, avif(exif_block(orientation=3), orientation=6), ".avif")
    assert read_metadata(cutout.data).exif.rstrip(b"\0") == exif_block(orientation=1).rstrip(b"\0")
    assert np.asarray(Image.open(io.BytesIO(cutout.data))).shape[:2] == (64, 48)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("block", [BROKEN_EXIF, b"no EXIF at all, by any measure"], ids=["broken", "none"])
def test_broken_exif_of_an_avif_or_heic_is_carried_as_it_is(
    tmp_path: Path, avif: Callable[..., bytes], kind: str, block: bytes
) -> None:
    for suffix, content in (".avif", avif(block)), (".heic", heic(picture(64, 48), exif=block)):
        cutout = cut(tmp_path, content, suffix, format=kind)
        assert read_metadata(cutout.data).exif.rstrip(b"\0") == block
        assert cutout.notes == ()


def test_exif_that_an_avif_has_lost_is_said_and_the_rest_is_carried(tmp_path: Path, avif: Callable[..., bytes]) -> None:
    content = avif(exif_block(orientation=1))
    place = struct.pack(">I", content.index(b"Exif\0\0MM") - 4)
    assert content.count(place) == 1
    cutout = cut(tmp_path, content.replace(place, struct.pack(">I", len(content) + 99)), ".avif", format="png")
    assert cutout.notes == ("Its EXIF is not where the file says, and was left out",)
    assert read_metadata(cutout.data).icc == red_and_green_swapped()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (BROKEN_EXIF, "Some tags of its EXIF are too broken for TIFF and were left out"),
        (b"no EXIF at all", "Its EXIF is too broken for TIFF and was left out"),
        (b"II+\0" + exif_block()[4:], "Its EXIF is too broken for TIFF and was left out"),
    ],
    ids=["some", "none", "big"],
)
def test_a_tiff_says_that_exif_is_too_broken_for_it(tmp_path: Path, block: bytes, said: str) -> None:
    source = saved(picture(64, 48), "WEBP", exif=block)
    assert cut(tmp_path, source, ".webp").notes == ()
    assert cut(tmp_path, source, ".webp", format="tiff").notes == (said,)


def test_broken_exif_too_long_for_a_jpeg_is_said_to_stay_behind(tmp_path: Path) -> None:
    cutout = cut(tmp_path, saved(picture(64, 48), "WEBP", exif=b"no EXIF at all" * 9000), ".webp", format="jpeg")
    assert cutout.notes == ("Its EXIF is longer than JPEG can hold: all of it was left out",)


# What exiftool says of the file itself, not of the photo; JPEG's colours are stored otherwise than others'.
FILE_FACTS = {
    "jpeg": r"File:EncodingProcess",
    "png": r"File:|PNG:(BitDepth|ColorType|Compression|Filter|Image(Width|Height)|Interlace)$",
    "tiff": r"File:|IFD0:(BitsPerSample|Compression|Photometric.*|Strip.*|SamplesPerPixel|RowsPerStrip|Planar.*"
    r"|Predictor|ExtraSamples|Image(Width|Height)|YCbCrPositioning|PageCount)$",
    "webp": r"File:|RIFF:",
}
# Where another container keeps the same, or has no place for it.
EVERYWHERE = r"JFIF:|File:Comment|APP4:|XMP-xmpNote:|IFD1:ThumbnailOffset"
MOVED = {
    "jpeg": "nothing",
    "png": rf"{EVERYWHERE}|PNG:Comment|PNG-pHYs:|PNG:ProfileName",
    "tiff": rf"{EVERYWHERE}|IFD1:|SubIFD:|IPTC2:|IFD0:ImageDescription",
    "webp": rf"{EVERYWHERE}|Photoshop:|IPTC:",
}


def differences(folder: Path, source: tuple[bytes, str], cutout: Cutout, kind: str) -> set[tuple[str, str]]:
    before = exiftool_facts(*source, folder).items()
    after = exiftool_facts(cutout.data, cutout.suffix, folder).items()
    known = f"{FILE_FACTS[kind]}|{MOVED[kind]}"
    return {each for each in before ^ after if not re.match(known, each[0])}


@pytest.mark.parametrize("mode", ["lossless", "fast"])
def test_exiftool_sees_no_difference_in_a_jpeg(tmp_path: Path, mode: str) -> None:
    content = rich_jpeg()
    assert not differences(tmp_path, (content, ".jpg"), cut(tmp_path, content, ".jpg", mode=mode), "jpeg")


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_exiftool_sees_the_same_photo_in_another_container(tmp_path: Path, kind: str) -> None:
    content = rich_jpeg()
    cutout = cut(tmp_path, content, ".jpg", format=kind, background=None)
    assert not differences(tmp_path, (content, ".jpg"), cutout, kind)


@pytest.mark.parametrize("order", ["<", ">"])
def test_exiftool_sees_the_same_photo_in_a_tiff_of_a_tiff(tmp_path: Path, order: str) -> None:
    content = rich_tiff(order)
    assert not differences(tmp_path, (content, ".tif"), cut(tmp_path, content, ".tif"), "tiff")


def test_exiftool_sees_no_difference_in_a_photo_of_the_sample(tmp_path: Path, shared: Path) -> None:
    source = shared / "data/flip-sample/spot/upright/DSC_0001.JPG"
    for kind in ("jpeg", "png", "tiff", "webp"):
        cutout = cut(tmp_path, source.read_bytes(), ".jpg", format=kind)
        assert not differences(tmp_path, (source.read_bytes(), ".jpg"), cutout, kind)


@pytest.mark.parametrize("kind", ["jpeg", "tiff"])
@pytest.mark.parametrize("bare", [False, True], ids=["as image resource", "bare"])
def test_iptc_that_another_program_put_into_a_png_is_carried(tmp_path: Path, kind: str, bare: bool) -> None:
    content = PHOTOSHOP if not bare else IPTC
    # So exiftool and old versions of ImageMagick call it; newer ones say "iptc", as we do.
    rolled = f"\nIPTC profile\n{len(content):8d}\n{content.hex()}\n".encode()
    png = saved(picture(), "PNG")
    png = png[:33] + png_chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(rolled)) + png[33:]
    before = exiftool_facts(png, ".png", tmp_path)
    cutout = cut(tmp_path, png, ".png", format=kind)
    after = exiftool_facts(cutout.data, cutout.suffix, tmp_path)
    assert before["IPTC:ObjectName"] == after["IPTC:ObjectName"] == "Amphora"
    assert before["IPTC:CopyrightNotice"] == after["IPTC:CopyrightNotice"] == "Museum"
    assert "ExifTool:Warning" not in after


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


def test_metadata_of_damaged_containers_counts_as_absent() -> None:
    for content in (rich_jpeg()[:300], rich_png()[:60], b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xffII", b"II*\0", b""):
        assert not read_metadata(content).xmp


def test_a_tiff_cut_out_is_one_page_with_its_thumbnail_beside(tmp_path: Path) -> None:
    content = cut(tmp_path, rich_jpeg(exif_block(orientation=1)), ".jpg", format="tiff").data
    _, pages = cv2.imdecodemulti(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert [page.shape for page in pages] == [(120, 200, 3)]
    with Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 1
    tags = Tags.of(content)
    assert tags is not None
    beside = tags.directory(*tags.whole(tags.directory(tags.first), 330))
    begin, length = (tags.whole(beside, tag)[0] for tag in (513, 514))
    assert Image.open(io.BytesIO(content[begin : begin + length])).size == (32, 24)


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
