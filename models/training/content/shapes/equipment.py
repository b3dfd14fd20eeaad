"""What stands in a studio: platters, stands, lumps of putty, wedges, lamps; never the captured object."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import circle, through
from training.content.shapes.forms import ball, box, disc, prism, revolved, tube
from training.content.shapes.noise import Noise
from training.content.turns import about_x, about_z

__all__ = ["cradle", "lamp", "lump", "platter", "stand", "wedge"]


def platter(dice: Generator) -> Mesh:
    """A turned disc with bevels, lips, grooves or a stepped foot: radius 1, its top at z = 0."""
    height, bevel = dice.uniform(0.03, 0.25), dice.uniform(0.005, 0.05)
    lip = bevel if dice.random() < 0.2 else 0.0
    radii, heights = [0.0], [0.0]
    if dice.random() < 0.3:
        groove, width = dice.uniform(0.5, 0.92), dice.uniform(0.005, 0.03)
        radii += [groove, groove, groove + width, groove + width]
        heights += [0, -width, -width, 0]
    if lip:
        radii += [0.96, 0.965]
        heights += [0, lip]
    radii += [1 - bevel, 1 - bevel * 0.3, 1, 1]
    heights += [lip, lip - bevel * 0.3, lip - bevel, -height]
    if dice.random() < 0.5:
        foot = dice.uniform(0.5, 0.95)
        radii += [foot, foot]
        heights += [-height, -height - dice.uniform(0.05, 0.3)]
    mesh = revolved(np.array([*radii, 0]), np.array([*heights, heights[-1]]), sides=128)
    return Mesh(mesh.points, mesh.faces[:, ::-1], mesh.points[:, :2] * 0.5 + 0.5, mesh.slots)


def lump(dice: Generator) -> Mesh:
    """Clay, foam, crumpled paper, a bean bag: flattish on top, one high, about one in radius."""
    mesh, noise = ball(4), Noise(dice)
    squared = np.sign(mesh.points) * np.abs(mesh.points) ** dice.uniform(0.35, 1)
    bumps = dice.uniform(0.04, 0.25) * noise(mesh.points + 2, dice.uniform(1, 4))
    points = squared * (1 + bumps)[:, None]
    points[:, 2] = np.minimum(points[:, 2], dice.uniform(0.6, 1.0))
    low, high = points.min(0), points.max(0)
    return Mesh.plain((points - [0, 0, low[2]]) / [*np.abs(points[:, :2]).max(0), high[2] - low[2]], mesh.faces)


def stand(dice: Generator) -> Mesh:
    """A holder with a top at z = 1 and a foot of about radius one."""
    kind, gauge = int(dice.integers(4)), dice.uniform(0.03, 0.09)
    if kind == 0:
        legs = through(np.array([[1, 0, 0], [0.6, 0, 0.5], [0.4, 0, 1.0 - gauge]]), 10)
        count = int(dice.integers(3, 6))
        parts = [tube(legs, gauge).changed(about_z(2 * np.pi * k / count)) for k in range(count)]
        parts.append(tube(circle(0.47, 0.85, 40), gauge, closed=True))
        parts.append(disc(0.5, 0.03).moved(0, 0, 0.97))
        return join(parts)
    if kind == 1:
        radii = np.array([0, 1, 1, gauge * 1.5, gauge * 1.5, 0.35, 0.35, 0])
        return revolved(radii, np.array([0, 0, 0.06, 0.08, 0.9, 0.94, 1, 1]), sides=48)
    if kind == 2:
        waist = dice.uniform(0.5, 1.0)
        lobes = int(dice.choice([0, 4, 6, 8]))
        steps, levels = [0, 1, waist, waist * 0.9, waist, waist, 0], [0, 0, 0.15, 0.5, 0.85, 1, 1]
        return revolved(steps, levels, sides=64, lobes=lobes, depth=0.03)
    count = int(dice.integers(2, 5))
    sizes = np.sort(dice.uniform(0.5, 0.95, count))[::-1]
    return join(
        box([*dice.uniform(-0.05, 0.05, 2), (level + 0.5) / count], [size, size * dice.uniform(0.8, 1), 0.5 / count])
        for level, size in enumerate(sizes)
    )


def cradle(dice: Generator) -> Mesh:
    """Two boards on edge, joined by a third: one high, their tops at x = -0.6 and 0.6."""
    thick, join_height = dice.uniform(0.04, 0.12), dice.uniform(0.05, 0.3)
    boards = [box([x, 0, 0.5], [thick, dice.uniform(0.5, 0.9), 0.5]) for x in (-0.6, 0.6)]
    return join([*boards, box([0, 0, join_height / 2], [0.6, dice.uniform(0.2, 0.5), join_height / 2])])


def wedge(_dice: Generator) -> Mesh:
    """Thin at x = 0, one high at x = 1, from y = -1 to 1."""
    return prism(np.array([[0, 0], [1, 0], [1, 1.0]]), 2).changed(about_x(np.pi / 2)).moved(0, 1, 0)


def lamp(dice: Generator) -> Mesh:
    """A light on a tripod, or a camera's stand."""
    leg = tube(through(np.array([[0.5, 0, 0], [0.2, 0, 0.4], [0, 0, 0.7]]), 6), 0.03, sides=8)
    parts = [leg.changed(about_z(2 * np.pi * k / 3)) for k in range(3)]
    parts.append(tube(np.array([[0, 0, 0.4], [0, 0, 1.2], [0, 0, 1.9]]), 0.03, sides=8))
    if dice.random() < 0.5:
        parts.append(box([0, 0, 1.95], dice.uniform(0.1, 0.4, 3)).painted(1))
    else:
        shade = revolved([0, 0.1, 0.32, 0.28, 0], [1.8, 1.8, 2.15, 2.15, 1.85], sides=32)
        parts.append(shade.painted(1))
    return join(parts)
