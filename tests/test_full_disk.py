"""Disks that are full, or become so: what is done is kept, and the same command goes on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from blob_captures import masked, photos, posix, refusal
from conftest import Run, command


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 640 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("a small disk can only be made by root, on Linux, where mounting is allowed")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("options", [(), ("--cutout", "black", "--layout", "colmap")], ids=["masks", "everything"])
def test_a_disk_that_becomes_full_keeps_what_is_done_and_goes_on_with_space(
    run: Run, tmp_path: Path, small_disk: Path, options: tuple[str, ...]
) -> None:
    capture = photos(tmp_path / "capture", 12, size=(320, 240))
    filling = small_disk / "filling"
    filling.write_bytes(bytes(540 * 1024))
    out = small_disk / "out"
    done = run("mask", capture, "-o", out, *options)
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told.startswith("underside: Cannot write ")
    assert told.endswith("the disk is full. Free some space and run again; what is finished is kept.")
    assert "Traceback" not in done.stderr
    kept = masked(out)
    assert 0 < len(kept) < 12
    filling.unlink()
    again = run("mask", capture, "-o", out, *options)
    assert again.returncode == 0, again.stderr
    assert f"{len(kept)} shot{'s' if len(kept) > 1 else ''} already done" in again.stdout
    assert len(masked(out)) == 12


@posix
@pytest.mark.parametrize("cut", [(), ("--cutout", "white"), ("--cutout", "transparent")], ids=" ".join)
def test_a_limit_on_the_size_of_files_ends_the_run_and_names_the_file(
    run: Run, tmp_path: Path, cut: tuple[str, ...]
) -> None:
    import resource

    capture = photos(tmp_path / "capture", 3, size=(640, 480))
    rng = np.random.default_rng(0)
    for path in sorted(capture.rglob("*.jpg"))[:2]:  # of more than may be written
        cv2.imwrite(str(path), rng.integers(0, 255, (480, 640, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 100])
    most = 100_000 if cut else 4_000
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast", *cut)
    done = run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told.startswith("underside: Cannot write out")
    assert "a file may not be so large there. Raise the limit" in told
    assert "cannot be read" not in done.stderr
    assert run(*words).returncode == 0


def test_a_disk_that_is_full_from_the_start_is_refused_at_once(run: Run, tmp_path: Path, small_disk: Path) -> None:
    photos(tmp_path / "capture", 1)
    filling = os.open(small_disk / "filling", os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while True:
            os.write(filling, bytes(4096))
    os.close(filling)
    assert "the disk is full" in refusal(run("mask", "capture", "-o", small_disk / "out"))
    assert not [path for path in small_disk.rglob("*") if path.name.endswith(".underside-part")]


def test_a_disk_without_room_for_an_audits_page_is_refused_before_anything_is_masked(
    run: Run, tmp_path: Path, small_disk: Path
) -> None:
    photos(tmp_path / "capture", 2)
    (small_disk / "filling").write_bytes(bytes(620 * 1024))
    told = refusal(run("audit", "capture", "-o", small_disk / "out"))
    assert "the disk is full" in told
    assert [path.name for path in small_disk.iterdir()] == ["filling"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
@pytest.mark.parametrize("words", [("capture", "capture", "--json"), ("config", "capture", "--template")], ids=" ".join)
def test_an_answer_that_finds_no_room_is_said_to_be_lost(tmp_path: Path, words: tuple[str, ...]) -> None:
    photos(tmp_path / "capture", 1)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*words), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "Cannot write to standard output: No space left on device. Free some space there" in refusal(done)


def test_a_disk_that_is_full_when_the_masks_are_laid_out_keeps_the_masks(
    run: Run, tmp_path: Path, small_disk: Path
) -> None:
    capture = photos(tmp_path / "capture", 3, size=(320, 240))
    out = small_disk / "out"
    assert run("mask", capture, "-o", out).returncode == 0
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filling").write_bytes(bytes(free - 52 * 1024))
    done = run("mask", capture, "-o", out, "--layout", "realityscan", "--layout", "nerfstudio")
    assert "the disk is full" in refusal(done)
    assert len(masked(out)) == 3
