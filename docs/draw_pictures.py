"""Draw the pictures of the documentation from the demo capture, with the engine itself."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside import load_masker, open_photo
from underside.masker import Masker
from underside.photo import decode
from underside.resources import demo_folder

PICTURES = Path(__file__).with_name("pictures")
TWO_PASSES = ("upright/DSC_0004", "upright/DSC_0013", "flipped/DSC_0022", "flipped/DSC_0031")
WIDTH, GAP = 400, 6


def two_passes(masker: Masker) -> NDArray[np.uint8]:
    """Shots of both passes in a row, and below them the same without what is not object."""
    columns = []
    for name in TWO_PASSES:
        photo = open_photo(demo_folder() / f"{name}.JPG")
        pixels = decode(photo)
        mask = masker.mask_photo(photo).mask
        alone = cv2.bitwise_and(pixels, pixels, mask=mask)
        columns.append(np.vstack([_small(pixels), _gap(WIDTH, GAP), _small(alone)]))
    height = columns[0].shape[0]
    parts = [part for column in columns for part in (column, _gap(GAP, height))]
    return np.hstack(parts[:-1])


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height = round(pixels.shape[0] * WIDTH / pixels.shape[1])
    return cv2.resize(pixels, (WIDTH, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _gap(width: int, height: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 255, np.uint8)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    picture = cv2.cvtColor(two_passes(load_masker()), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(PICTURES / "two-passes.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
