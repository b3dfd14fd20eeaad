"""Drawn outlines with thickness: letters, gears, blots with holes."""

import cv2
import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes import fields
from training.content.turns import about_x
from training.records import Array

__all__ = ["blot", "gear", "letter", "thickened"]

_SIDE = 256
_MIDDLE = _SIDE // 2


def letter(dice: Generator) -> Mesh:
    """One or two characters, standing up."""
    text = "".join(dice.choice(list("ABCDEFGHKLMNPRSTUVXYZ0123456789&@#"), dice.integers(1, 3)))
    face, pen = int(dice.choice([0, 2, 3, 4])), int(dice.integers(14, 36))
    (width, height), _ = cv2.getTextSize(text, face, 5, pen)
    size = 5 * 200 / max(width, height)
    (width, height), _ = cv2.getTextSize(text, face, size, pen)
    drawing = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.putText(drawing, text, (_MIDDLE - width // 2, _MIDDLE + height // 2), face, size, 255, pen)
    return thickened(drawing, dice.uniform(0.06, 0.35), dice).changed(about_x(np.pi / 2))


def gear(dice: Generator) -> Mesh:
    """Teeth, a bore and perhaps a ring of holes."""
    angle = np.linspace(0, 2 * np.pi, 400)
    teeth = dice.uniform(6, 20) * np.clip(np.sin(dice.integers(5, 24) * angle) * 3, -1, 1)
    drawing = _filled(angle, 88 + teeth)
    cv2.circle(drawing, (_MIDDLE, _MIDDLE), int(dice.integers(10, 52)), 0, -1)
    for k in range(int(dice.choice([0, 0, 4, 6]))):
        at = np.array([np.cos(k * np.pi / 3), np.sin(k * np.pi / 3)]) * 62 + _MIDDLE
        cv2.circle(drawing, (int(at[0]), int(at[1])), 13, 0, -1)
    return _as_it_lies(thickened(drawing, dice.uniform(0.05, 0.3), dice), dice)


def blot(dice: Generator) -> Mesh:
    """A soft or a jagged outline, with a hole or two."""
    if dice.random() < 0.5:
        angle = np.sort(dice.uniform(0, 2 * np.pi, int(dice.integers(5, 12))))
        drawing = _filled(angle, dice.uniform(50, 115, len(angle)))
    else:
        cloud = cv2.GaussianBlur(dice.standard_normal((_SIDE, _SIDE)), (0, 0), dice.uniform(10, 24))
        row, column = np.mgrid[:_SIDE, :_SIDE] - _MIDDLE
        drawing = ((cloud / cloud.std() + 1.2 - (row**2 + column**2) / 74**2) > 0).astype(np.uint8) * 255
    if dice.random() < 0.5:
        at = (_MIDDLE + int(dice.integers(-25, 25)), _MIDDLE + int(dice.integers(-25, 25)))
        cv2.circle(drawing, at, int(dice.integers(8, 30)), 0, -1)
    return _as_it_lies(thickened(drawing, dice.uniform(0.05, 0.4), dice), dice)


def thickened(drawing: Array, half: float, dice: Generator) -> Mesh:
    """What is drawn white, lying flat, twice `half` thick, with edges sharp or round."""
    if not (drawing > 127).any():
        cv2.circle(drawing, (_MIDDLE, _MIDDLE), 60, 255, -1)
    white = (drawing > 127).astype(np.uint8)
    outside = cv2.distanceTransform(1 - white, cv2.DIST_L2, 5) - cv2.distanceTransform(white, cv2.DIST_L2, 5)
    outline = cv2.GaussianBlur(outside * (2 / _SIDE), (0, 0), 1.2).astype(np.float32)
    rounding = float(dice.choice([0.001, 0.03, 0.06]))

    def field(points: Array) -> Array:
        places = (points[:, :2] + 1) * (_SIDE / 2) - 0.5
        across = _looked_up(outline, places[:, 0], places[:, 1])
        return -fields.melted([-across, half - np.abs(points[:, 2])], rounding)

    return fields.skin(field, cells=80, half=1.05)


def _filled(angle: Array, reach: Array) -> Array:
    drawing = np.zeros((_SIDE, _SIDE), np.uint8)
    outline = np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1) + _MIDDLE
    cv2.fillPoly(drawing, [outline.astype(np.int32)], 255)
    return drawing


def _as_it_lies(mesh: Mesh, dice: Generator) -> Mesh:
    return mesh.changed(about_x(np.pi / 2)) if dice.random() < 0.6 else mesh


def _looked_up(picture: Array, column: Array, row: Array) -> Array:
    """Between pixels; beyond the rim what the rim says."""
    column, row = np.clip(column, 0, _SIDE - 1.001), np.clip(row, 0, _SIDE - 1.001)
    x, y = column.astype(int), row.astype(int)
    u, v = column - x, row - y
    upper = picture[y, x] * (1 - u) + picture[y, x + 1] * u
    lower = picture[y + 1, x] * (1 - u) + picture[y + 1, x + 1] * u
    return upper * (1 - v) + lower * v
