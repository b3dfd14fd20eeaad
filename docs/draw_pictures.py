"""Draw the pictures of the documentation, with the engine itself.

    python docs/draw_pictures.py [CAPTURE-WITH-TRUTH]

The first comes from the demo capture; the worst masks of a capture with ``gt_masks`` are drawn where one is given.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside import load_masker, open_photo
from underside.masker import Masker
from underside.photo import decode
from underside.resources import demo_folder

PICTURES = Path(__file__).with_name("pictures")
TWO_PASSES = ("upright/DSC_0003", "upright/DSC_0007", "flipped/DSC_0021", "flipped/DSC_0025")
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


def worst_masks(masker: Masker, capture: Path, count: int = 5) -> NDArray[np.uint8]:
    """The worst masks side by side: red is object that was lost, cyan is what was kept and is none."""
    rated = []
    for path in sorted(capture.glob("[uf]*/*.JPG")):
        photo = open_photo(path)
        masked = masker.mask_photo(photo)
        mask = masker.cut(masked.look, masked.alone) > 0
        truth_file = capture / "gt_masks" / path.relative_to(capture).with_suffix(f"{path.suffix}.png")
        truth = cv2.imread(str(truth_file), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION) > 127
        rated.append(((mask & truth).sum() / (mask | truth).sum(), decode(photo), mask, truth))
    rated.sort(key=lambda each: each[0])
    tiles = [_errors(*each) for each in rated[:count]]
    return np.hstack([part for tile in tiles for part in (tile, _gap(GAP, tile.shape[0]))][:-1])


def _errors(
    iou: float, pixels: NDArray[np.uint8], mask: NDArray[np.bool_], truth: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    drawn = pixels.copy()
    drawn[truth & ~mask] = (255, 0, 0)
    drawn[mask & ~truth] = (0, 255, 255)
    rows, columns = np.nonzero(truth | mask)
    side = max(np.ptp(rows), np.ptp(columns)) + 20
    top, left = max(0, int(rows.min()) - 10), max(0, int(columns.min()) - 10)
    tile = cv2.resize(drawn[top : top + side, left : left + side], (300, 300), interpolation=cv2.INTER_AREA)
    cv2.putText(tile, f"IoU {iou:.3f}", (8, 290), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2, cv2.LINE_AA)
    return tile.astype(np.uint8)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height = round(pixels.shape[0] * WIDTH / pixels.shape[1])
    return cv2.resize(pixels, (WIDTH, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _gap(width: int, height: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 255, np.uint8)


def _write(name: str, picture: NDArray[np.uint8]) -> None:
    PICTURES.mkdir(exist_ok=True)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(PICTURES / name), bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    _write("two-passes.jpg", two_passes(load_masker()))
    for folder in sys.argv[1:]:
        _write("worst-masks.jpg", worst_masks(load_masker(), Path(folder)))
