"""Melted bodies: a few simple ones run together, cut and rippled; abstract sculpture, roots, bones."""

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes import fields
from training.content.shapes.noise import Noise
from training.content.turns import any_turn
from training.records import Array

__all__ = ["blob"]


def blob(dice: Generator) -> Mesh:
    """One to seven bodies; a fifth of them carve instead of adding."""
    noise = Noise(dice)
    softness = float(dice.choice([0.02, 0.06, 0.15, 0.3]))
    bodies = [_body(dice) for _ in range(dice.integers(2, 8))]
    carves = [False, *(dice.random(len(bodies) - 1) < 0.22)]
    warp = dice.uniform(0.05, 0.2) if dice.random() < 0.4 else 0.0
    warp_frequency = dice.uniform(0.8, 1.8)
    ripple = dice.uniform(0.005, 0.045) if dice.random() < 0.4 else 0.0
    ripple_frequency, ridged = dice.uniform(2, 6), bool(dice.random() < 0.3)

    def field(points: Array) -> Array:
        rippled = ripple * noise(points, ripple_frequency, ridged=ridged) if ripple else 0.0
        if warp:
            pushes = [noise(points + np.float32(k), warp_frequency, 2) for k in range(3)]
            points = points + np.float32(warp) * np.stack(pushes, 1)
        distance = bodies[0](points)
        for body, carve in zip(bodies[1:], carves[1:], strict=True):
            other = body(points)
            distance = np.maximum(distance, -other) if carve else fields.melted([distance, other], softness)
        return distance + rippled

    return fields.skin(field, cells=int(dice.integers(52, 72)), slack=2.2 if warp else 1.7)


def _body(dice: Generator) -> fields.Field:
    turn, middle = any_turn(dice).astype(np.float32), dice.uniform(-0.6, 0.6, 3).astype(np.float32)
    half, kind = dice.uniform(0.15, 0.6, 3).astype(np.float32), int(dice.integers(5))
    power = dice.uniform(0.8, 5.0)

    def field(points: Array) -> Array:
        own = (points - middle) @ turn
        if kind == 0:
            return fields.superball(own, half, power)
        if kind == 1:
            return fields.block(own, [0, 0, 0], half, 0.04)
        if kind == 2:
            return fields.ring(own, max(half[0], 0.3), half[1] * 0.35)
        if kind == 3:
            return fields.drum(own, half[0], half[1])
        end = np.array([0, 0, half[0]])
        return fields.capsule(own, -end, end, half[1] * 0.5, half[2] * 0.5)

    return field
