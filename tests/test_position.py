"""Where a photo was taken: told of every kind of photo, taken out of copies, and nothing else with it."""

import struct
from pathlib import Path

import numpy as np
import piexif
import pytest
from photo_files import picture, saved, tiff
from PIL import features
from prepared_sets import hashed, masked
from rich_photos import exiftool_facts, segment

from underside.metadata.position import has_position
from underside.photo import decode, open_photo
from underside.prepare import PrepareOptions, prepare

PLACE = {1: b"N", 2: ((48, 1), (51, 1), (2960, 100)), 3: b"E", 4: ((2, 1), (17, 1), (0, 1))}
SIZE = (200, 120)


def block(*, before: int = 0) -> bytes:
    """EXIF with a position behind so many bytes of text, without the mark before it."""
    content: bytes = piexif.dump({"0th": {270: b"x" * before, 271: b"LUMENWORKS"}, "GPS": PLACE})
    return content.removeprefix(b"Exif\0\0")


def jpeg(*segments: bytes) -> bytes:
    bare = saved(picture(*SIZE), "JPEG", quality=95)
    return bare[:2] + b"".join(segment(0xE1, b"Exif\0\0" + each) for each in segments) + bare[2:]


def in_two_segments() -> bytes:
    """As exiftool writes what is longer than one."""
    content = block(before=65_480)
    return jpeg(content[:65_527], content[65_527:])


def leading_astray(content: bytes) -> bytes:
    """With a pointer to positions that leads to what are none."""
    entry = content.index(b"\x88\x25\0\4\0\0\0\1") + 8
    return content[:entry] + struct.pack(">I", 3000) + content[entry + 4 :]


def astray_in_a_tiff() -> bytes:
    width, height = SIZE
    pixels = np.random.default_rng(5).integers(0, 256, (height, width), np.uint8).tobytes()
    return tiff(
        [(256, 4, [width]), (257, 4, [height]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]), (273, 4, [8]),
         (277, 3, [1]), (278, 4, [height]), (279, 4, [len(pixels)]), (34853, 4, [3001])],
        pixels,
    )  # fmt: skip


def prepared_without_position(folder: Path, name: str, content: bytes) -> Path:
    finished = masked(folder, [name], size=SIZE)
    (finished.capture / name).write_bytes(content)
    finished = hashed(finished)
    told = prepare(finished.out, folder / "set", "colmap")
    assert any("(GPS), which" in note for note in told.notes)
    done = prepare(finished.out, folder / "set", "colmap", PrepareOptions(without_position=True))
    assert not any("GPS" in note for note in done.notes)
    assert (finished.capture / name).read_bytes() == content
    copy = folder / "set/images" / name
    assert not has_position(copy.read_bytes())
    assert np.array_equal(decode(open_photo(copy)), decode(open_photo(finished.capture / name)))
    return copy


@pytest.mark.parametrize("kind", ["avif", "webp", "png", "tif", "two segments"])
def test_a_position_is_taken_out_of_every_kind_of_photo(tmp_path: Path, kind: str) -> None:
    pixels = picture(*SIZE)
    if kind == "avif" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    marked = b"Exif\0\0" + block()
    contents = {
        # In AVIF and HEIC the block begins behind a mark or at once.
        "avif": lambda: saved(pixels, "AVIF", exif=block()),
        "webp": lambda: saved(pixels, "WEBP", exif=marked),
        "png": lambda: saved(pixels, "PNG", exif=marked),
        "tif": lambda: saved(pixels, "TIFF", exif=marked),
        "two segments": in_two_segments,
    }
    suffix = ".jpg" if kind == "two segments" else f".{kind}"
    content = contents[kind]()
    copy = prepared_without_position(tmp_path, f"a{suffix}", content)
    facts = exiftool_facts(content, suffix, tmp_path)
    kept = {name: value for name, value in facts.items() if not name.startswith("GPS:")}
    assert len(kept) < len(facts)
    assert exiftool_facts(copy.read_bytes(), suffix, tmp_path) == kept


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_a_position_that_leads_into_the_picture_costs_no_pixel(tmp_path: Path, name: str) -> None:
    content = jpeg(leading_astray(block())) if name == "a.jpg" else astray_in_a_tiff()
    prepared_without_position(tmp_path, name, content)
