"""Masks on disk: what they are called, and how one is read whatever a person's hand has made of it."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import PhotoError

__all__ = ["CUTOUTS", "MASKS", "RESULT_FOLDERS", "mask_name", "read_mask"]

MASKS = "masks"
"""Their folder, in the output folder."""
CUTOUTS = "cutouts"
RESULT_FOLDERS = (MASKS, CUTOUTS, "previews", "layouts")
"""What lies in an output folder beside the manifest and the contact sheet."""


def mask_name(photo: str) -> str:
    """The mask of a photo, relative to the output folder.

    The whole name of the photo stays, suffix and all: IMG_1.jpg and IMG_1.tif never meet.
    """
    return f"{MASKS}/{photo}.png"


def read_mask(path: Path, *, width: int, height: int) -> NDArray[np.uint8]:
    """A mask of ours, or one that a person has changed: grey values are cut hard, colours made grey."""
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    content = np.fromfile(path, np.uint8)
    mask = cv2.imdecode(content, flags) if content.size else None
    if mask is None:
        problem = "is no picture"
    elif mask.shape != (height, width):
        problem = f"has {mask.shape[1]} x {mask.shape[0]} pixels, the photo {width} x {height}"
    else:
        return np.where(mask >= 128, np.uint8(255), np.uint8(0))
    raise PhotoError(f"The mask {path} was changed and {problem}", "Mend or delete it and run underside mask again")
