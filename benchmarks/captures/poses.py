"""How an object comes to rest, and what holds it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .geometry import Floats, Mesh, Rotation, box, lathe, merged, placed, polyline, quad, tube, turn_about
from .patterns import colour

__all__ = ["Pose", "resting", "standing", "with_support"]

Random = np.random.Generator


@dataclass(frozen=True)
class Pose:
    """Where the object is on the platter at angle 0, and what holds it there."""

    rotation: Rotation
    shift: Floats
    """x_platter = rotation @ x_object + shift; the platter's top is z = 0 about the axis x = y = 0."""
    support: tuple[Mesh, ...] = ()


def resting(points: Floats, start: Rotation, random: Random) -> Rotation:
    """The pose nearest to ``start`` in which a thing of these points does not tip over.

    A thing at rest has its centre of mass as low as it can be without rolling uphill: a local minimum, over the
    direction that is down, of how far the thing reaches that way.
    """
    corners = points[:: max(1, len(points) // 6000)]
    corners = corners - corners.mean(0)
    down = start.T @ np.array([0.0, 0, -1])
    reach = float((corners @ down).max())
    for degrees in np.geomspace(5, 0.05, 40):
        tries = down + np.radians(degrees) * random.normal(size=(60, 3))
        tries /= np.linalg.norm(tries, axis=1, keepdims=True)
        reaches = (tries @ corners.T).max(1)
        best = int(reaches.argmin())
        if reaches[best] < reach:
            down, reach = tries[best], float(reaches[best])
    was = start @ down
    axis = np.cross(was, (0.0, 0, -1))
    if np.linalg.norm(axis) < 1e-9:
        return start
    tilt = turn_about(axis, float(np.degrees(np.arccos(np.clip(-was[2], -1, 1)))))
    return np.asarray(tilt @ start)


def standing(points: Floats, rotation: Rotation, random: Random, *, level: float = 0.0) -> Pose:
    """The object set down at a height, its middle a little off the axis as a hand would put it."""
    turned = points @ rotation.T
    middle = (turned.min(0) + turned.max(0)) / 2
    shift = np.append(random.normal(0, 0.005, 2) - middle[:2], level - turned[:, 2].min())
    return Pose(rotation, shift)


def with_support(kind: str, points: Floats, rotation: Rotation, random: Random) -> Pose:
    """The object on a wedge, pedestal, cradle, pin or lump of putty."""
    return _SUPPORTS[kind](points, rotation, random)


def _wedge(points: Floats, rotation: Rotation, random: Random) -> Pose:
    slope = random.uniform(8, 18)
    tilted = turn_about((0, 1, 0), -slope) @ rotation
    turned = points @ tilted.T
    steep, half = np.tan(np.radians(slope)), 0.5 * np.ptp(turned[:, :2], axis=0).max() * random.uniform(0.55, 0.95)
    low = 0.006 + half * steep
    middle = (turned.min(0) + turned.max(0)) / 2
    flat = turned[:, :2] - middle[:2]
    above = low + steep * np.clip(flat[:, 0], -half, half)
    shift = np.append(-middle[:2], (above - turned[:, 2]).max())
    deep = half * random.uniform(0.6, 1.0)
    edge = [(-half, 0.0), (half, 0.0), (half, low + half * steep), (-half, low - half * steep)]
    sides = []
    for (x0, z0), (x1, z1) in zip(edge, edge[1:] + edge[:1], strict=True):
        sides.append(quad((x0, deep, z0), (x1 - x0, 0, z1 - z0), (0, -2 * deep, 0)))
    for y, order in ((-deep, edge), (deep, edge[::-1])):
        corners = np.array([(x, y, z) for x, z in order])
        sides.append(Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]]), np.zeros((4, 3))))
    foam = merged(sides).painted(np.full(3, random.choice([0.12, 0.35, 0.6, 0.72])) * random.uniform(0.9, 1.1, 3))
    return Pose(tilted, shift, (foam,))


def _pedestal(points: Floats, rotation: Rotation, random: Random) -> Pose:
    tall = random.uniform(0.02, 0.06)
    pose = standing(points, rotation, random, level=tall)
    wide = 0.5 * np.ptp(points @ rotation.T, axis=0)[:2].min() * random.uniform(0.7, 1.3)
    if random.random() < 0.5:
        block = placed(box((2 * wide, 2 * wide, tall)), turn_about((0, 0, 1), random.uniform(0, 90)), (0, 0, tall / 2))
    else:
        rim = np.array([[0.0001, 0], [wide, 0], [wide, tall], [0.0001, tall]])
        block = lathe(polyline(rim))
    return Pose(rotation, pose.shift, (block.painted(colour(random)),))


def _cradle(points: Floats, rotation: Rotation, random: Random) -> Pose:
    pose = standing(points, rotation, random, level=0.008)
    turned = points @ rotation.T + pose.shift
    low = turned[turned[:, 2] < 0.035]
    extent, tone = np.ptp(low, axis=0), colour(random)
    along = int(extent[:2].argmax())
    blocks = []
    for side in (-1, 1):
        size = [0.022, 0.022, random.uniform(0.022, 0.032)]
        size[1 - along] = 0.8 * float(extent[1 - along]) + 0.02
        at = (low.min(0) + low.max(0)) / 2
        at[along] += side * 0.36 * extent[along]
        blocks.append(placed(box(size), None, (at[0], at[1], size[2] / 2)).painted(tone))
    return Pose(rotation, pose.shift, tuple(blocks))


def _pin(points: Floats, rotation: Rotation, random: Random) -> Pose:
    tall = random.uniform(0.03, 0.055)
    turned = points @ rotation.T
    middle = turned.mean(0)
    near = turned[np.linalg.norm(turned[:, :2] - middle[:2], axis=1) < 0.01]
    underside = near[:, 2].min() if len(near) else turned[:, 2].min()
    shift = np.append(-middle[:2], tall - 0.004 - underside)
    shift[2] = max(shift[2], 0.006 - turned[:, 2].min())
    top = underside + shift[2] + 0.004
    rod = tube(np.linspace([0, 0, 0], [0, 0, top], 30), random.uniform(0.003, 0.006)).painted(colour(random))
    foot = box((0.05, 0.05, 0.008))
    return Pose(rotation, shift, (rod, placed(foot, None, (0, 0, 0.004)).painted(colour(random))))


def _putty(points: Floats, rotation: Rotation, random: Random) -> Pose:
    pose = standing(points, rotation, random, level=0.006)
    turned = points @ rotation.T + pose.shift
    contact = turned[turned[:, 2] < 0.012]
    at, wide = contact.mean(0), max(0.018, 0.6 * float(np.ptp(contact[:, :2], axis=0).max()))
    angle = np.linspace(0, np.pi / 2, 40)
    lump = lathe(np.stack([np.maximum(wide * np.cos(angle), 0.0001), 0.016 * np.sin(angle)], 1))
    bumps = 1 + 0.06 * np.sin(5 * np.arctan2(lump.points[:, 1], lump.points[:, 0]) + 1)
    lump = Mesh(lump.points * bumps[:, None], lump.faces, lump.colours)
    return Pose(
        rotation, pose.shift, (placed(lump, None, (at[0], at[1], 0)).painted(colour(random, bright=(0.2, 0.6))),)
    )


_SUPPORTS: dict[str, Callable[[Floats, Rotation, Random], Pose]] = {
    "wedge": _wedge,
    "pedestal": _pedestal,
    "cradle": _cradle,
    "pin": _pin,
    "putty": _putty,
}
