"""Runs of ``underside mask`` on the demo photos: their shots, and what such a run leaves."""

import hashlib
from pathlib import Path

import numpy as np
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
