"""PNG, TIFF, WebP, HEIC, AVIF and camera raw: every depth and channel, on the stored grid."""

import io
import struct
import sys
import types
from typing import Any

import numpy as np
import pillow_heif
import pytest
from conftest import Open
from numpy.typing import NDArray
from photo_files import ORIENTATIONS, dng, exif, far_apart, heic, picture, picture16, saved, saved16, tiff
from PIL import Image

from underside.photo import Container, decode, decode_exact, turn_upright


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", ["grey", "rgb", "rgba"])
def test_every_depth_and_channel_is_kept_exactly(opened: Open, suffix: str, depth: int, channels: str) -> None:
    rgb = picture16() if depth == 16 else picture()
    stored: NDArray[Any] = {
        "grey": rgb[..., 0].copy(),
        "rgb": rgb,
        "rgba": np.dstack([rgb, rgb[..., 1]]),
    }[channels]
    kind = {".png": "PNG", ".tif": "TIFF"}[suffix]
    photo = opened("a" + suffix, saved16(stored, suffix) if depth == 16 else saved(stored, kind))
    assert (photo.bits, photo.mode) == (depth, channels)
    exact = decode_exact(photo)
    assert exact.dtype == stored.dtype
    assert np.array_equal(exact, stored)
    seen: NDArray[Any] = np.dstack([rgb[..., 0]] * 3) if channels == "grey" else rgb
    assert far_apart(decode(photo), np.round(seen / (257 if depth == 16 else 1))) == 0


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiffs_of_every_compression_are_read(opened: Open, compression: str | None) -> None:
    photo = opened("a.tif", saved(picture(), "TIFF", compression=compression))
    assert far_apart(decode(photo), picture()) < (12 if compression == "jpeg" else 1)


def test_a_bigtiff_is_read(opened: Open) -> None:
    content = saved(picture(), "TIFF", big_tiff=True, exif=exif(6))
    photo = opened("a.tif", content)
    assert photo.orientation == 6
    assert np.array_equal(decode_exact(photo), picture())


def test_grey_with_alpha_comes_as_rgba(opened: Open) -> None:
    image = Image.fromarray(picture()).convert("LA")
    for name, kind in {"a.png": "PNG", "a.tif": "TIFF"}.items():
        photo = opened(name, saved(image, kind))
        assert photo.mode == "rgba"
        assert np.array_equal(decode_exact(photo), np.asarray(image.convert("RGBA")))


@pytest.mark.parametrize("depth", [8, 16])
def test_colours_that_were_stored_darkened_by_alpha_come_as_they_were(opened: Open, depth: int) -> None:
    white = 2**depth - 1
    colours = picture().astype(np.float64) / 255 * white
    alpha = np.linspace(0.5, 1, 48 * 80).reshape(48, 80, 1)
    darkened = np.rint(np.dstack([colours * alpha, alpha * white])).astype(f"<u{depth // 8}")
    content = tiff(
        [(256, 4, [80]), (257, 4, [48]), (258, 3, [depth] * 4), (259, 3, [1]), (262, 3, [2]), (273, 4, [8]),
         (277, 3, [4]), (278, 4, [48]), (279, 4, [darkened.nbytes]), (338, 3, [1])],
        darkened.tobytes(),
    )  # fmt: skip
    for name, photo in {"a.tif": content, "a.heic": heic_with(darkened, "RGBa" if depth == 8 else "RGBa;16")}.items():
        stored = decode_exact(opened(name, photo))
        assert far_apart(stored[..., :3] / white * 255, picture()) < 8
        assert far_apart(stored[..., 3] / white, darkened[..., 3] / white) < 0.02


def with_palette() -> Image.Image:
    return Image.fromarray(picture()).quantize(200)


def test_a_palette_is_looked_up(opened: Open) -> None:
    for name, kind in {"a.png": "PNG", "a.tif": "TIFF"}.items():
        photo = opened(name, saved(with_palette(), kind))
        assert photo.mode == "rgb"
        assert np.array_equal(decode_exact(photo), np.asarray(with_palette().convert("RGB")))
    clear = opened("b.png", saved(with_palette(), "PNG", transparency=bytes(range(200))))
    assert clear.mode == "rgba"
    assert np.array_equal(decode(clear), decode(photo))


