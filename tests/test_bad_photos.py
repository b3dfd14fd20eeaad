"""Photos that are none, are cut short, too large or gone: set aside in one line, and the rest is masked."""

import os
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blob_captures import files, masked, photo, photos, posix, set_aside, start, wait_for_files
from conftest import Run, command, processor_seconds, shots
from photo_files import picture, png_chunk, saved
from watched import QUICK

from underside import Settings, load_masker
from underside.cutout import CutoutOptions, CutoutWorkers
from underside.errors import PhotoError
from underside.photo import open_photo

# For large pictures: what is tested of them is not how well they are masked.
QUICKLY = ("--segmenter", "threshold", "--effort", "fast")


def test_every_bad_photo_is_set_aside_in_one_line_and_the_others_are_masked(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 2)
    good = (capture / "upright" / "IMG_000.jpg").read_bytes()
    frame = good.find(b"\xff\xc0") + 5
    large = struct.pack(">IIBBBBB", 30000, 20000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    bad = {
        "cut.jpg": (good[: len(good) // 2], "is cut short"),
        "text.jpg": (b"Dear diary, today the platter turned.\n" * 9, "is not a photo"),
        "nothing.jpg": (b"", "is empty"),
        "bomb.jpg": (good[:frame] + struct.pack(">HH", 20000, 30000) + good[frame + 4 :], "has 600 megapixels"),
        "bomb.png": (
            png + png_chunk(b"IHDR", large) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""),
            "has 600 megapixels",
        ),
    }
    for name, (content, _) in bad.items():
        (capture / name).write_bytes(content)
    photo(capture / "one.png", size=(1, 1))
    before = files(capture)
    done = run("mask", capture, "-o", "out", "--cutout", "black", "--layout", "colmap")
    told = set_aside(done)
    assert set(told) == set(bad)
    for name, (_, reason) in bad.items():
        assert told[name].startswith(f"{name} {reason}")
        assert str(tmp_path) not in told[name]
    assert "the limit is 250" in told["bomb.jpg"]
    assert "--max-megapixels" in told["bomb.png"]
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "upright/IMG_001.jpg", "one.png"}
    assert files(capture) == before


@posix
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_damaged_tiff_is_told_in_our_one_line_and_no_other(run: Run, tmp_path: Path, compression: str) -> None:
    photos(tmp_path / "capture", 1)
    whole = saved(picture(640, 480), "TIFF", compression=compression)
    (tmp_path / "capture" / "bad.tif").write_bytes(whole[:1000] + bytes(range(250, 0, -1)) * 8 + whole[3000:])
    done = run("mask", "capture", "-o", "out", *QUICK)
    assert "bad.tif cannot be decoded" in set_aside(done)["bad.tif"]
    assert len(done.stderr.splitlines()) == 1


def test_the_limit_of_megapixels_can_be_moved(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "a.jpg", size=(400, 300))
    told = set_aside(run("mask", "capture", "-o", "out", "--max-megapixels", "0.1"))
    assert "the limit is 0.1" in told["a.jpg"]
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"a.jpg"}


def test_a_strip_is_set_aside_and_a_photo_longer_than_opencv_looks_is_masked(run: Run, tmp_path: Path) -> None:
    capture = tmp_path / "capture"
    photo(capture / "wide.png", size=(40_000, 3))
    photo(capture / "high.png", size=(3, 40_000))
    photo(capture / "long.png", size=(70_000, 700))
    told = set_aside(run("mask", capture, "-o", "out", *QUICKLY))
    assert set(told) == {"wide.png", "high.png"}
    assert "has 40000 x 3 pixels, a strip" in told["wide.png"]
    assert "has 3 x 40000 pixels, a strip" in told["high.png"]
    assert masked(tmp_path / "out") == {"long.png"}
    assert 0.05 < shots(tmp_path / "out")["long.png"]["area"] < 0.2  # an ellipse of 1/3 by 1/2


def test_a_cut_out_that_is_longer_than_its_container_holds_is_said(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "long.png", size=(70_000, 700))
    words = ("mask", "capture", "-o", "out", *QUICKLY, "--cutout", "black", "--cutout-format")
    told = set_aside(run(*words, "jpeg"))
    assert "has a cut-out with a side of 70000 pixels; a JPEG can have 65500 at most" in told["long.png"]
    assert run(*words, "png").returncode == 0


