"""Runs of ``underside mask`` on the demo photos: their shots, and what such a run leaves."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from conftest import command
from numpy.typing import NDArray
from PIL import Image

SHOTS = ("upright/DSC_0001.JPG", "upright/DSC_0004.JPG", "flipped/DSC_0019.JPG", "flipped/DSC_0022.JPG")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def masks(out: Path) -> dict[str, str]:
    return contents(out / "masks")


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path))


def left_by_its_door(where: Path, *arguments: str | Path) -> dict[str, Any]:
    """What a run says last whose door closes standard input after the first shot."""
    with subprocess.Popen(
        command(*arguments, "--events"), cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        while '"shot"' not in process.stdout.readline():
            pass
        process.stdin.close()
        rest = process.stdout.read()
    assert process.returncode == 130
    finished: dict[str, Any] = json.loads(rest.splitlines()[-1])
    return finished
