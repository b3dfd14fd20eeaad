"""Turned and thrown things: vases, cups, jugs, bottles, chess pieces."""

from typing import Any

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh, join
from training.content.shapes.curves import profile, through
from training.content.shapes.forms import ball, revolved, tube
from training.content.turns import about_z
from training.records import Array

__all__ = ["turned", "vessel"]

_STEPS = 64


def vessel(dice: Generator) -> Mesh:
    """Hollow, with handles, a spout or a knob as it comes."""
    radii, heights = _outline(dice)
    wall = dice.uniform(0.04, 0.12) * radii.mean()
    floor = int(_STEPS * dice.uniform(0.03, 0.12))
    inner = np.maximum(radii - wall, 0.02)[floor:][::-1]
    body = revolved(
        np.concatenate([[0], radii, inner, [0]]),
        np.concatenate([[0], heights, heights[floor:][::-1], [heights[floor]]]),
        **_fluting(dice),
    )
    parts = [body]
    if dice.random() < 0.55:
        parts += _handles(dice, radii, heights)
    if dice.random() < 0.2:
        parts.append(_spout(dice, radii, heights))
    return join(parts)


def turned(dice: Generator) -> Mesh:
    """Solid, with sharp steps or soft waves."""
    radii, heights = _outline(dice)
    if dice.random() < 0.6:
        steps = np.round(2 * np.clip(np.sin(heights * dice.uniform(5, 20)), -0.5, 0.5))
        radii = np.maximum(radii + dice.uniform(0.02, 0.07) * steps, 0.05)
    body = revolved(np.concatenate([[0], radii, [0]]), np.concatenate([[0], heights, heights[-1:]]), **_fluting(dice))
    if dice.random() < 0.4:
        knob = dice.uniform(0.08, 0.3)
        return join([body, ball(3).stretched(knob, knob, knob).moved(0, 0, heights[-1] + knob * 0.7).painted(1)])
    return body


def _outline(dice: Generator) -> tuple[Array, Array]:
    radii = profile(dice, int(dice.integers(4, 9)), 0.15, 1.0, _STEPS) * dice.uniform(0.4, 1.0)
    return np.maximum(radii, 0.05), np.linspace(0, dice.uniform(0.5, 3.0), _STEPS)


def _fluting(dice: Generator) -> dict[str, Any]:
    if dice.random() < 0.75:
        return {}
    return {"lobes": int(dice.integers(3, 14)), "depth": dice.uniform(0.02, 0.15), "twist": dice.uniform(-2, 2)}


def _handles(dice: Generator, radii: Array, heights: Array) -> list[Mesh]:
    low, high = sorted(dice.integers(_STEPS // 6, _STEPS - 4, 2))
    high = min(max(high, low + _STEPS // 6), _STEPS - 1)
    reach = max(radii[low], radii[high]) + dice.uniform(0.2, 0.7)
    span = heights[high] - heights[low]
    path = through(
        np.array(
            [
                [radii[low] * 0.95, 0, heights[low]],
                [reach, 0, heights[low] + 0.35 * span],
                [reach * 0.9, 0, heights[high] + 0.05],
                [radii[high] * 0.95, 0, heights[high]],
            ]
        ),
        32,
    )
    count = int(dice.choice([1, 1, 2, 3]))
    handle = tube(path, dice.uniform(0.03, 0.1)).painted(int(dice.random() < 0.3))
    return [handle.changed(about_z(2 * np.pi * k / count)) for k in range(count)]


def _spout(dice: Generator, radii: Array, heights: Array) -> Mesh:
    third, top = _STEPS // 3, heights[-1]
    path = through(
        np.array(
            [
                [-radii[third] * 0.8, 0, top * 0.35],
                [-radii.max() - 0.35, 0, top * 0.5],
                [-radii.max() - 0.6, 0, top * dice.uniform(0.8, 1.0)],
            ]
        ),
        24,
    )
    return tube(path, np.linspace(0.2, 0.07, 24))
