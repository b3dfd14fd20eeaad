"""Files that are not usable photos: each is refused with one sentence, and nothing is printed."""

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO, Open
from photo_files import dng, heic, picture, picture16, png_chunk, saved, saved16, tiff
from PIL import Image

from underside.errors import PhotoError
from underside.photo import decode, decode_exact, open_photo, peek
from underside.photo.containers.common import RefusedError, decode_with_opencv
from underside.resources import pip_install

Refusal = Callable[..., str]

WHOLE = {
    "a.jpg": saved(picture(), "JPEG"),
    "progressive.jpg": saved(picture(), "JPEG", progressive=True),
    "a.tif": saved(picture(), "TIFF"),
    "lzw.tif": saved(picture(), "TIFF", compression="tiff_lzw"),
    "deep.tif": saved16(picture16(), ".tif"),
    "a.png": saved(picture(), "PNG"),
    "deep.png": saved16(picture16(), ".png"),
    "a.webp": saved(picture(), "WEBP"),
    "a.heic": heic(picture()),
    "a.avif": saved(picture(), "AVIF"),
    "a.dng": dng(),
}
EVERY_KIND = pytest.mark.parametrize("name", WHOLE)


@pytest.fixture
def refusal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refusal:
    """The sentence that refuses a file; fails where the file is taken, or where anything is printed."""

    def refusal(name: str, content: bytes | None = None, *, max_megapixels: float = 250) -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(PhotoError) as caught:
            decode(open_photo(path, max_megapixels=max_megapixels))
        assert capfd.readouterr() == ("", "")
        sentence = str(caught.value)
        assert sentence.startswith(str(path))
        assert "\n" not in sentence
        assert caught.value.remedy
        return sentence.removeprefix(f"{path} ")

    return refusal


