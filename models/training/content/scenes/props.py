"""What lies about: cards, scale bars and boxes on the platter, and neighbours that touch the object's outline."""

import numpy as np

from training.content.scenes.camera import View
from training.content.scenes.paints import Look, object_paint, object_paints, plain, print_paint
from training.content.scenes.platters import Table
from training.content.scenes.poses import standing
from training.content.scenes.stage import BOX, CYLINDER, PROP, QUAD, SPHERE, Stage, diagonal, lifted
from training.content.turns import about_x, about_z
from training.records import Array

__all__ = ["neighbours", "scattered_props"]


def scattered_props(stage: Stage, table: Table, points: Array) -> None:
    """A few, on the platter's free rim or beside it."""
    dice, object_reach = stage.dice, float(np.linalg.norm(points[:, :2], axis=1).max())
    for _ in range(dice.integers(1, 5)):
        size, angle = dice.uniform(0.08, 0.25), dice.uniform(0, 2 * np.pi)
        nearest = object_reach + 1.6 * size + 0.05
        away = dice.uniform(nearest, max(nearest, table.platter) * 1.5)
        inside = away + size < table.platter
        if table.platter and not inside:
            away = max(away, table.platter + 1.8 * size)
        floor = 0.0 if inside or not table.platter else table.ground
        spot = np.array([away * np.cos(angle), away * np.sin(angle), floor + 0.006])
        lot = dice.random()
        if lot < 0.55:
            _card(stage, spot, size, dice.uniform(0, 2 * np.pi) if dice.random() < 0.5 else angle + np.pi / 2)
        elif lot < 0.78:
            _card(stage, spot, size * 1.3, angle + np.pi / 2 + dice.normal(0, 0.4), dice.uniform(1.0, 1.5))
        else:
            texture, _ = stage.library.cards[dice.integers(len(stage.library.cards))]
            cube = about_z(angle) @ diagonal(size * 0.5)
            stage.add(BOX, cube, lifted(spot, size * 0.5), PROP, print_paint(texture, dice))


def neighbours(stage: Stage, table: Table, points: Array, view: View, look: Look) -> None:
    """Three to six things just behind the object, or small ones before it, that meet its outline in the picture."""
    dice = stage.dice
    away = np.array([-np.cos(view.azimuth), -np.sin(view.azimuth), 0])
    across = np.array([away[1], -away[0], 0])
    depth, side, height = points @ away, points @ across, points[:, 2]
    bound = Look(object=look.object) if dice.random() < 0.35 else Look()
    for _ in range(dice.integers(3, 7)):
        behind = dice.random() < 0.75
        size = dice.uniform(0.25, 0.75) if behind else dice.uniform(0.08, 0.22)
        # A spot on the outline, left, right or above, and a thing that sticks out beyond it.
        angle = np.radians(dice.uniform(-10, 190))
        edge = int((side * np.cos(angle) + height * np.sin(angle)).argmax())
        at = side[edge] + np.cos(angle) * dice.uniform(0.1, 0.6) * size
        beside = depth[np.abs(side - at) < size]
        far = beside.max() + size * dice.uniform(0.6, 1.0) if behind else beside.min() - size * 1.2
        spot = away * far + across * at
        on_platter = not table.platter or np.linalg.norm(spot) + size / 2 < table.platter
        spot[2] = 0.0 if on_platter else table.ground
        tall = max(float(height[edge]) * dice.uniform(0.6, 1.4) - spot[2], 0.2) if behind else size
        _neighbour(stage, spot, size, tall, bound)


def _neighbour(stage: Stage, spot: Array, size: float, tall: float, look: Look) -> None:
    dice, lot = stage.dice, stage.dice.random()
    turn = about_z(dice.uniform(0, 2 * np.pi))
    paint = object_paint(dice, stage.library, look)
    if lot < 0.25:
        stage.add(BOX, turn @ diagonal(size * 0.6, size * 0.4, tall / 2), lifted(spot, tall / 2), PROP, paint)
    elif lot < 0.45:
        stage.add(CYLINDER, diagonal(size * 0.5, size * 0.5, tall), spot, PROP, paint)
    elif lot < 0.55:
        stage.add(SPHERE, diagonal(size * 0.5), lifted(spot, size * 0.49), PROP, paint)
    elif lot < 0.7:
        _card(stage, spot, size * 0.6, float(dice.uniform(0, 2 * np.pi)), dice.uniform(1.1, 1.5))
    else:
        thing = stage.library.object(dice)
        pose = standing(dice, thing, size=max(size * 0.7, tall / 2.2)).moved(*spot)
        stage.add_thing(thing, pose.matrix, pose.offset, PROP, object_paints(dice, stage.library, look, thing.slots))


def _card(stage: Stage, spot: Array, size: float, yaw: float, tilt: float = 0.0) -> None:
    """A printed board: lying, or leaning back on its lower edge."""
    dice = stage.dice
    texture, aspect = stage.library.cards[dice.integers(len(stage.library.cards))]
    wide = size * min(aspect**0.5, 1.8)
    high, thick = wide / aspect, dice.uniform(0.004, 0.05) * size
    turn = about_z(yaw) @ about_x(tilt)
    middle = lifted(spot, high * np.sin(tilt) + thick * np.cos(tilt))
    back = plain(dice, np.full(3, float(dice.choice([0.03, 0.4, 0.8]))))
    stage.add(BOX, turn @ diagonal(wide * 1.02, high * 1.02, thick), middle, PROP, back)
    face = middle + turn @ np.array([0, 0, thick + 2e-3])
    stage.add(QUAD, turn @ diagonal(wide, high, 1), face, PROP, print_paint(texture, dice))
