"""Figures: people, animals and the plinths that belong to them."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes import fields
from training.content.shapes.noise import Noise
from training.content.turns import any_direction
from training.records import Array

__all__ = ["animal", "person"]

Limb = tuple[Array, Array, float, float]
"""A bar from here to there, so thick at either end."""


def person(dice: Generator) -> Mesh:
    """Standing, arms somewhere; hats, robes and staffs as it comes."""
    roll = dice.uniform
    head = np.array([0, roll(-0.05, 0.15), roll(0.65, 0.9)])
    elbow = np.array([roll(0.3, 0.6), roll(-0.2, 0.2), roll(-0.1, 0.7)])
    hand = elbow + roll(-0.4, 0.4, 3)
    knee = np.array([roll(0.1, 0.3), roll(-0.1, 0.35), -0.5])
    foot = np.array([roll(0.1, 0.35), roll(-0.1, 0.2), roll(-1.05, -0.8)])
    shoulder, hip = np.array([0.2, 0, 0.42]), np.array([0.12, 0, -0.2])
    mirrored: list[Limb] = [
        (hip, knee, roll(0.1, 0.2), 0.11),
        (knee, foot, 0.11, 0.07),
        (foot, foot + np.array([0, 0.2, 0]), 0.08, 0.07),
        (shoulder, elbow, 0.1, 0.08),
        (elbow, hand, 0.08, roll(0.04, 0.09)),
    ]
    single: list[Limb] = [
        (np.array([0, 0, -0.15]), np.array([0, roll(-0.05, 0.1), 0.4]), roll(0.15, 0.33), roll(0.15, 0.33)),
        (np.array([0, 0, 0.4]), head, 0.1, 0.1),
        (head, head + np.array([0, 0, roll(0.0, 0.1)]), roll(0.15, 0.3), roll(0.13, 0.25)),
    ]
    if dice.random() < 0.3:
        single.append((hand, hand + np.array([roll(-0.2, 0.2), roll(-0.2, 0.4), roll(0.3, 0.7)]), 0.04, 0.03))
    return _sculpted(dice, mirrored, single, robe=dice.random() < 0.35, foot=float(foot[2]))


def animal(dice: Generator) -> Mesh:
    """On four legs, with ears or horns and mostly a tail."""
    roll = dice.uniform
    length, height = roll(0.4, 0.75), roll(-0.15, 0.15)
    chest, rump = np.array([0, length, height]), np.array([0, -length, height])
    head = np.array([0, length + roll(0.1, 0.4), height + roll(0.2, 0.6)])
    snout = head + np.array([0, roll(0.1, 0.3), roll(-0.15, 0.1)])
    foot_height, leg, hoof = height - roll(0.6, 0.85), roll(0.1, 0.18), roll(0.05, 0.11)
    mirrored: list[Limb] = []
    for y in (-length, length):
        knee = np.array([roll(0.1, 0.3), y + roll(-0.15, 0.15), height - 0.4])
        foot = np.array([knee[0], y + roll(-0.1, 0.1), foot_height])
        mirrored += [
            (np.array([0.1, y, height]), knee, leg, 0.1),
            (knee, foot, 0.1, hoof),
            (foot, foot + np.array([0, 0.08, 0]), hoof * 1.2, hoof),
        ]
    ear = head + np.array([roll(0.08, 0.3), roll(-0.2, 0.1), roll(0.2, 0.5)])
    mirrored.append((head + np.array([0.08, 0, 0.1]), ear, 0.07, 0.03))
    single: list[Limb] = [
        (rump, chest + np.array([0, 0, roll(-0.1, 0.15)]), roll(0.16, 0.34), roll(0.16, 0.36)),
        (chest, head, 0.18, 0.13),
        (head, snout, roll(0.12, 0.24), roll(0.06, 0.15)),
    ]
    if dice.random() < 0.8:
        single.append((rump, rump + np.array([0, -roll(0.1, 0.4), roll(-0.4, 0.5)]), roll(0.04, 0.1), 0.03))
    return _sculpted(dice, mirrored, single, robe=False, foot=float(foot_height))


def _sculpted(dice: Generator, mirrored: list[Limb], single: list[Limb], *, robe: bool, foot: float) -> Mesh:
    noise, softness = Noise(dice), float(dice.choice([0.03, 0.08, 0.14]))
    rough = dice.uniform(0.004, 0.025) if dice.random() < 0.6 else 0.0
    frequency, hem = dice.uniform(2, 7), dice.uniform(0.35, 0.55)
    plinth = np.array([dice.uniform(0.35, 0.6), dice.uniform(0.35, 0.8), 0.1]) if dice.random() < 0.25 else None

    def field(points: Array) -> Array:
        half = points.copy()
        half[:, 0] = np.abs(half[:, 0])
        bodies = [fields.capsule(half, *limb) for limb in mirrored] + [fields.capsule(points, *limb) for limb in single]
        if robe:
            height = np.clip((points[:, 2] + 0.95) / 1.05, 0, 1)
            around = np.hypot(points[:, 0], points[:, 1]) - (hem * (1 - height) + 0.12)
            bodies.append(np.maximum(around, np.abs(points[:, 2] + 0.5) - 0.45))
        if plinth is not None:
            bodies.append(fields.block(points, [0, 0, foot - 0.05], plinth))
        distance = fields.melted(bodies, softness)
        return distance + rough * noise(points, frequency) if rough else distance

    mesh = fields.skin(field, cells=int(dice.integers(64, 84)), half=1.42)
    return replace(mesh, slots=_regions(dice, mesh, noise))


def _regions(dice: Generator, mesh: Mesh, noise: Noise) -> Array:
    """Cloth, hair and paint: parts beyond a wavy plane have a material of their own."""
    middles, slots = mesh.points[mesh.faces].mean(1), np.zeros(len(mesh.faces), int)
    for region in range(dice.integers(0, 4)):
        height = middles @ any_direction(dice) + 0.12 * noise(middles, 3.0, 1)
        slots[height > dice.uniform(-0.3, 0.6)] = region + 1
    return slots