@posix
def test_what_is_no_file_is_set_aside_and_links_to_photos_are_photos(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 1)
    os.mkfifo(capture / "pipe.jpg")
    (capture / "zeros.jpg").symlink_to("/dev/zero")
    (capture / "dangling.jpg").symlink_to("nowhere.jpg")
    (capture / "circle.jpg").symlink_to("circle.jpg")
    (capture / "link.jpg").symlink_to(photo(tmp_path / "elsewhere" / "a.jpg"))
    (capture / "loop").symlink_to("loop")
    for _ in range(2):  # nor is anything read from a pipe once it is on record
        done = run("mask", capture, "-o", "out")
        assert set(set_aside(done)) == {"pipe.jpg", "zeros.jpg", "dangling.jpg", "circle.jpg"}
        assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "link.jpg"}


@posix
def test_folders_that_link_back_are_walked_once_and_under_their_own_names(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "collection" / "amphora", 1)
    photo(tmp_path / "collection" / "krater" / "other.jpg")
    (capture / "again").symlink_to("upright")
    (capture / "upright" / "itself").symlink_to(".")
    (capture / "all").symlink_to(tmp_path / "collection")
    (capture / "more").symlink_to(tmp_path / "collection" / "krater")
    assert run("mask", capture, "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "more/other.jpg"}


def test_photos_at_the_end_of_a_very_deep_folder_are_found(run: Run, tmp_path: Path) -> None:
    deep = Path("capture", *["d"] * 400, "a.jpg")
    photo(tmp_path / deep)
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {Path(*deep.parts[1:]).as_posix()}


def test_five_thousand_files_are_gone_through_in_seconds(tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "good.jpg")
    for number in range(5000):
        (tmp_path / "capture" / f"IMG_{number}.jpg").touch()
    with processor_seconds() as cost:
        words = command("mask", "capture", "-o", "out")
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert len(set_aside(done)) == 5000
    assert cost[0] < 20
    assert masked(tmp_path / "out") == {"good.jpg"}


def test_a_photo_that_is_lost_and_found_again_has_still_our_mask(run: Run, tmp_path: Path) -> None:
    path = photo(tmp_path / "capture" / "a.jpg")
    assert run("mask", "capture", "-o", "out").returncode == 0
    content = path.read_bytes()
    path.write_bytes(content[:-2])
    assert set(set_aside(run("mask", "capture", "-o", "out"))) == {"a.jpg"}
    path.write_bytes(content)
    assert run("mask", "capture", "-o", "out", "--grow", "2").returncode == 0
    assert shots(tmp_path / "out")["a.jpg"]["state"] == "masked"


@posix
def test_a_photo_that_vanishes_before_its_turn_is_set_aside(tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 12)
    process = start("mask", capture, "-o", "out", "--workers", "1", cwd=tmp_path)
    wait_for_files(process, tmp_path / "out", "masks/*/*.png")
    (capture / "upright" / "IMG_011.jpg").unlink()
    out, err = process.communicate(timeout=60)
    done = subprocess.CompletedProcess([], process.returncode, out, err)
    assert "there is no such file" in set_aside(done)["upright/IMG_011.jpg"]
    assert len(masked(tmp_path / "out")) == 11


def test_a_photo_that_changes_between_mask_and_cut_out_is_set_aside(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    opened = open_photo(path)
    photo(path, seed=1)
    with CutoutWorkers(1) as workers, pytest.raises(PhotoError, match=r"a\.jpg was changed while"):
        workers.make(opened, np.zeros((120, 160), np.uint8), CutoutOptions())


@pytest.mark.parametrize(
    ("picture", "error", "words"),
    [
        (np.zeros((0, 0, 3), np.uint8), ValueError, r"not \(0, 0, 3\) of uint8"),
        (np.zeros((40, 0, 3), np.uint8), ValueError, r"not \(40, 0, 3\) of uint8"),
        (np.zeros((40, 60), np.uint8), ValueError, r"not \(40, 60\) of uint8"),
        ("x.jpg", TypeError, r"not a str; mask_photo\(open_photo\(path\)\) masks a file"),
        (None, TypeError, "not a NoneType"),
    ],
    ids=["nothing", "no width", "grey", "name", "none"],
)
def test_what_is_no_picture_in_memory_is_refused_in_words(picture: Any, error: type[Exception], words: str) -> None:  # noqa: ANN401
    masker = load_masker(Settings(segmenter="threshold"))
    with pytest.raises(error, match=words):
        masker.mask(picture)
