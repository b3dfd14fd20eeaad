"""A contact sheet, to be looked at: each photo with its matte and its labels, row by row."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.batches import Batch

__all__ = ["sheet"]

_COLOURS = np.array([[0, 0, 0], [255, 255, 255], [60, 110, 200], [220, 60, 60], [240, 200, 60]], np.uint8)
"""Of each label: the object white, the platter blue, supports red, props yellow."""


def sheet(batch: Batch, *, columns: int = 3) -> NDArray[np.uint8]:
    """(height, width, 3) of RGB; photos of one kind beside each other."""
    pictures = np.asarray(batch.pictures.cpu()).transpose(0, 2, 3, 1)
    mattes, labels = np.asarray(batch.mattes.cpu()), np.asarray(batch.labels.cpu())
    tiles = []
    for number in sorted(range(len(batch.kinds)), key=lambda n: batch.kinds[n]):
        matte = np.repeat(mattes[number][..., None], 3, axis=2)
        tile = np.ascontiguousarray(np.hstack([pictures[number], matte, _COLOURS[labels[number]]]))
        size = tile.shape[0] / 450
        place = (4, int(30 * size) + 4)
        cv2.putText(tile, batch.kinds[number], place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 0, 255), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[row : row + columns]) for row in range(0, len(tiles), columns)]
    return np.vstack(rows)