def test_one_bit_is_black_and_white(opened: Open) -> None:
    image = Image.fromarray(picture()).convert("1")
    for name, kind in {"a.png": "PNG", "a.tif": "TIFF"}.items():
        photo = opened(name, saved(image, kind))
        assert (photo.bits, photo.mode) == (8, "grey")
        assert np.array_equal(decode_exact(photo), np.asarray(image.convert("L")))


@pytest.mark.parametrize("depth", [8, 16])
def test_a_tiff_whose_white_is_zero_is_no_negative(opened: Open, depth: int) -> None:
    values = np.array([[0, 100], [200, 255]], f"<u{depth // 8}")
    size = values.size * depth // 8
    content = tiff(
        [(256, 4, [2]), (257, 4, [2]), (258, 3, [depth]), (259, 3, [1]), (262, 3, [0]), (273, 4, [8]),
         (277, 3, [1]), (278, 4, [2]), (279, 4, [size])],
        values.tobytes(),
    )  # fmt: skip
    assert np.array_equal(decode_exact(opened("a.tif", content)), 2**depth - 1 - values)


def test_of_many_pages_the_first_is_used_and_this_is_said(opened: Open) -> None:
    pages = [Image.fromarray(page) for page in (picture()[::-1].copy(), picture(30, 20))]
    photo = opened("a.tif", saved(picture(), "TIFF", save_all=True, append_images=pages))
    assert photo.notes == ("The first of 3 pages is used",)
    assert np.array_equal(decode_exact(photo), picture())


def test_webp_is_read_lossy_lossless_and_with_alpha(opened: Open) -> None:
    alpha = np.dstack([picture(), picture()[..., 1]])
    assert far_apart(decode(opened("a.webp", saved(picture(), "WEBP", quality=95))), picture()) < 24
    assert np.array_equal(decode(opened("b.webp", saved(picture(), "WEBP", lossless=True))), picture())
    photo = opened("c.webp", saved(alpha, "WEBP", lossless=True, exact=True))
    assert photo.mode == "rgba"
    assert np.array_equal(decode_exact(photo), alpha)


def test_of_an_animation_the_first_picture_is_used(opened: Open) -> None:
    second = Image.fromarray(picture()[::-1].copy())
    content = saved(picture(), "WEBP", save_all=True, append_images=[second], lossless=True)
    photo = opened("a.webp", content)
    assert photo.notes == ("It is an animation: its first picture is used",)
    assert np.array_equal(decode(photo), picture())


def test_heic_is_read_and_says_that_it_is_already_turned(opened: Open) -> None:
    photo = opened("a.HEIC", heic(picture(), exif=exif(make="LUMENWORKS")))
    assert (photo.container, photo.orientation, photo.camera.make) == ("HEIF", 1, "LUMENWORKS")
    assert "may differ" in photo.notes[-1]
    assert far_apart(decode(photo), picture()) < 12
    assert decode_exact(photo).flags.writeable


def test_a_heic_that_its_boxes_turn_is_delivered_upright(opened: Open) -> None:
    photo = opened("a.heic", heic(picture(), exif=exif(6)))
    assert (photo.width, photo.height, photo.orientation) == (48, 80, 1)
    assert far_apart(decode(photo), turn_upright(picture(), 6)) < 12


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_what_a_phone_appends_to_a_heic_or_avif_is_no_harm(opened: Open, suffix: str) -> None:
    block = exif(make="LUMENWORKS")
    content = heic(picture(), exif=block) if suffix == ".heic" else saved(picture(), "AVIF", exif=block)
    photo = opened(f"a{suffix}", content + b"\0\0\1\x0a\x0e\0\0\0Image_UTC_Data1717000000000SEFHj\0\0\0SEFT")
    assert photo.camera.make == "LUMENWORKS"
    assert np.array_equal(decode(photo), decode(opened(f"b{suffix}", content)))


