"""What is behind, out of doors: gardens, streets, water."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, filled, grid, ramp, scheme
from training.records import Array

__all__ = ["garden", "street"]


def garden(dice: Generator) -> Array:
    """Leaves upon leaves under a patch of sky."""
    _, y = grid()
    picture = ramp(
        y + 0.05 * clouds(dice, 3), [np.array([190.0, 210, 240]), np.array([60.0, 90, 50]), np.array([40.0, 60, 25])]
    )
    picture = picture.astype(np.float32)
    for _ in range(dice.integers(150, 700)):
        x, top = int(dice.integers(0, SIDE)), int(SIDE * dice.uniform(0.15, 1))
        green = np.array([dice.uniform(20, 140), dice.uniform(60, 190), dice.uniform(10, 80)])
        size = (int(dice.integers(3, 26)), int(dice.integers(2, 10)))
        cv2.ellipse(picture, (x, top), size, float(dice.uniform(0, 180)), 0, 360, green.tolist(), -1, cv2.LINE_AA)
    for _ in range(dice.integers(0, 30)):
        spot = dice.integers(0, SIDE, 2).tolist()
        cv2.circle(
            picture, spot, int(dice.integers(3, 14)), colour(dice, vivid=1.5, dark=0.5).tolist(), -1, cv2.LINE_AA
        )
    return picture


def street(dice: Generator) -> Array:
    """Fronts with rows of windows, a pavement below."""
    picture, left = filled(colour(dice, vivid=0.4, dark=0.6)), 0
    ground = int(SIDE * dice.uniform(0.7, 0.95))
    while left < SIDE:
        width, top = int(dice.integers(60, 200)), int(SIDE * dice.uniform(0.02, 0.4))
        wall, pane = colour(dice, vivid=0.6, dark=0.2), colour(dice, vivid=0.4, bright=0.6)
        cv2.rectangle(picture, (left, top), (left + width, ground), wall.tolist(), -1)
        step = int(dice.integers(18, 44))
        for x in range(left + 8, left + width - step // 2, step):
            for y in range(top + 10, ground - step, step + 6):
                cv2.rectangle(
                    picture, (x, y), (x + step // 2, y + step * 2 // 3), (pane * dice.uniform(0.6, 1.3)).tolist(), -1
                )
        left += width
    picture[ground:] = ramp(clouds(dice, 40, octaves=3), scheme(dice, 2))[ground:]
    return picture
