"""What is captured: one thing, a few, a thing on a plinth of its own, or with flat parts beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from training.content.scenes.paints import Look, object_paints
from training.content.scenes.poses import Pose, fallen, standing
from training.content.scenes.stage import BOX, CYLINDER, OBJECT, Paint, Stage, diagonal
from training.content.scenes.supports import Support
from training.records import Array

__all__ = ["ARRANGEMENTS", "Wanted"]


@dataclass(frozen=True)
class Wanted:
    """What an arrangement is made of."""

    look: Look
    trait: str | None = None
    support: Support | None = None
    support_paint: Paint | None = None


Arrangement = Callable[[Stage, Wanted], Array]
"""Sets the captured object on z = 0 and returns its points, (n, 3)."""


def single(stage: Stage, wanted: Wanted) -> Array:
    """One thing, held or by itself."""
    pose = _held(stage, standing(stage.dice, stage.library.object(stage.dice, wanted.trait)), wanted)
    return _show(stage, pose, wanted)


def group(stage: Stage, wanted: Wanted) -> Array:
    """Two to five smaller things around the middle, as chess sets and finds from one pit are."""
    dice, count = stage.dice, int(stage.dice.integers(2, 6))
    start, points = dice.uniform(0, 2 * np.pi), []
    for k in range(count):
        thing = stage.library.object(dice, wanted.trait)
        pose = standing(dice, thing, size=dice.uniform(0.3, 0.6))
        angle, reach = start + 2 * np.pi * k / count + dice.uniform(-0.3, 0.3), dice.uniform(0.45, 0.9)
        pose = pose.moved(reach * np.cos(angle), reach * np.sin(angle), 0)
        points.append(_show(stage, pose, wanted))
    return np.concatenate(points)


def on_own_plinth(stage: Stage, wanted: Wanted) -> Array:
    """A statue with its plinth: both are the object, though the plinth looks like a support."""
    dice = stage.dice
    pose = standing(dice, stage.library.object(dice, "compact"))
    middle, radius = pose.foot
    radius, height = max(radius, 0.25) * dice.uniform(1.0, 1.5), dice.uniform(0.06, 0.6)
    paints = object_paints(dice, stage.library, wanted.look, pose.thing.slots)
    paint = paints[0] if dice.random() < 0.5 else object_paints(dice, stage.library, wanted.look, 1)[0]
    stages = int(dice.integers(1, 4))
    for level in range(stages):
        part, wide = height / stages, radius * (1 + 0.12 * (stages - 1 - level))
        if dice.random() < 0.5:
            shape, matrix, at = CYLINDER, diagonal(wide, wide, part), level * part
        else:
            shape, matrix, at = BOX, diagonal(wide, wide, part / 2), (level + 0.5) * part
        stage.add(shape, matrix, [*middle, at], OBJECT, paint)
    pose = pose.moved(0, 0, height)
    stage.add_thing(pose.thing, pose.matrix, pose.offset, OBJECT, paints)
    wide = radius * (1 + 0.12 * (stages - 1)) * (1 if stages == 1 else 1.2)
    corners = np.array([[x * wide, y * wide, z] for x in (-1, 1) for y in (-1, 1) for z in (0, height)])
    return np.concatenate([pose.points, corners + np.array([*middle, 0])])


def lying_flat(stage: Stage, wanted: Wanted) -> Array:
    """Plates, coins, lids and shards on the platter, one or a few."""
    dice = stage.dice
    if dice.random() < 0.5:
        return _show(stage, fallen(dice, stage.library.object(dice, "flat")), wanted)
    start, count, points = dice.uniform(0, 2 * np.pi), int(dice.integers(2, 5)), []
    for k in range(count):
        angle = start + 2 * np.pi * k / count
        pose = fallen(dice, stage.library.object(dice, "flat"), size=dice.uniform(0.35, 0.6))
        points.append(_show(stage, pose.moved(0.75 * np.cos(angle), 0.75 * np.sin(angle), 0), wanted))
    return np.concatenate(points)


def with_flat_parts(stage: Stage, wanted: Wanted) -> Array:
    """A pot and its lid beside it, a box and its cover, a tool and its parts."""
    dice = stage.dice
    pose = standing(dice, stage.library.object(dice, wanted.trait or "compact"), size=dice.uniform(0.6, 1.0))
    points = [_show(stage, pose, wanted)]
    reach, start = float(np.linalg.norm(pose.points[:, :2], axis=1).max()), dice.uniform(0, 2 * np.pi)
    for k in range(dice.integers(1, 4)):
        size = dice.uniform(0.25, 0.6)
        part = fallen(dice, stage.library.object(dice, "flat"), size=size)
        angle, away = start + k * 2.1, reach + size * dice.uniform(0.7, 1.2)
        points.append(_show(stage, part.moved(away * np.cos(angle), away * np.sin(angle), 0), wanted))
    return np.concatenate(points)


def nothing(stage: Stage, wanted: Wanted) -> Array:
    """An empty platter, looked at as if something stood there."""
    pose = standing(stage.dice, stage.library.object(stage.dice))
    if wanted.support and stage.dice.random() < 0.5:
        _held(stage, pose, wanted)
    return pose.points


ARRANGEMENTS: Mapping[str, Arrangement] = {
    "single": single,
    "group": group,
    "own plinth": on_own_plinth,
    "lying flat": lying_flat,
    "flat parts": with_flat_parts,
    "nothing": nothing,
}


def _held(stage: Stage, pose: Pose, wanted: Wanted) -> Pose:
    if wanted.support is None or wanted.support_paint is None:
        return pose
    return wanted.support(stage, pose, wanted.support_paint)


def _show(stage: Stage, pose: Pose, wanted: Wanted) -> Array:
    paints = object_paints(stage.dice, stage.library, wanted.look, pose.thing.slots)
    stage.add_thing(pose.thing, pose.matrix, pose.offset, OBJECT, paints)
    return pose.points
