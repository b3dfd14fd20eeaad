"""Cutlery and hand tools: long flat things cut from a sheet."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes.extrusions import thickened

__all__ = ["cutlery"]


def cutlery(dice: Generator) -> Mesh:
    """Forks, spoons, spanners and keys."""
    drawing = np.zeros((256, 256), np.uint8)
    thick = int(dice.integers(10, 24))
    cv2.line(drawing, (30, 128), (190, 128), 255, thick)
    kind = dice.integers(4)
    if kind == 0:
        cv2.rectangle(drawing, (180, 98), (200, 158), 255, -1)
        for y in (102, 120, 138, 155):
            cv2.line(drawing, (195, y), (240, y), 255, 8)
    elif kind == 1:
        cv2.ellipse(drawing, (205, 128), (38, int(dice.integers(22, 34))), 0, 0, 360, 255, -1)
    elif kind == 2:
        cv2.circle(drawing, (205, 128), 36, 255, -1)
        cv2.rectangle(drawing, (205, 112), (250, 144), 0, -1)
    else:
        cv2.circle(drawing, (50, 128), 36, 255, -1)
        cv2.circle(drawing, (44, 128), 16, 0, -1)
        for x in (150, 170, 188):
            cv2.rectangle(drawing, (x, 128), (x + 10, 128 + int(dice.integers(18, 44))), 255, -1)
    return thickened(drawing, dice.uniform(0.04, 0.08), dice)
