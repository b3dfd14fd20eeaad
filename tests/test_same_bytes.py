"""Whatever the workers, and whoever interrupts or kills ``underside mask``: in the end the same bytes are there."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import DEMO, Run, command, manifest, running_in
from demo_runs import left_by_its_door, masks


def copies(folder: Path, count: int) -> Path:
    """A pass of so many photos with different content."""
    photos = sorted((DEMO / "upright").glob("*.JPG"))
    (folder / "upright").mkdir(parents=True)
    for number in range(count):
        content = photos[number % len(photos)].read_bytes()
        comment = b"\xff\xfe" + (6).to_bytes(2, "big") + number.to_bytes(4, "big")
        (folder / "upright" / f"DSC_{number:04}.JPG").write_bytes(content[:2] + comment + content[2:])
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """No two processes have their hashes in common: bytes that depend on these would not be the same."""
    return running_in(tmp_path, loads=True)


def test_the_same_bytes_come_out_whatever_the_workers(run: Run, capture: Path, tmp_path: Path) -> None:
    run("mask", capture, "-o", "one", "--workers", "1")
    run("mask", capture, "-o", "four", "--workers", "4")
    assert masks(tmp_path / "one") == masks(tmp_path / "four")


def test_masks_made_with_a_ring_are_the_same_whatever_the_workers_and_after_a_break(run: Run, tmp_path: Path) -> None:
    folder = copies(tmp_path / "capture", 12)
    run("mask", folder, "-o", "one", "--workers", "1")
    run("mask", folder, "-o", "alone", "--effort", "fast")
    run("mask", folder, "-o", "three", "--workers", "3")
    assert all(each["ring"] for each in manifest(tmp_path / "one")["shots"])
    assert not any(each["ring"] for each in manifest(tmp_path / "alone")["shots"])
    assert masks(tmp_path / "three") == masks(tmp_path / "one")
    for name in ("DSC_0002", "DSC_0009"):
        (tmp_path / "three" / "masks" / "upright" / f"{name}.JPG.png").unlink()
    assert "2 shots masked" in run("mask", folder, "-o", "three").stdout
    assert masks(tmp_path / "three") == masks(tmp_path / "one")


@pytest.fixture(scope="module")
def long_pass(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """More photos than are masked before somebody interrupts, and the masks of a run that nobody has interrupted."""
    folder = tmp_path_factory.mktemp("long")
    assert running_in(folder, loads=True)("mask", copies(folder / "capture", 14), "-o", "whole").returncode == 0
    return folder / "capture", masks(folder / "whole")


def wait_for_a_mask(out: Path) -> None:
    deadline = time.monotonic() + 180
    while not list(out.glob("masks/*/*.png")):
        assert time.monotonic() < deadline, "no mask came"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_completed_by_the_next(
    run: Run, tmp_path: Path, long_pass: tuple[Path, dict[str, str]], number: signal.Signals
) -> None:
    folder, whole = long_pass
    process = subprocess.Popen(
        command("mask", folder, "-o", "out"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for_a_mask(tmp_path / "out")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "finishing the shots in flight" in said
    assert not list((tmp_path / "out").rglob("*.underside-part"))
    after_first = len(masks(tmp_path / "out"))
    assert len(manifest(tmp_path / "out")["shots"]) == after_first < 14
    again = run("mask", folder, "-o", "out")
    assert f"{after_first} shots already done" in again.stdout
    assert masks(tmp_path / "out") == whole


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_run_leaves_whole_masks_only_and_is_completed_by_the_next(
    run: Run, tmp_path: Path, long_pass: tuple[Path, dict[str, str]]
) -> None:
    folder, whole = long_pass
    process = subprocess.Popen(command("mask", folder, "-o", "out"), cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for_a_mask(tmp_path / "out")
    process.kill()
    process.wait()
    for name, found in masks(tmp_path / "out").items():
        assert name.endswith(".underside-part") or found == whole[name]
    assert run("mask", folder, "-o", "out").returncode == 0
    assert masks(tmp_path / "out") == whole


def test_a_door_that_closes_standard_input_stops_the_engine(tmp_path: Path) -> None:
    folder = copies(tmp_path / "capture", 14)
    finished = left_by_its_door(tmp_path, "mask", folder, "-o", "out")
    assert finished["unreached"] > 0