def test_ten_bits_of_heic_fill_the_whole_range(opened: Open) -> None:
    photo = opened("a.heic", heic(np.full((48, 80, 3), 65535, np.uint16), depth=16))
    assert photo.bits == 16
    assert decode_exact(photo).min() > 65535 - 64 * 4
    assert decode(photo).min() == 255


@pytest.mark.parametrize("depth", [8, 10])
def test_a_grey_heic_stays_grey(opened: Open, depth: int) -> None:
    grey = picture()[..., 1]
    content = heic_with(grey, "L") if depth == 8 else heic_with(grey.astype(np.uint16) << 2, "L;10")
    photo = opened("a.heic", content)
    assert (photo.mode, photo.bits) == ("grey", 8 if depth == 8 else 16)
    assert far_apart(decode_exact(photo) // (1 if depth == 8 else 257), grey) < 6
    assert far_apart(decode(photo), np.dstack([grey] * 3)) < 6


def heic_with(pixels: NDArray[Any], mode: str) -> bytes:
    heif = pillow_heif.from_bytes(mode=mode, size=pixels.shape[1::-1], data=pixels.tobytes())
    file = io.BytesIO()
    heif.save(file, quality=-1, chroma=444)
    return file.getvalue()


@ORIENTATIONS
def test_avif_is_delivered_upright(opened: Open, orientation: int) -> None:
    content = saved(picture(), "AVIF", exif=exif(orientation), quality=95, subsampling="4:4:4")
    photo = opened("a.avif", content)
    upright = turn_upright(picture(), orientation)
    assert (photo.height, photo.width, photo.orientation) == (*upright.shape[:2], 1)
    assert far_apart(decode(photo), upright) < 16


@ORIENTATIONS
def test_camera_raw_is_developed_on_the_stored_grid(opened: Open, orientation: int) -> None:
    photo = opened("a.dng", dng(orientation=orientation))
    assert (photo.container, photo.width, photo.height, photo.bits) == ("camera raw", 160, 96, 16)
    assert photo.orientation == orientation
    assert (photo.camera.make, photo.camera.model) == ("Underside", "Box camera")
    assert "LibRaw" in photo.notes[0]
    for developed in (
        decode(photo),
        decode_exact(photo) // 257,
        decode(photo, reduce=2).repeat(2, 0).repeat(2, 1),
    ):
        assert developed.shape == (96, 160, 3)
        assert developed[:44, :76].min() > 2 * developed[52:, 84:].max()


def test_camera_raw_shrinks_like_any_other(opened: Open) -> None:
    photo = opened("a.dng", dng(163, 97))
    assert [decode(photo, reduce=n).shape[:2] for n in (1, 2, 4, 8)] == [
        (97, 163),
        (49, 82),
        (25, 41),
        (13, 21),
    ]


def test_camera_raw_named_as_tiff_is_still_camera_raw(opened: Open) -> None:
    photo = opened("a.tif", dng())
    assert photo.container is Container.RAW
    assert photo.notes[-1] == "The content is camera raw, though the name ends in .tif"


def test_a_canon_raw_tells_its_camera(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    # No CR3 can be made without a camera: LibRaw's part is played, the boxes are real.
    block = exif(make="Canon", model="EOS R5").removeprefix(b"Exif\0\0")
    details = tiff([(0xA431, 2, b"012345\0"), (0x920A, 5, [50, 1])])

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + name + content

    class LibRaw(types.SimpleNamespace):
        sizes = types.SimpleNamespace(width=60, height=40, pixel_aspect=1.0, flip=5)

        def __enter__(self) -> "LibRaw":
            return self

        def __exit__(self, *_: object) -> None: ...

        def open_buffer(self, file: object) -> None: ...

    module = types.SimpleNamespace(RawPy=LibRaw, LibRawFileUnsupportedError=OSError, LibRawError=OSError)
    monkeypatch.setitem(sys.modules, "rawpy", module)
    canon = box(b"moov", box(b"CMT1", block) + box(b"CMT2", details))
    photo = opened("a.cr3", box(b"ftyp", b"crx \0\0\0\1isom") + canon)
    assert (photo.camera.make, photo.camera.serial, photo.camera.focal_length) == ("Canon", "012345", 50)
    assert photo.orientation == 8
