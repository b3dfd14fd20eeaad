"""What a scene is to be like, and how it is set up from that, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from training.content.library import Library
from training.content.scenes.arrangements import ARRANGEMENTS, Wanted
from training.content.scenes.camera import Framing, look_from, take_aim
from training.content.scenes.lights import LIGHTING, Target
from training.content.scenes.paints import Look, ground_paint
from training.content.scenes.platters import turntable, without_turntable
from training.content.scenes.props import neighbours, scattered_props
from training.content.scenes.stage import Scene, Stage
from training.content.scenes.supports import SUPPORTS
from training.content.scenes.surroundings import SURROUNDINGS, Setup

__all__ = ["Plan", "compose", "drawn"]

Shares = Mapping[str, float]
"""Names of one of the tables, each with how likely it is."""

_ALL_SUPPORTS: Shares = {"plinth": 3, "stand": 2, "lump": 2, "putty": 1.5, "wedge": 1.5, "cradle": 1, "pins": 1.5}


@dataclass(frozen=True)
class Plan:
    """The defaults are the usual scene; a kind changes what makes it hard."""

    look: Look = field(default_factory=Look)
    trait: str | None = None
    arrangements: Shares = field(default_factory=lambda: {"single": 0.86, "group": 0.14})
    supported: float = 0.4
    supports: Shares = field(default_factory=lambda: _ALL_SUPPORTS)
    on_platter: float = 0.9
    with_props: float = 0.25
    with_neighbours: float = 0.0
    framing: Framing = field(default_factory=Framing)
    surroundings: Shares = field(
        default_factory=lambda: {
            "paper": 0.24,
            "cloth": 0.1,
            "void": 0.1,
            "tent": 0.12,
            "room": 0.3,
            "picture wall": 0.08,
            "shelves": 0.06,
        }
    )
    lighting: Shares = field(default_factory=lambda: {"studio": 0.75, "soft": 0.1, "flash": 0.08, "side": 0.07})
    brightness: tuple[float, float] = (0.24, 0.4)
    """The developed mean of what is metered, and by what factor it strays (as a logarithm's deviation)."""
    rolled_off: float = 0.5
    """How often highlights are rolled off instead of clipped."""


def compose(library: Library, dice: Generator, plan: Plan) -> Scene:
    """Object, platter, props, camera, surroundings, lights: in that order, since each looks at those before."""
    stage = Stage(library, dice)
    support = SUPPORTS[drawn(dice, plan.supports)] if dice.random() < plan.supported else None
    paint = ground_paint(dice, library, plan.look.support) if support else None
    arrangement = ARRANGEMENTS[drawn(dice, plan.arrangements)]
    points = arrangement(stage, Wanted(plan.look, plan.trait, support, paint))
    table = turntable(stage, points, plan.look) if dice.random() < plan.on_platter else without_turntable(points)
    view = look_from(dice, plan.framing)
    if dice.random() < plan.with_props:
        scattered_props(stage, table, points)
    if dice.random() < plan.with_neighbours:
        neighbours(stage, table, points, view, plan.look)
    distance = take_aim(stage, view, plan.framing, points, table.ground)
    stage.record["surroundings"] = -1
    stage.record["sky_light"] = 1.0
    SURROUNDINGS[drawn(dice, plan.surroundings)](stage, Setup(table, view, distance, plan.look))
    LIGHTING[drawn(dice, plan.lighting)](stage, Target((points.min(0) + points.max(0)) / 2, view, distance))
    _develop(stage, plan)
    return stage.scene()


def drawn(dice: Generator, shares: Shares) -> str:
    """One name, by lot."""
    chances = np.array(list(shares.values()), float)
    return list(shares)[dice.choice(len(chances), p=chances / chances.sum())]


def _develop(stage: Stage, plan: Plan) -> None:
    """How the tracer and the darkroom are to treat it."""
    dice, record = stage.dice, stage.record
    mean, spread = plan.brightness
    record["brightness"] = np.clip(mean * np.exp(dice.normal(0, spread)), 0.01, 0.85)
    record["shoulder"] = dice.random() < plan.rolled_off
    record["brightest"] = dice.uniform(6, 15)
    # A few keep the tracer's grain, lest its smoothness is learnt; a camera's noise comes later.
    record["smoothing"] = 25.0 if dice.random() < 0.06 else dice.uniform(0.5, 4.5)
    record["seed"] = dice.integers(1 << 32)
