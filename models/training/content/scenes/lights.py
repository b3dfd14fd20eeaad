"""Lamps: soft boxes, bare bulbs, a flash on the camera, one low light from the side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from training.content.scenes.camera import View
from training.content.scenes.stage import Stage
from training.records import Array

__all__ = ["LIGHTING", "Target"]


@dataclass(frozen=True)
class Target:
    """What is lit, and from where it is seen."""

    middle: Array
    view: View
    distance: float
    """From the camera to the middle."""


def studio(stage: Stage, target: Target) -> None:
    """One to four lamps anywhere above; the first is the strongest."""
    dice, count = stage.dice, int(stage.dice.integers(1, 5))
    for number in range(count):
        size = dice.uniform(0.1, 0.5) if dice.random() < 0.3 else dice.uniform(0.5, 2.2)
        strength = dice.uniform(0.8, 2.0) if number == 0 else dice.uniform(0.2, 1.0)
        _lamp(stage, target, _above(stage, 15, 88), dice.uniform(3, 8), size, strength)


def flash(stage: Stage, target: Target) -> None:
    """At the camera, small and hard, with a little light from elsewhere."""
    beside = target.view.out + 0.08 * target.view.right + 0.1 * target.view.up
    _lamp(stage, target, beside / np.linalg.norm(beside), max(target.distance * 0.98, 2.0), 0.12, 2.0)
    if stage.dice.random() < 0.5:
        _lamp(stage, target, _above(stage, 30, 80), 6.0, 1.5, 0.4)


def soft(stage: Stage, target: Target) -> None:
    """Large boxes on several sides: hardly a shadow."""
    start = stage.dice.uniform(0, 2 * np.pi)
    for number in range(3):
        angle, height = start + number * 2 * np.pi / 3, np.radians(stage.dice.uniform(35, 70))
        towards = np.array([np.cos(height) * np.cos(angle), np.cos(height) * np.sin(angle), np.sin(height)])
        _lamp(stage, target, towards, 6.0, stage.dice.uniform(2.0, 3.2), stage.dice.uniform(0.6, 1.1))


def side(stage: Stage, target: Target) -> None:
    """One low lamp from the side or from behind: half of everything lies in shade."""
    turn = target.view.azimuth + stage.dice.choice([-1, 1]) * np.radians(stage.dice.uniform(60, 150))
    height = np.radians(stage.dice.uniform(15, 55))
    towards = np.array([np.cos(height) * np.cos(turn), np.cos(height) * np.sin(turn), np.sin(height)])
    _lamp(stage, target, towards, stage.dice.uniform(3, 6), stage.dice.uniform(0.2, 0.9), 1.0)


LIGHTING: Mapping[str, Callable[[Stage, Target], None]] = {
    "studio": studio,
    "flash": flash,
    "soft": soft,
    "side": side,
}


def _above(stage: Stage, lowest: float, highest: float) -> Array:
    height, turn = np.radians(stage.dice.uniform(lowest, highest)), stage.dice.uniform(0, 2 * np.pi)
    return np.array([np.cos(height) * np.cos(turn), np.cos(height) * np.sin(turn), np.sin(height)])


def _lamp(stage: Stage, target: Target, towards: Array, distance: float, size: float, strength: float) -> None:
    """The same strength lights the object alike, whatever the lamp's size and distance; some behind it are seen."""
    dice = stage.dice
    across = np.cross(towards, [1e-4, 0, 1.0])
    across /= np.linalg.norm(across)
    aspect, warm = dice.uniform(0.4, 1.0), dice.normal(0, 0.1)
    colour = np.clip(1 + warm * np.array([1, 0, -1]) + dice.normal(0, 0.04, 3), 0.3, 2)
    power = colour * strength * 3 * distance**2 / (4 * size**2 * aspect)
    up = np.cross(towards, across) * size * aspect
    seen = bool(towards @ target.view.out < 0) and dice.random() < 0.15
    stage.light(target.middle + towards * distance, across * size, up, power, visible=seen)
