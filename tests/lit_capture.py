"""A part of the full capture as a black studio would show it, small: a threshold masks it right, a proof joins it."""

from pathlib import Path

import cv2
import numpy as np
from flip_arc import arc_of
from numpy.typing import NDArray
from PIL import Image

# With fewer pixels the passes do not join.
SIZE = (640, 480)
# This shot has a piece of platter that shines as the object does.
KEPT = "flipped/DSC_0053.JPG"


def lit_sample(sample: Path, folder: Path) -> Path:
    """The photos with everything but the object blackened."""
    for name, photo in arc_of(sample):
        shown = _mask(sample / "gt_masks" / f"{name}.png")
        if name == KEPT:
            near = cv2.dilate(shown, np.ones((61, 61), np.uint8)).astype(np.uint8)
            shown = shown | (_mask(sample / "gt_platter" / f"{name}.png") & near)
        with Image.open(photo) as picture:
            pixels = np.asarray(picture.resize(SIZE, Image.Resampling.LANCZOS)).astype(np.float32)
            # Lifted, so that the darkest of the object is still brighter than the studio.
            lit = np.where(shown[..., None] > 0, 70 + pixels * 0.7, 0)
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(lit.astype(np.uint8)).save(target, quality=93, exif=picture.info["exif"])
    return folder


def true_mask(sample: Path, name: str) -> NDArray[np.uint8]:
    """What a photo's mask should be."""
    return _mask(sample / "gt_masks" / f"{name}.png")


def _mask(path: Path) -> NDArray[np.uint8]:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    return np.where(cv2.resize(mask, SIZE, interpolation=cv2.INTER_AREA) > 127, np.uint8(255), np.uint8(0))
