"""Coded marks: squares of bits, and dots with broken rings around them."""

import cv2
import numpy as np
from numpy.random import Generator

from training.records import Array

__all__ = ["coded_ring", "square_marker"]


def square_marker(dice: Generator) -> Array:
    """Bits in a black frame in a white one, enlarged to keep its corners sharp."""
    bits = dice.integers(0, 2, [int(dice.integers(3, 8))] * 2) * 255
    framed = np.pad(np.pad(bits, 1, constant_values=0), 1, constant_values=255)
    return np.kron(framed, np.ones((12, 12))).astype(np.uint8)


def coded_ring(dice: Generator) -> Array:
    """Black on white or white on black."""
    ground, ink = (255, 0) if dice.random() < 0.6 else (0, 255)
    mark = np.full((96, 96), ground, np.uint8)
    cv2.circle(mark, (48, 48), 13, ink, -1)
    for part in range(12):
        if dice.random() < 0.5:
            cv2.ellipse(mark, (48, 48), (34, 34), 0, part * 30, part * 30 + 30, ink, 12)
    return mark
