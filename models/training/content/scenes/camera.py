"""Where the camera stands, and how large the object is in the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from training.content.scenes.stage import Stage
from training.records import Array

__all__ = ["Framing", "View", "look_from", "take_aim"]


@dataclass(frozen=True)
class Framing:
    """How the object is to sit in the picture."""

    fill: tuple[float, float] = (0.35, 0.95)
    """Its longer side, as a share of the picture's."""
    often_small: float = 0.12
    """How often it is smaller than that: 0.12 to 0.4."""
    often_cut: float = 0.06
    """How often it runs out of the picture."""
    centred: bool = False
    elevation: tuple[float, float] | None = None
    """In degrees; as it comes if None."""
    sharp: bool = False
    """All of it in focus, the background too."""


@dataclass(frozen=True)
class View:
    """A direction to look from, before the distance is known."""

    azimuth: float
    out: Array
    """Towards the camera, a unit vector."""
    right: Array
    up: Array
    half: float
    """Half the picture at distance one."""


def look_from(dice: Generator, framing: Framing) -> View:
    """Mostly from a little above, sometimes level or steeply down."""
    if framing.elevation:
        elevation = dice.uniform(*framing.elevation)
    else:
        lot = dice.random()
        elevation = dice.uniform(-4, 6) if lot < 0.12 else dice.uniform(6, 42) if lot < 0.76 else dice.uniform(42, 76)
    elevation, azimuth = np.radians(elevation), dice.uniform(0, 2 * np.pi)
    out = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0])
    up = np.cross(right, -out)
    roll = dice.normal(0, 0.03) if dice.random() < 0.93 else float(dice.choice([-1, 1])) * np.pi / 2
    right, up = right * np.cos(roll) + up * np.sin(roll), up * np.cos(roll) - right * np.sin(roll)
    degrees = dice.uniform(12, 30) if dice.random() < 0.5 else dice.uniform(25, 60)
    return View(azimuth, out, right, up, float(np.tan(np.radians(degrees) / 2)))


def take_aim(stage: Stage, view: View, framing: Framing, points: Array, ground: float) -> float:
    """Sets the camera up so that the points fill the frame as asked; returns how far off it is."""
    dice, middle = stage.dice, (points.min(0) + points.max(0)) / 2
    extent = float(np.ptp(points, axis=0).max())
    fill = _fill(dice, framing)
    distance = extent / view.half
    for _ in range(6):
        spread = np.ptp(_projected(points, middle + view.out * distance, view), axis=0)
        distance = max(distance * float(spread.max()) / 2 / view.half / fill, extent * 0.62 + 0.1)
    eye = middle + view.out * distance
    # Below the table it would see nothing.
    eye[2] = max(eye[2], ground + 0.1)
    seen = _projected(points, eye, view)
    aim = (seen.min(0) + seen.max(0)) / 2
    if not framing.centred:
        slack = np.clip(1 - fill, 0.03, 1) * (0.7 if dice.random() < 0.9 else 1.2)
        aim = aim + dice.uniform(-1, 1, 2) * slack * view.half
    record = stage.record
    record["eye"], record["right"], record["up"], record["forward"] = eye, view.right, view.up, -view.out
    record["half_width"] = record["half_height"] = view.half
    record["shift"] = aim
    if not framing.sharp and dice.random() < 0.5:
        record["lens"] = distance * dice.uniform(0.001, 0.02) * dice.random()
        record["focus"] = distance - extent * dice.uniform(-0.05, 0.4)
    return distance


def _fill(dice: Generator, framing: Framing) -> float:
    lot = dice.random()
    if lot < framing.often_small:
        return dice.uniform(0.12, 0.4)
    if lot < framing.often_small + framing.often_cut:
        return dice.uniform(0.95, 1.2)
    return dice.uniform(*framing.fill)


def _projected(points: Array, eye: Array, view: View) -> Array:
    """(n, 2): on the picture at distance one."""
    ahead = points - eye
    depth = np.maximum(ahead @ -view.out, 0.05)
    return np.stack([ahead @ view.right, ahead @ view.up], 1) / depth[:, None]
