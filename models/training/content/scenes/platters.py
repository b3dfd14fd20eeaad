"""The turntable under the object: discs, boards, their feet and what is laid on them."""

from dataclasses import dataclass

import numpy as np

from training.content.scenes.paints import Look, ground_paint, platter_paint
from training.content.scenes.stage import BOX, CYLINDER, PLATTER, Stage, diagonal, lifted
from training.content.turns import about_z
from training.records import Array

__all__ = ["Table", "turntable", "without_turntable"]


@dataclass(frozen=True)
class Table:
    """What the object stands on, as later steps need it."""

    platter: float
    """The platter's radius, or 0."""
    ground: float
    """How high the floor or table around it is; the platter's top is at 0."""
    reach: float
    """How far from the axis the object or the platter goes."""


def without_turntable(points: Array) -> Table:
    """The object stands on the ground."""
    return Table(0.0, 0.0, _reach(points))


def turntable(stage: Stage, points: Array, look: Look) -> Table:
    """As wide as the object needs, or much wider; off its axis as often as in real captures."""
    dice, reach = stage.dice, _reach(points)
    low = points[points[:, 2] < points[:, 2].min() + 0.3]
    under = float(np.linalg.norm(low[:, :2], axis=1).max())
    radius = max(reach * (dice.uniform(0.8, 1.6) if dice.random() < 0.6 else dice.uniform(1.4, 3.2)), under * 1.08)
    middle = np.append(dice.normal(0, 0.07, 2) * radius, 0) if dice.random() < 0.4 else np.zeros(3)
    radius += float(np.linalg.norm(middle))
    paint, thick, lot = platter_paint(dice, stage.library, look), dice.uniform(0.03, 0.2) * radius**0.5, dice.random()
    turn = about_z(dice.uniform(0, 2 * np.pi))
    if lot < 0.4:
        stage.add(CYLINDER, diagonal(radius, radius, thick), lifted(middle, -thick), PLATTER, paint)
    elif lot < 0.85:
        tool, high = stage.library.tool(dice, "platter"), radius * 0.6
        stage.add_thing(tool, turn @ diagonal(radius, radius, high), middle, PLATTER, [paint])
        thick = -float(tool.hull[:, 2].min()) * high
    else:
        half = diagonal(radius, radius * dice.uniform(0.8, 1.0), thick / 2)
        stage.add(BOX, turn @ half, lifted(middle, -thick / 2), PLATTER, paint)
    if dice.random() < 0.2:
        mat = max(radius * dice.uniform(0.5, 0.95), min(under, radius * 0.95))
        paint = platter_paint(dice, stage.library, look)
        stage.add(CYLINDER, diagonal(mat, mat, 0.01), lifted(middle, -0.008), PLATTER, paint)
    ground = -thick
    if dice.random() < 0.5:
        ground -= _drive(stage, middle, radius, -thick, look)
    return Table(radius, ground, max(radius, reach))


def _drive(stage: Stage, middle: Array, radius: float, top: float, look: Look) -> float:
    """The motor's housing or a second disc below; returns how high it is."""
    dice = stage.dice
    height, wide = dice.uniform(0.08, 0.6), radius * dice.uniform(0.4, 1.25)
    paint = ground_paint(dice, stage.library, look.platter if dice.random() < 0.5 else None)
    if dice.random() < 0.6:
        stage.add(CYLINDER, diagonal(wide, wide, height), lifted(middle, top - height), PLATTER, paint)
    else:
        stage.add(BOX, diagonal(wide, wide, height / 2), lifted(middle, top - height / 2), PLATTER, paint)
    return height


def _reach(points: Array) -> float:
    return float(np.linalg.norm(points[:, :2], axis=1).max())
