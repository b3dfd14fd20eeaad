"""What a photo says of itself: its orientation, its colours, its camera, however broken its EXIF is."""

import struct
import time
from datetime import datetime
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Open
from photo_files import (
    ORIENTATIONS,
    cyan_prints_red,
    exif,
    far_apart,
    picture,
    picture16,
    png_chunk,
    red_and_green_swapped,
    saved,
    saved16,
    saved_cmyk,
    tiff,
)
from PIL import Image

from underside.cutout import CutoutOptions, make_cutout
from underside.errors import PhotoError
from underside.metadata import read_metadata
from underside.photo import decode, decode_exact, to_srgb


@ORIENTATIONS
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_orientation_is_read_and_never_applied(opened: Open, kind: str, orientation: int) -> None:
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    if kind == "JPEG":
        options = {"quality": 98, "subsampling": 0}
    photo = opened("a." + kind.lower(), saved(picture(), kind, exif=exif(orientation), **options))
    assert photo.orientation == orientation
    assert (photo.width, photo.height) == (80, 48)
    for reduce in (1, 2):
        small = cv2.resize(picture(), (80 // reduce, 48 // reduce), interpolation=cv2.INTER_AREA)
        assert far_apart(decode(photo, reduce=reduce), small) < 10
    assert far_apart(decode_exact(photo), picture()) < 10


@ORIENTATIONS
def test_orientation_is_not_applied_to_16_bits_either(opened: Open, orientation: int) -> None:
    plain = saved16(picture16(), ".png")
    turned = plain[:33] + png_chunk(b"eXIf", exif(orientation).removeprefix(b"Exif\0\0")) + plain[33:]
    photo = opened("a.png", turned)
    assert photo.orientation == orientation
    assert np.array_equal(decode_exact(photo), picture16())
    stored = picture16(5, 3).astype("<u2")
    content = tiff(
        [(256, 4, [5]), (257, 4, [3]), (258, 3, [16, 16, 16]), (259, 3, [1]), (262, 3, [2]), (273, 4, [8]),
         (274, 3, [orientation]), (277, 3, [3]), (278, 4, [3]), (279, 4, [stored.nbytes])],
        stored.tobytes(),
    )  # fmt: skip
    photo = opened("a.tif", content)
    assert photo.orientation == orientation
    assert np.array_equal(decode_exact(photo), stored)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF"])
def test_a_colour_profile_is_found_and_heeded(opened: Open, kind: str) -> None:
    red = np.full((48, 80, 3), (200, 10, 10), np.uint8)
    icc = red_and_green_swapped()
    photo = opened("a." + kind.lower(), saved(red, kind, icc_profile=icc, quality=95))
    assert photo.icc == icc
    stored = decode(photo)
    assert stored[20, 20, 0] > 180 > 30 > stored[20, 20, 1]
    shown = to_srgb(stored, photo.icc)
    assert shown[20, 20, 1] > 180 > 30 > shown[20, 20, 0]


def test_a_profile_longer_than_a_jpeg_segment_is_put_together(opened: Open) -> None:
    icc = red_and_green_swapped() + bytes(range(256)) * 600
    assert opened("a.jpg", saved(picture(), "JPEG", icc_profile=icc)).icc == icc


def test_a_broken_or_unfitting_profile_changes_nothing(opened: Open) -> None:
    for icc in (None, b"", b"no profile", red_and_green_swapped()[:300], cyan_prints_red()):
        assert np.array_equal(to_srgb(picture(), icc), picture())


def test_a_printers_profile_decides_how_inks_look(opened: Open) -> None:
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 0] = 255
    photo = opened("a.tif", saved_cmyk(inks, "TIFF", icc_profile=cyan_prints_red()))
    red = decode(photo)
    assert red[3, 3, 0] > 200 > 50 > red[3, 3, 1]
    assert np.array_equal(to_srgb(red, photo.icc), red)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF"])
def test_the_camera_is_known_from_every_container(opened: Open, kind: str) -> None:
    content = saved(picture(), kind, exif=exif(make="LUMENWORKS", model="LX-4"))
    camera = opened("a." + kind.lower(), content).camera
    assert (camera.make, camera.model, camera.serial) == ("LUMENWORKS", "LX-4", "LX40117")
    assert (camera.lens, camera.focal_length) == ("LX 35mm F1.8", 35.0)
    assert camera.time == datetime(2024, 5, 14, 10, 15, 50, 250000)


def with_exif(kind: str, block: bytes) -> bytes:
    """A photo with a block of EXIF that no library has looked at."""
    if kind == "JPEG":
        jpeg = saved(picture(), kind, quality=98, subsampling=0)
        return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(block)) + block + jpeg[2:]
    if kind == "PNG":
        png = saved(picture(), kind)
        return png[:33] + png_chunk(b"eXIf", block.removeprefix(b"Exif\0\0")) + png[33:]
    if kind == "AVIF":
        avif = saved(picture(), kind, exif=exif(make="LUMENWORKS", model="LX-4"), quality=95, subsampling="4:4:4")
        begin = avif.find(b"MM\0*")
        return avif[:begin] + block[6:106] + avif[begin + 100 :]
    return saved(picture(), kind, exif=block, lossless=True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_broken_exif_costs_only_what_is_broken(opened: Open, kind: str) -> None:
    good = exif(6, make="LUMENWORKS", model="LX-4")
    rng = np.random.default_rng(5)
    for _ in range(25):
        broken = bytearray(good)
        for at in rng.integers(14, 106, 8):
            broken[at] = rng.integers(256)
        photo = opened("a." + kind.lower(), with_exif(kind, bytes(broken)))
        assert photo.orientation in range(1, 9)
        assert far_apart(decode(photo), picture()) < 12
        assert not read_metadata(photo.data).xmp  # nor does it hinder a cut-out


def test_a_camera_that_names_itself_in_utf_8_is_known(opened: Open) -> None:
    # The type came with EXIF 3.
    block = tiff([(0x010F, 2, b"Atelier No\xc3\xabl\0"), (0x0112, 3, [6])])
    block = block.replace(struct.pack("<HH", 0x010F, 2), struct.pack("<HH", 0x010F, 129))
    photo = opened("a.jpg", with_exif("JPEG", b"Exif\0\0" + block))
    assert photo.camera.make == "Atelier No\u00ebl"
    cutout = make_cutout(photo, np.full((photo.height, photo.width), 255, np.uint8), CutoutOptions(format="tiff"))
    assert cutout.notes == ()
    assert opened("a.tif", cutout.data).camera.make == photo.camera.make


@pytest.mark.parametrize("length", [0, 3, 6, 10, 14, 20, 60, 100, 150])
def test_exif_that_is_cut_short_tells_what_is_left_of_it(opened: Open, length: int) -> None:
    content = with_exif("JPEG", exif(6, make="LUMENWORKS", model="LX-4")[:length])
    photo = opened("a.jpg", content)
    assert photo.orientation == (6 if length >= 60 else 1)
    assert photo.camera.focal_length in (None, 35.0)


def test_a_tiff_whose_exif_leads_nowhere_is_still_a_photo(opened: Open) -> None:
    content = tiff(
        [(256, 4, [2]), (257, 4, [2]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]),
         (271, 2, b"LUMENWORKS\0"), (273, 4, [8]), (277, 3, [1]), (278, 4, [2]), (279, 4, [4]),
         (306, 77, [3, 3]), (34665, 4, [1 << 30])],
        bytes([0, 50, 100, 255]),
    )  # fmt: skip
    photo = opened("a.tif", content)
    assert photo.camera.make == "LUMENWORKS"
    assert decode_exact(photo).tolist() == [[0, 50], [100, 255]]


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_means_nothing_counts_as_none(opened: Open, orientation: int) -> None:
    assert opened("a.jpg", saved(picture(), "JPEG", exif=exif(orientation))).orientation == 1


