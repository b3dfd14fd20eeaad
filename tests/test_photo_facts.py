"""What a photo says of itself: its orientation, its colours, its camera, however broken its EXIF is."""

import struct
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
