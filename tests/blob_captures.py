"""Captures of a red blob, and what a run of ``underside mask`` has made and told of them."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import command, shots

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files and signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems' disks refuse or change such names")


def photo(path: Path, *, seed: int = 0, size: tuple[int, int] = (160, 120)) -> Path:
    """A red blob on grey; each seed gives another."""
    width, height = size
    picture = np.full((height, width, 3), 200, np.uint8)
    noise = np.random.default_rng(seed).integers(0, 12, (16, 16, 3), dtype=np.uint8)
    picture += np.tile(noise, (-(-height // 16), -(-width // 16), 1))[:height, :width]
    cv2.ellipse(picture, (width // 2, height // 2), (width // 6, height // 4), 0, 0, 360, (40, 50, 170), cv2.FILLED)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix.lower(), picture)[1].tobytes())
    return path


def photos(folder: Path, count: int, size: tuple[int, int] = (160, 120)) -> Path:
    for number in range(count):
        photo(folder / "upright" / f"IMG_{number:03}.jpg", seed=number, size=size)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def masked(out: Path) -> set[str]:
    """The shots that the manifest calls masked. What it says of masks is so, and nothing else lies about."""
    found = shots(out)
    assert files(out / "masks") == {
        f"{name}.png": shot["mask_sha256"] for name, shot in found.items() if shot["mask_sha256"]
    }
    assert not [path for path in out.rglob(".*") if "underside" in path.name]
    return {name for name, shot in found.items() if shot["state"] == "masked"}


def refusal(done: subprocess.CompletedProcess[str], *, code: int = 2) -> str:
    """The one line that says why a run could not do its work."""
    assert done.returncode == code, done.stderr
    told = [line for line in done.stderr.splitlines() if " runs on the " not in line]
    assert len(told) == 1, done.stderr
    assert told[0].startswith("underside: ")
    assert told[0].endswith(".")
    return told[0]


def set_aside(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """By photo, the one line that each shot that was set aside got on both streams."""
    assert done.returncode == 3, done.stderr
    told = [line.removeprefix("underside: ") for line in done.stderr.splitlines() if line.startswith("underside: ")]
    assert [line for line in done.stderr.splitlines() if " runs on the " not in line] == [
        f"underside: {line}" for line in told
    ]
    for line in told:
        assert f"\n  {line}\n" in done.stdout
        assert line.endswith(".")
    return {line.split(":")[0].split(" ")[0]: line for line in told}


def start(*words: object, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*words), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_files(process: subprocess.Popen[str], out: Path, pattern: str) -> None:
    deadline = time.monotonic() + 180
    while not list(out.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
