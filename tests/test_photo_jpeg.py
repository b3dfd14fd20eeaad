"""JPEGs of every making: the stored grid, in the right colours."""

import struct
from typing import Any

import numpy as np
import pytest
from conftest import Open
from photo_files import far_apart, picture, saved, saved_cmyk
from PIL import Image

from underside.photo import decode, decode_exact


@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2},
        {"progressive": True},
        {"keep_rgb": True},
        {"restart_marker_rows": 1},
    ],
    ids=str,
)
def test_jpegs_of_every_making_show_the_same_picture(opened: Open, options: dict[str, Any]) -> None:
    photo = opened("a.jpg", saved(picture(), "JPEG", quality=98, **options))
    assert (photo.container, photo.width, photo.height, photo.bits, photo.mode) == ("JPEG", 80, 48, 8, "rgb")
    assert far_apart(decode(photo), picture()) < 10
    assert np.array_equal(decode(photo), decode_exact(photo))


def test_a_subsampling_that_turbojpeg_does_not_know_is_decoded_all_the_same(opened: Open) -> None:
    content = bytearray(saved(np.full((64, 64, 3), (200, 90, 60), np.uint8), "JPEG", subsampling=0))
    frame = content.find(b"\xff\xc0")
    content[frame + 11] = 0x31
    # One unit of 24 x 8 pixels holds three blocks of luma: of a picture of one colour there are enough.
    content[frame + 5 : frame + 9] = struct.pack(">HH", 8, 24)
    photo = opened("a.jpg", bytes(content))
    assert decode(photo, reduce=2).shape == (4, 12, 3)
    assert decode(photo).shape == (8, 24, 3)


def test_a_grey_jpeg_stays_grey_and_looks_so(opened: Open) -> None:
    grey = picture()[..., 1]
    photo = opened("a.jpg", saved(grey, "JPEG", quality=98))
    assert photo.mode == "grey"
    assert far_apart(decode_exact(photo), grey) < 5
    assert far_apart(decode(photo), np.dstack([grey] * 3)) < 5


def test_cmyk_is_read_as_ink_and_looks_right(opened: Open) -> None:
    inks = np.array(Image.fromarray(picture()).convert("CMYK"))
    inks[:24, :40] = (0, 255, 255, 0)
    inks[24:, 40:] = (0, 0, 0, 255)
    for name, content in {"a.jpg": saved_cmyk(inks, "JPEG"), "a.tif": saved_cmyk(inks, "TIFF")}.items():
        photo = opened(name, content)
        assert photo.mode == "cmyk"
        assert far_apart(decode_exact(photo), inks) < 6
        rgb = decode(photo, reduce=2)
        assert far_apart(rgb[5, 5], np.array([255, 0, 0])) < 6
        assert rgb[20, 30].max() < 6


def test_ycck_is_read_as_ink_too(opened: Open) -> None:
    wanted = np.array(Image.fromarray(picture()).convert("CMYK"))
    # Luma and chroma of the inks as they are; Pillow stores what it takes for inks the other way round.
    luma = Image.fromarray(wanted[..., :3]).convert("YCbCr")
    content = bytearray(saved_cmyk(np.dstack([255 - np.asarray(luma), wanted[..., 3]]), "JPEG"))
    content[content.find(b"Adobe") + 11] = 2
    photo = opened("a.jpg", bytes(content))
    assert far_apart(decode_exact(photo), wanted) < 8


def test_what_a_phone_appends_to_a_jpeg_is_no_harm(opened: Open) -> None:
    content = saved(picture(), "JPEG")
    film = b"\0\0\0\x18ftypmp42" + bytes(100) + b"\xff\xd8\xff"
    assert np.array_equal(decode(opened("a.jpg", content + film)), decode(opened("b.jpg", content)))


def test_bytes_too_many_before_the_end_marker_are_no_harm(opened: Open) -> None:
    content = saved(picture(), "JPEG")
    photo = opened("a.jpg", content[:-2] + bytes(4) + content[-2:])
    assert far_apart(decode(photo), decode(opened("b.jpg", content))) == 0