def directory(*entries: tuple[int, int, int, bytes], following: int = 0) -> bytes:
    """One directory of tags: tag, type, count, and the four bytes of the value."""
    lines = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return struct.pack("<H", len(entries)) + lines + struct.pack("<I", following)


@pytest.mark.parametrize("place", [2**63 + 5, 2**64 - 1, 2**40])
def test_exif_with_wide_places_that_lead_nowhere_costs_nothing_else(opened: Open, place: int) -> None:
    nowhere = b"II+\0\x08\0\0\0" + struct.pack("<Q", place)
    pointer = b"II+\0\x08\0\0\0" + struct.pack("<QQHHQQQ", 16, 1, 0x8769, 16, 1, place, 0)
    for block in (nowhere, pointer):
        assert opened("a.jpg", with_exif("JPEG", b"Exif\0\0" + block)).camera.time is None


def test_a_clock_at_the_end_of_time_is_told_as_it_is(opened: Open) -> None:
    block = Image.Exif()
    details = block.get_ifd(0x8769)
    details[0x9003], details[0x9291] = "9999:12:31 23:59:59", "9999999"
    photo = opened("a.jpg", saved(picture(), "JPEG", exif=block.tobytes()))
    assert photo.camera.time == datetime(9999, 12, 31, 23, 59, 59)


@pytest.mark.parametrize("length", [float("inf"), float("nan"), -1.0, 0.0])
def test_a_focal_length_that_no_lens_has_counts_as_none(opened: Open, length: float) -> None:
    details = directory((0x920A, 11, 1, struct.pack("<f", length)))
    block = b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory((0x8769, 4, 1, struct.pack("<I", 26))) + details
    assert opened("a.jpg", with_exif("JPEG", block)).camera.focal_length is None


def test_a_directory_whose_last_tag_is_cut_off_keeps_the_others(opened: Open) -> None:
    whole = directory((0x0112, 3, 1, struct.pack("<H", 6)), (0x010F, 2, 4, b"LUX\0"))
    block = b"Exif\0\0II*\0" + struct.pack("<I", 8) + whole[:20]
    assert opened("a.jpg", with_exif("JPEG", block)).orientation == 6


def overlapping(count: int) -> bytes:
    """A TIFF of made-up directories that claim 65535 tags each and lie one over the other."""
    size = 65535 * 12
    content = bytearray(b"II*\0" + struct.pack("<I", 8) + bytes(count * 14 + size + 8))
    for number in range(count):
        struct.pack_into("<H", content, 8 + number * 14, 65535)
        struct.pack_into("<I", content, 10 + number * 14 + size, 8 + (number + 1) * 14)
    return bytes(content)


def many_pages(count: int) -> bytes:
    """A TIFF of made-up pages that each name all of the file as their further directories, and as their kind."""
    tags = [(tag, 4, 42 * count // 4, struct.pack("<I", 8)) for tag in (254, 262, 330)]
    pages = [directory(*tags, following=8 + number * 42) for number in range(1, count + 1)]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


@pytest.mark.parametrize("content", [overlapping(2000), many_pages(4000)], ids=["overlapping", "many pages"])
def test_a_made_up_tiff_is_refused_in_no_time(opened: Open, content: bytes) -> None:
    started = time.process_time()
    with pytest.raises(PhotoError):
        opened("a.tif", content)
    assert time.process_time() - started < 10
