"""Cells: scales, crackle, cobbles, leopards."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, colour, filled, scheme
from training.records import Array

__all__ = ["celled"]


def celled(dice: Generator) -> Array:
    """Every pixel goes with the nearest of many points; the seams are dark."""
    count = int(dice.integers(20, 300))
    seeds = np.ones((SIDE, SIDE), np.uint8)
    spots = dice.integers(0, SIDE, (count, 2))
    seeds[spots[:, 1], spots[:, 0]] = 0
    _, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    seam = (label != np.roll(label, 1, 0)) | (label != np.roll(label, 1, 1))
    from_seam = cv2.distanceTransform((~seam).astype(np.uint8), cv2.DIST_L2, 5)
    colours = np.array(scheme(dice, int(label.max()) + 1))
    picture = colours[label] if dice.random() < 0.5 else filled(colour(dice))
    return picture * np.clip(from_seam / dice.uniform(3, 14), 0.3, 1)[..., None]
