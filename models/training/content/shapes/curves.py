"""Smooth curves through a few points."""

import numpy as np
from numpy.random import Generator

from training.records import Array

__all__ = ["circle", "profile", "through"]


def through(knots: Array, count: int) -> Array:
    """`count` points of a curve through all knots, (k,) or (k, d): Catmull and Rom's."""
    knots = np.asarray(knots, float)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    at = np.linspace(0, len(knots) - 1, count)
    span = np.minimum(at.astype(int), len(knots) - 2)
    t = (at - span).reshape(-1, *[1] * (knots.ndim - 1))
    before, start, end, after = (padded[span + k] for k in range(4))
    slope, bend = (end - before) / 2, (after - start) / 2
    return (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * slope
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * bend
    )


def profile(dice: Generator, knots: int, low: float, high: float, count: int) -> Array:
    """A wavy line whose heights keep to about low..high."""
    return np.clip(through(dice.uniform(low, high, knots), count), low * 0.6, high * 1.15)


def circle(radius: float, height: float, count: int) -> Array:
    """(count, 3): a flat ring, not closed twice."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(count, height)], 1)
