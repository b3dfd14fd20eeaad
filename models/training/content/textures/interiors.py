"""What is behind: rooms, shelves, posters, workshops, as a camera sees them past the object."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.textures.canvas import SIDE, clouds, colour, filled, grid, ramp, scheme, word, written
from training.records import Array

__all__ = ["bookshelf", "poster", "shop_shelves", "studio_wall", "workshop"]


def studio_wall(dice: Generator) -> Array:
    """A wall and a floor with furniture, windows and boxes in front of it."""
    picture = filled(colour(dice, vivid=0.4, dark=0.15))
    floor = int(dice.uniform(0.4, 0.9) * SIDE)
    picture[floor:] = colour(dice, vivid=0.5, dark=0.1, bright=0.8)
    for _ in range(dice.integers(3, 30)):
        width, height = (int(v) for v in dice.integers(10, 220, 2))
        left, top = (int(v) for v in dice.integers(-50, SIDE, 2))
        shade = [255.0, 255.0, 250.0] if dice.random() < 0.12 else colour(dice, vivid=0.9).tolist()
        if dice.random() < 0.8:
            pen = int(dice.choice([-1, -1, -1, 4]))
            cv2.rectangle(picture, (left, top), (left + width, top + height), shade, pen)
        else:
            cv2.circle(picture, (left, top), width // 3 + 2, shade, -1, cv2.LINE_AA)
    return _lit(dice, picture)


def bookshelf(dice: Generator) -> Array:
    """Spines, row upon row, some leaning, with titles."""
    picture = filled(colour(dice, vivid=0.6, dark=0.05, bright=0.4))
    rows = int(dice.integers(2, 6))
    for row in range(rows):
        bottom, left = int((row + 0.95) * SIDE / rows), 0
        while left < SIDE:
            width, height = int(dice.integers(8, 40)), int(dice.uniform(0.6, 0.93) * SIDE / rows)
            if dice.random() < 0.9:
                lean = int(dice.normal(0, 2) * 2) if dice.random() < 0.3 else 0
                _spine(dice, picture, left, bottom, width, height, lean)
            left += width + int(dice.random() < 0.15) * int(dice.integers(2, 40))
        cv2.rectangle(picture, (0, bottom), (SIDE, bottom + 7), colour(dice, vivid=0.5).tolist(), -1)
    return _lit(dice, picture)


def shop_shelves(dice: Generator) -> Array:
    """Jars, tins and boxes on boards."""
    picture = filled(colour(dice, vivid=0.3, dark=0.2, bright=0.8))
    rows = int(dice.integers(2, 5))
    for row in range(rows):
        bottom, left = int((row + 0.9) * SIDE / rows), int(dice.integers(0, 30))
        while left < SIDE:
            width, height = int(dice.integers(18, 90)), int(dice.uniform(0.3, 0.8) * SIDE / rows)
            shade, x, y = colour(dice, vivid=1.0), left + width // 2, bottom - height
            cv2.rectangle(picture, (left, y), (left + width, bottom), shade.tolist(), -1)
            if dice.random() < 0.5:
                cv2.ellipse(
                    picture, (x, y), (width // 2, height // 5), 0, 0, 360, (shade * 0.8).tolist(), -1, cv2.LINE_AA
                )
            if dice.random() < 0.6:
                band = (left, y + height // 4), (left + width, y + 3 * height // 4)
                cv2.rectangle(picture, *band, colour(dice, dark=0.5).tolist(), -1)
                written(picture, word(dice, 6), (left + 3, y + height * 0.6), width / 120, colour(dice, bright=0.4), 1)
            cv2.rectangle(picture, (left + width * 4 // 5, y), (left + width, bottom), (shade * 0.7).tolist(), -1)
            left += width + int(dice.integers(2, 30))
        cv2.rectangle(picture, (0, bottom), (SIDE, bottom + 9), colour(dice, vivid=0.4).tolist(), -1)
    return _lit(dice, picture)


def poster(dice: Generator) -> Array:
    """A landscape or a face-like heap of ovals, with a title: what hangs on walls and looks like a photo."""
    _, y = grid()
    sky = ramp(y + 0.1 * clouds(dice, 2), scheme(dice, 3))
    horizon = dice.uniform(0.3, 0.8) + 0.05 * clouds(dice, 3)[SIDE // 2][None, :]
    picture = np.where((y > horizon)[..., None], ramp(clouds(dice, 6, octaves=6), scheme(dice, 4)), sky)
    picture = np.ascontiguousarray(picture, np.float32)
    for _ in range(dice.integers(2, 14)):
        middle = (int(dice.uniform(0.1, 0.9) * SIDE), int(dice.uniform(0.2, 0.9) * SIDE))
        size = (int(dice.integers(8, 110)), int(dice.integers(8, 140)))
        shade = colour(dice)
        turn = float(dice.uniform(0, 180))
        cv2.ellipse(picture, middle, size, turn, 0, 360, (shade * 0.75).tolist(), -1, cv2.LINE_AA)
        lit = (middle[0] - size[0] // 6, middle[1] - size[1] // 6)
        cv2.ellipse(picture, lit, (size[0] * 3 // 4, size[1] * 3 // 4), turn, 0, 360, shade.tolist(), -1, cv2.LINE_AA)
    picture = cv2.GaussianBlur(picture, (0, 0), dice.uniform(0.6, 3)) + 6 * clouds(dice, 90, octaves=2)[..., None]
    if dice.random() < 0.6:
        written(picture, word(dice, 10), (30, SIDE * dice.uniform(0.15, 0.95)), dice.uniform(1.5, 4), colour(dice), 6)
    return picture


def workshop(dice: Generator) -> Array:
    """A board with tools and cables, drawers under it."""
    picture = ramp(clouds(dice, 20, octaves=3), scheme(dice, 2)).astype(np.float32)
    for _ in range(dice.integers(8, 30)):
        start = dice.integers(0, SIDE, 2)
        end = start + dice.integers(-160, 160, 2)
        shade, pen = colour(dice).tolist(), int(dice.integers(3, 22))
        cv2.line(picture, start.tolist(), end.tolist(), shade, pen, cv2.LINE_AA)
        if dice.random() < 0.5:
            cv2.circle(picture, end.tolist(), pen + 6, colour(dice).tolist(), int(dice.choice([-1, 5])), cv2.LINE_AA)
    for _ in range(dice.integers(2, 7)):
        middle, size = dice.integers(0, SIDE, 2).tolist(), dice.integers(30, 160, 2).tolist()
        cv2.ellipse(
            picture,
            middle,
            size,
            float(dice.uniform(0, 360)),
            0,
            float(dice.uniform(90, 340)),
            [20.0] * 3,
            4,
            cv2.LINE_AA,
        )
    top, step = int(dice.uniform(0.6, 0.9) * SIDE), int(dice.integers(30, 90))
    for left in range(0, SIDE, step):
        cv2.rectangle(picture, (left, top), (left + step - 4, SIDE), colour(dice, vivid=0.8).tolist(), -1)
        cv2.circle(picture, (left + step // 2, top + 24), 5, [200.0] * 3, -1, cv2.LINE_AA)
    return _lit(dice, picture)


def _spine(dice: Generator, picture: Array, left: int, bottom: int, width: int, height: int, lean: int) -> None:
    shade = colour(dice, vivid=0.9)
    corners = [
        [left, bottom],
        [left + width - 1, bottom],
        [left + width - 1 + lean, bottom - height],
        [left + lean, bottom - height],
    ]
    cv2.fillPoly(picture, [np.array(corners, np.int32)], shade.tolist(), cv2.LINE_AA)
    for _ in range(dice.integers(0, 4)):
        y = bottom - int(dice.uniform(0.1, 0.9) * height)
        cv2.line(picture, (left, y), (left + width - 1, y), colour(dice).tolist(), int(dice.integers(1, 9)))


def _lit(dice: Generator, picture: Array) -> Array:
    """Brighter here, darker there, as rooms are."""
    picture = picture * np.clip(1 + 0.22 * clouds(dice, 2, octaves=3), 0.25, 1.7)[..., None]
    return picture + 3 * clouds(dice, 120, octaves=2)[..., None]
