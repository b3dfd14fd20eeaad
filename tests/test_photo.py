"""Photos of every container: the stored grid, in the right colours, at any reduction."""

import io
import struct
import sys
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from photo_files import (
    cyan_prints_red,
    dng,
    exif,
    picture,
    picture16,
    png_chunk,
    red_and_green_swapped,
    saved,
    saved16,
    tiff,
)
from PIL import Image

from underside.photo import (
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    Container,
    Photo,
    decode,
    decode_exact,
    open_photo,
    to_srgb,
    turn_upright,
)

Open = Callable[..., Photo]
ORIENTATIONS = pytest.mark.parametrize("orientation", range(1, 9))


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Write bytes to a file of that name and open it as a photo."""

    def opened(name: str, content: bytes) -> Photo:
        path = tmp_path / name
        path.write_bytes(content)
        return open_photo(path)

    return opened


def far_apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest difference, in steps of 8 bits."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def with_palette() -> Image.Image:
    return Image.fromarray(picture()).quantize(200)


def heic(pixels: NDArray[Any], *, depth: int = 8, **info: Any) -> bytes:  # noqa: ANN401
    mode = "RGB" if depth == 8 else "RGB;16"
    heif = pillow_heif.from_bytes(mode=mode, size=pixels.shape[1::-1], data=pixels.tobytes())
    file = io.BytesIO()
    heif.save(file, quality=-1, chroma=444, **info)
    return file.getvalue()


# --- JPEG ---------------------------------------------------------------------------------------------------


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


def saved_cmyk(inks: NDArray[np.uint8], kind: str, **options: Any) -> bytes:  # noqa: ANN401
    size = (inks.shape[1], inks.shape[0])
    image = Image.frombytes("CMYK", size, inks.tobytes())
    return saved(image, kind, **({"quality": 98, "subsampling": 0} if kind == "JPEG" else {}) | options)


def test_what_a_phone_appends_to_a_jpeg_is_no_harm(opened: Open) -> None:
    content = saved(picture(), "JPEG")
    film = b"\0\0\0\x18ftypmp42" + bytes(100) + b"\xff\xd8\xff"
    assert np.array_equal(decode(opened("a.jpg", content + film)), decode(opened("b.jpg", content)))


def test_bytes_too_many_before_the_end_marker_are_no_harm(opened: Open) -> None:
    content = saved(picture(), "JPEG")
    photo = opened("a.jpg", content[:-2] + bytes(4) + content[-2:])
    assert far_apart(decode(photo), decode(opened("b.jpg", content))) == 0


# --- reductions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 48), (81, 49), (7, 3), (1, 1), (17, 400)], ids=str)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
def test_a_reduced_photo_has_the_size_rounded_up(opened: Open, suffix: str, size: tuple[int, int], reduce: int) -> None:
    kind = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}[suffix]
    photo = opened("a" + suffix, saved(picture(*size), kind))
    assert decode(photo, reduce=reduce).shape == (-(-size[1] // reduce), -(-size[0] // reduce), 3)


@pytest.mark.parametrize("reduce", [2, 4, 8])
def test_a_reduced_photo_shows_the_same_picture(opened: Open, reduce: int) -> None:
    small = picture(640, 384).reshape(384 // reduce, reduce, 640 // reduce, reduce, 3).mean(axis=(1, 3))
    for name, kind in {"a.jpg": "JPEG", "a.png": "PNG"}.items():
        photo = opened(name, saved(picture(640, 384), kind, quality=98))
        assert far_apart(decode(photo, reduce=reduce), small) < 6


# --- PNG, TIFF, WebP ----------------------------------------------------------------------------------------


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


# --- HEIC, AVIF, camera raw ---------------------------------------------------------------------------------


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


def test_ten_bits_of_heic_fill_the_whole_range(opened: Open) -> None:
    photo = opened("a.heic", heic(np.full((48, 80, 3), 65535, np.uint16), depth=16))
    assert photo.bits == 16
    assert decode_exact(photo).min() > 65535 - 64 * 4
    assert decode(photo).min() == 255


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


# --- orientation, colour, camera, name ----------------------------------------------------------------------


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


def test_the_content_decides_and_a_wrong_name_is_said(opened: Open) -> None:
    photo = opened("a.JPG", saved(picture(), "PNG"))
    assert photo.container is Container.PNG
    assert photo.notes == ("The content is PNG, though the name ends in .JPG",)
    assert np.array_equal(decode(photo), picture())
    assert opened("a.jpeg", saved(picture(), "JPEG")).notes == ()


def test_a_photo_knows_its_file(opened: Open) -> None:
    photo = opened("ein größerer Krug.jpg", saved(picture(), "JPEG"))
    facts = photo.path.stat()
    assert (photo.size, photo.mtime_ns) == (facts.st_size, facts.st_mtime_ns)
    assert photo.data == photo.path.read_bytes()
    assert len(photo.sha256) == 64
    assert len(repr(photo)) < 1000


def test_suffixes_are_lower_case_and_raw_ones_are_among_them() -> None:
    assert {".jpg", ".jpeg", ".tif", ".png", ".webp", ".heic", ".avif", ".cr3", ".dng"} < PHOTO_SUFFIXES
    assert RAW_SUFFIXES < PHOTO_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in PHOTO_SUFFIXES)


def test_many_threads_see_what_one_sees(opened: Open) -> None:
    photos = [
        opened("a.jpg", saved(picture(640, 480), "JPEG")),
        opened("b.png", saved16(picture16(640, 480), ".png")),
        opened("c.tif", saved(picture(640, 480), "TIFF", compression="tiff_lzw")),
        opened("d.webp", saved(picture(640, 480), "WEBP")),
        opened("e.heic", heic(picture(640, 480))),
        opened("f.avif", saved(picture(640, 480), "AVIF")),
        opened("g.dng", dng(640, 480)),
    ]
    alone = [decode(photo) for photo in photos]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(decode, photos * 6))
    assert all(np.array_equal(pixels, alone[at % len(photos)]) for at, pixels in enumerate(together))