def replaced(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


# --- cut short, damaged -------------------------------------------------------------------------------------


@EVERY_KIND
@pytest.mark.parametrize("share", [0.97, 0.6, 0.2])
def test_a_photo_that_is_cut_short_is_refused(refusal: Refusal, name: str, share: float) -> None:
    refusal(name, WHOLE[name][: int(len(WHOLE[name]) * share)])


@EVERY_KIND
def test_the_first_bytes_alone_are_no_photo(refusal: Refusal, name: str) -> None:
    for length in (1, 2, 4, 8, 12, 20, 30, 40):
        refusal(name, WHOLE[name][:length])


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg"])
def test_a_jpeg_without_its_end_marker_is_refused(refusal: Refusal, name: str) -> None:
    assert "cut short" in refusal(name, WHOLE[name][:-2])


def test_a_jpeg_cut_short_is_refused_though_another_picture_follows(refusal: Refusal) -> None:
    content = saved(picture(640, 480), "JPEG")
    assert "another picture begins" in refusal("a.jpg", content[: len(content) // 2] + WHOLE["a.jpg"])


def test_a_jpeg_cut_short_is_refused_though_an_end_marker_was_put_behind(refusal: Refusal) -> None:
    content = saved(picture(640, 480), "JPEG")
    assert "a part of its pixels is lost" in refusal("a.jpg", content[: len(content) // 2] + b"\xff\xd9")


@pytest.mark.parametrize("size", [512, 4096])
def test_a_jpeg_with_a_sector_of_something_else_is_refused(refusal: Refusal, size: int) -> None:
    content = (DEMO / "upright" / "DSC_0001.JPG").read_bytes()
    scan, rng = content.rfind(b"\xff\xda"), np.random.default_rng(5)
    for at in np.linspace(scan + 100, len(content) - size - 2, 12, dtype=int):
        refusal("a.jpg", replaced(content, int(at), rng.bytes(size)))


@pytest.mark.parametrize("filling", [b"\x12\x34", b"\0" * 500, b"\x55" * 100, b"\xff" * 30])
def test_what_a_camera_fills_up_behind_the_scan_is_no_damage(opened: Open, filling: bytes) -> None:
    content = (DEMO / "upright" / "DSC_0001.JPG").read_bytes()
    filled = opened("a.jpg", content[:-2] + filling + content[-2:])
    assert np.array_equal(decode(filled), decode(opened("b.jpg", content)))


def test_a_png_with_a_wrong_checksum_is_refused(refusal: Refusal) -> None:
    for name in ("a.png", "deep.png"):
        at = len(WHOLE[name]) - 40
        assert "checksum" in refusal(name, replaced(WHOLE[name], at, bytes([WHOLE[name][at] ^ 1])))


@EVERY_KIND
def test_random_damage_never_ends_in_anything_but_pixels_or_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / name
    rng = np.random.default_rng(11)
    for _ in range(40):
        content = bytearray(WHOLE[name])
        # Beyond the head, where every byte counts.
        for at in rng.integers(12, min(len(content), 700), 3):
            content[at] = rng.integers(256)
        path.write_bytes(content)
        try:
            photo = open_photo(path, max_megapixels=1)
            assert decode(photo, reduce=2).shape == (-(-photo.height // 2), -(-photo.width // 2), 3)
        except PhotoError as error:
            assert "\n" not in str(error)  # noqa: PT017
    # dav1d inside Pillow says what it thinks of a bad stream, and cannot be asked not to; on Windows libtiff, too.
    noisy = ("a.avif", "lzw.tif") if sys.platform == "win32" else ("a.avif",)
    assert capfd.readouterr() == ("", "") or name in noisy


# --- too large ----------------------------------------------------------------------------------------------

LARGE = struct.pack(">HH", 20000, 30000)
PNG_HEADER = struct.pack(">IIBBBBB", 30000, 20000, 8, 2, 0, 0, 0)
BOMBS = {
    "a.jpg": replaced(WHOLE["a.jpg"], WHOLE["a.jpg"].find(b"\xff\xc0") + 5, LARGE),
    "a.png": WHOLE["a.png"][:8] + png_chunk(b"IHDR", PNG_HEADER) + WHOLE["a.png"][33:],
    "a.tif": tiff(
        [(256, 4, [30000]), (257, 4, [20000]), (258, 3, [8]), (259, 3, [5]), (262, 3, [1]), (273, 4, [8]),
         (277, 3, [1]), (278, 4, [20000]), (279, 4, [100])],
        bytes(100),
    ),
    "a.avif": WHOLE["a.avif"].replace(struct.pack(">II", 80, 48), struct.pack(">II", 30000, 20000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_600_megapixels_are_refused_from_the_header(refusal: Refusal, name: str) -> None:
    sentence = refusal(name, BOMBS[name])
    assert sentence.startswith("has 600 megapixels")
    if name != "a.avif":
        assert sentence.startswith("has 600 megapixels, the limit is 250. ")
        assert "--max-megapixels" in sentence


def test_a_webp_and_a_raw_are_held_to_the_limit_too(refusal: Refusal) -> None:
    for name in ("a.webp", "a.heic", "a.dng", "deep.tif"):
        assert "the limit is 0.002" in refusal(name, WHOLE[name], max_megapixels=0.002)


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "progressive.jpg"])
def test_a_file_beyond_4_gb_is_refused_unread(refusal: Refusal, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    os.truncate(path, 2**32 + 1)  # a hole, which takes no room on the disk
    sentence = refusal(name)
    assert sentence.startswith("is a file of 4.0 GB, and beyond 4 GB only BigTIFF is read. ")
    assert peek(path) is None or name == "a.jpg"


def test_a_picture_too_long_for_opencv_is_refused_in_words() -> None:
    # Zeros that nobody has looked at take no memory.
    with pytest.raises(RefusedError, match=r"has 2\.0 GB in one picture, more than can be read"):
        decode_with_opencv(bytes(2**31))


def test_a_photo_larger_than_pillow_likes_is_read_without_a_word(tmp_path: Path) -> None:
    width, height = 10000, 9500
    row = zlib.compress(bytes(width * height), 1)
    content = tiff(
        [(256, 4, [width]), (257, 4, [height]), (258, 3, [8]), (259, 3, [8]), (262, 3, [1]), (273, 4, [8]),
         (277, 3, [1]), (278, 4, [height]), (279, 4, [len(row)])],
        row,
    )  # fmt: skip
    path = tmp_path / "large.tif"
    path.write_bytes(content)
    assert decode_exact(open_photo(path)).shape == (height, width)


@EVERY_KIND
def test_the_limit_can_be_raised_and_a_photo_below_it_is_taken(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    assert decode(open_photo(path, max_megapixels=0.02)).size


# --- no photo at all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp", ".heic", ".nef"])
def test_a_text_by_the_name_of_a_photo_is_refused(refusal: Refusal, suffix: str) -> None:
    assert "not a photo" in refusal("a" + suffix, b"Dear diary, today the platter turned. " * 20)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp", ".heic", ".nef"])
def test_an_empty_file_is_refused(refusal: Refusal, suffix: str) -> None:
    assert refusal("a" + suffix, b"").startswith("is empty")


def test_a_film_is_refused(refusal: Refusal) -> None:
    assert "not a photo" in refusal("a.heic", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500))


def test_noise_by_the_name_of_camera_raw_is_refused(refusal: Refusal) -> None:
    assert "LibRaw" in refusal("a.nef", bytes(1000))
    assert "LibRaw" in refusal("b.nef", WHOLE["a.tif"])


def test_a_file_that_is_gone_is_refused(refusal: Refusal) -> None:
    assert "there is no such file" in refusal("gone.jpg")


def test_a_folder_or_a_pipe_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    assert "is not a file" in refusal("folder.jpg")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        assert "is not a file" in refusal("pipe.jpg")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's here")
def test_a_file_that_may_not_be_read_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(WHOLE["a.jpg"])
    path.chmod(0)
    root = os.geteuid() == 0
    if root:  # who may read everything: be somebody else for a moment
        os.seteuid(65534)
    try:
        assert "no permission to read it" in refusal("secret.jpg")
    finally:
        if root:
            os.seteuid(0)


def test_a_symlink_to_itself_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert "cannot be read" in refusal("loop.jpg")


# --- kinds that are not read --------------------------------------------------------------------------------


def test_floating_point_is_refused_with_a_remedy(refusal: Refusal) -> None:
    sentence = refusal("a.tif", saved(np.ones((8, 8), np.float32), "TIFF"))
    assert "floating point" in sentence
    assert "Save it as a TIFF with 8 or 16 bits" in sentence


def test_lab_is_refused(refusal: Refusal) -> None:
    content = tiff([(256, 4, [2]), (257, 4, [2]), (258, 3, [8, 8, 8]), (262, 3, [8]), (277, 3, [3])], bytes(12))
    assert "colours of a kind that is not supported" in refusal("a.tif", content)


def test_16_bits_in_separate_planes_are_refused(refusal: Refusal) -> None:
    content = tiff(
        [(256, 4, [2]), (257, 4, [2]), (258, 3, [16, 16, 16]), (259, 3, [1]), (262, 3, [2]),
         (273, 4, [8, 16, 24]), (277, 3, [3]), (278, 4, [2]), (279, 4, [8, 8, 8]), (284, 3, [2])],
        bytes(24),
    )  # fmt: skip
    assert "arrangement that is not supported" in refusal("a.tif", content)


@pytest.mark.parametrize("place", ["sub-directory", "second page"])
def test_a_tiff_that_begins_with_a_preview_is_refused(refusal: Refusal, tmp_path: Path, place: str) -> None:
    path = tmp_path / "a.tif"
    preview, whole = (Image.fromarray(picture(*size)) for size in ((16, 10), (160, 100)))
    preview.save(path, save_all=True, append_images=[whole], tiffinfo={254: 1})
    content = bytearray(path.read_bytes())
    if place == "sub-directory":
        # As some cameras write it: the whole picture is named by a tag of the preview, here one that is not needed.
        first = int.from_bytes(content[4:8], "little")
        end = first + 2 + 12 * int.from_bytes(content[first : first + 2], "little")
        second = bytes(content[end : end + 4])
        content[end : end + 4] = bytes(4)
        needless = content.index(struct.pack("<HH", 284, 3), first, end)
        content[needless : needless + 12] = struct.pack("<HHI", 330, 4, 1) + second
    sentence = refusal("a.tif", bytes(content))
    assert "begins with a preview of 16 x 10 pixels, and the photo itself, of 160 x 100, comes later" in sentence
    assert "Save it as a TIFF with the whole photo first" in sentence


def test_a_tiff_that_calls_its_only_picture_a_preview_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(picture()).save(path, save_all=True, append_images=[Image.new("RGB", (8, 8))], tiffinfo={254: 1})
    assert open_photo(path).width == 80


def test_a_jpeg_of_12_bits_is_refused(refusal: Refusal) -> None:
    content = replaced(WHOLE["a.jpg"], WHOLE["a.jpg"].find(b"\xff\xc0") + 4, b"\x0c")
    assert "has 12 bits per channel" in refusal("a.jpg", content)


@pytest.mark.parametrize(("name", "package", "extra"), [("a.heic", "pillow_heif", "heic"), ("a.dng", "rawpy", "raw")])
def test_what_is_not_installed_is_named(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert pip_install(extra) in refusal(name, WHOLE[name])


def test_avif_needs_nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "a.avif"
    path.write_bytes(WHOLE["a.avif"])
    assert decode(open_photo(path)).shape == (48, 80, 3)
