"""What holds the object: plinths, lumps, putty, wedges, cradles, pins. None of it is the object."""

from collections.abc import Callable, Mapping

import numpy as np

from training.content.scenes.poses import Pose
from training.content.scenes.stage import BOX, CYLINDER, SUPPORT, Paint, Stage, diagonal
from training.content.turns import about_z, onto
from training.records import Array

__all__ = ["SUPPORTS", "Support"]

Support = Callable[[Stage, Pose, Paint], Pose]
"""Given a thing at rest on z = 0, builds what holds it and says where it is now."""

_UP = np.array([0, 0, 1.0])
_SMALLEST_FOOT = 0.12


def plinth(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """A drum or a block a little wider than the thing's foot."""
    dice = stage.dice
    middle, radius = pose.foot
    radius = max(radius, _SMALLEST_FOOT) * dice.uniform(1.02, 1.6)
    height = dice.uniform(0.08, 1.0) * dice.uniform(0.4, 1.0)
    if dice.random() < 0.55:
        stage.add(CYLINDER, diagonal(radius, radius, height), [*middle, 0], SUPPORT, paint)
    else:
        turn = about_z(dice.uniform(0, np.pi))
        stage.add(BOX, turn @ diagonal(radius, radius, height / 2), [*middle, height / 2], SUPPORT, paint)
    if dice.random() < 0.25:
        cap = radius * dice.uniform(1.02, 1.12)
        stage.add(CYLINDER, diagonal(cap, cap, 0.03), [*middle, height], SUPPORT, paint)
        height += 0.03
    return pose.moved(0, 0, height)


def stand(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """A made stand: legs, a column, steps."""
    dice = stage.dice
    middle, radius = pose.foot
    radius = max(radius, _SMALLEST_FOOT) * dice.uniform(2.1, 3.0)
    radius, height = min(radius, 1.3), dice.uniform(0.2, 1.1)
    tool = stage.library.tool(dice, "stand")
    stage.add_thing(tool, _turned(stage) @ diagonal(radius, radius, height), [*middle, 0], SUPPORT, [paint])
    return pose.moved(0, 0, height)


def lump(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """Clay, a bean bag, crumpled paper: the thing sinks in and may lean."""
    dice = stage.dice
    middle, radius = pose.foot
    pose = _leaning_a_little(stage, pose, 0.25)
    radius = max(radius, 0.3) * dice.uniform(1.1, 1.6)
    height = dice.uniform(0.12, 0.5)
    tool = stage.library.tool(dice, "lump")
    stage.add_thing(tool, _turned(stage) @ diagonal(radius, radius, height), [*middle, 0], SUPPORT, [paint])
    return pose.moved(0, 0, height * dice.uniform(0.5, 0.8))


def putty(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """Two to four small lumps where it touches, which show at its foot."""
    dice = stage.dice
    middle, radius = pose.foot
    pose = _leaning_a_little(stage, pose, 0.15)
    size, start = dice.uniform(0.06, 0.16), dice.uniform(0, 2 * np.pi)
    count = int(dice.integers(2, 5))
    for k in range(count):
        angle = start + 2 * np.pi * k / count + dice.normal(0, 0.2)
        spot = middle + max(radius * 0.95, 0.06) * np.array([np.cos(angle), np.sin(angle)])
        shape = diagonal(size * dice.uniform(0.8, 1.4), size, size * dice.uniform(0.7, 1.3))
        stage.add_thing(stage.library.tool(dice, "lump"), _turned(stage) @ shape, [*spot, 0], SUPPORT, [paint])
    return pose.moved(0, 0, size * dice.uniform(0.2, 0.5))


def wedge(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """Of foam: the thing leans back by its angle, about its thin edge."""
    dice = stage.dice
    middle, radius = pose.foot
    radius = max(radius, 0.2)
    angle, yaw = np.radians(dice.uniform(8, 35)), dice.uniform(0, 2 * np.pi)
    ahead = about_z(yaw) @ np.array([1.0, 0, 0])
    edge = np.append(middle, 0) - ahead * radius
    # About the axis square to `ahead`, so that the far side rises.
    turn = onto(_UP, np.cos(angle) * _UP - np.sin(angle) * ahead)
    pose = pose.moved(*-edge).leaning(turn).moved(*edge)
    length = 2 * radius * dice.uniform(0.7, 1.2)
    shape = diagonal(length, radius * dice.uniform(0.4, 1.1), length * np.tan(angle))
    tool = stage.library.tool(dice, "wedge")
    stage.add_thing(tool, about_z(yaw) @ shape, edge, SUPPORT, [paint])
    below = float(pose.points[:, 2].min())
    return pose.moved(0, 0, -below - 0.006 if below < 0 else 0)


def cradle(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """Two boards on edge that the thing lies across."""
    dice = stage.dice
    long = pose.size
    yaw = 0.0 if long[0] > long[1] else np.pi / 2
    half, height = max(long[:2]) * dice.uniform(0.25, 0.36), dice.uniform(0.2, 0.7)
    deep = max(min(long[:2]) * dice.uniform(0.4, 0.8), 0.12)
    tool = stage.library.tool(dice, "cradle")
    stage.add_thing(tool, about_z(yaw) @ diagonal(half / 0.6, deep, height), [0, 0, 0], SUPPORT, [paint])
    return pose.moved(0, 0, height - long[2] * dice.uniform(0.08, 0.2))


def pins(stage: Stage, pose: Pose, paint: Paint) -> Pose:
    """Rods from below to where the thing is low, on a base or not."""
    dice = stage.dice
    pose = _leaning_a_little(stage, pose, 0.6).moved(0, 0, dice.uniform(0.15, 0.8))
    gauge = dice.uniform(0.018, 0.06)
    tips = _low_and_apart(stage, pose.points, int(dice.choice([1, 3, 3, 4])))
    for tip in tips:
        stage.add(CYLINDER, diagonal(gauge, gauge, tip[2] + 0.05), [tip[0], tip[1], 0], SUPPORT, paint)
    if len(tips) == 1 or dice.random() < 0.5:
        middle = tips[:, :2].mean(0)
        base = float(np.linalg.norm(tips[:, :2] - middle, axis=1).max()) + dice.uniform(0.15, 0.4)
        stage.add(CYLINDER, diagonal(base, base, dice.uniform(0.03, 0.1)), [*middle, 0], SUPPORT, paint)
    return pose


SUPPORTS: Mapping[str, Support] = {
    "plinth": plinth,
    "stand": stand,
    "lump": lump,
    "putty": putty,
    "wedge": wedge,
    "cradle": cradle,
    "pins": pins,
}


def _turned(stage: Stage) -> Array:
    return about_z(stage.dice.uniform(0, 2 * np.pi))


def _leaning_a_little(stage: Stage, pose: Pose, most: float) -> Pose:
    """By any angle up to that, and down to the ground again."""
    angle, side = stage.dice.uniform(0, most), stage.dice.uniform(0, 2 * np.pi)
    lean = np.array([np.sin(angle) * np.cos(side), np.sin(angle) * np.sin(side), np.cos(angle)])
    pose = pose.leaning(onto(_UP, lean))
    return pose.moved(0, 0, -float(pose.points[:, 2].min()) - 0.01)


def _low_and_apart(stage: Stage, points: Array, count: int) -> Array:
    """Points of the lower quarter, each far from those before; a single one lies under the middle."""
    low = points[points[:, 2] < points[:, 2].min() + 0.25 * np.ptp(points[:, 2]) + 0.02]
    if count == 1:
        middle = points.mean(0)[:2]
        return low[[np.linalg.norm(low[:, :2] - middle, axis=1).argmin()]]
    chosen = [low[stage.dice.integers(len(low))]]
    while len(chosen) < count:
        gaps = np.min([np.linalg.norm(low[:, :2] - tip[:2], axis=1) for tip in chosen], axis=0)
        chosen.append(low[gaps.argmax()])
    return np.array(chosen)
