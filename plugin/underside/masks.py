"""Masks on disk: what they are called, and how one is read whatever a person's hand has made of it."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import PhotoError

__all__ = ["CUTOUTS", "MASKS", "RESULT_FOLDERS", "SET_TABLE", "drawn_mask", "mask_name", "read_mask"]

MASKS = "masks"
"""Their folder, in the output folder."""
CUTOUTS = "cutouts"
RESULT_FOLDERS = (MASKS, CUTOUTS, "previews", "layouts")
"""What lies in an output folder beside the manifest and the contact sheet."""
SET_TABLE = "prepared.json"
"""The file that marks a set prepared from an output folder."""


def mask_name(photo: str) -> str:
    """The mask of a photo, relative to the output folder.

    The whole name of the photo stays, suffix and all: IMG_1.jpg and IMG_1.tif never meet.
    """
    return f"{MASKS}/{photo}.png"


def read_mask(path: Path, *, width: int, height: int) -> NDArray[np.uint8]:
    """A mask of ours, or one that a person has changed.

    Grey is cut hard, colours are made grey, and what is transparent, as where an eraser was used, is not object.
    """
    mask = drawn_mask(path)
    if mask is None:
        problem = "is not a picture"
    elif mask.shape != (height, width):
        problem = f"has {mask.shape[1]} x {mask.shape[0]} pixels, the photo {width} x {height}"
    else:
        return mask
    raise PhotoError(f"The mask {path} was changed and {problem}", "Fix or delete it and run underside mask again")


def drawn_mask(path: Path) -> NDArray[np.uint8] | None:
    """A mask of any size, on its stored grid; none for what is not a picture, or that no decoder takes."""
    grey = _grey(np.fromfile(path, np.uint8))
    return None if grey is None else np.where(grey >= 128, np.uint8(255), np.uint8(0))


def _grey(content: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    try:
        stored = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
        if stored is None or (stored.ndim == 2 and stored.dtype == np.uint8):
            return stored  # type: ignore[return-value]
        grey = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    if grey is not None and stored.ndim == 3 and stored.shape[2] == 4:
        opaque = stored[..., 3] > (255 if stored.dtype == np.uint8 else 65535) // 2
        grey = np.where(opaque, grey, np.uint8(0))
    return grey  # type: ignore[return-value]
