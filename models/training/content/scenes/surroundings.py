"""What is around and behind: paper, cloth, nothing, a light tent, rooms, walls of pictures, shelves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from training.content.scenes.camera import View
from training.content.scenes.paints import Look, ground_paint, object_paints, plain, print_paint, shade
from training.content.scenes.platters import Table
from training.content.scenes.poses import standing
from training.content.scenes.stage import BACKGROUND, BOX, QUAD, Paint, Stage, diagonal
from training.content.turns import about_x, about_z
from training.records import Array

__all__ = ["SURROUNDINGS", "Setup"]


@dataclass(frozen=True)
class Setup:
    """What stands already when the surroundings come."""

    table: Table
    view: View
    distance: float
    """From the camera to the object."""
    look: Look

    @property
    def behind(self) -> Array:
        """A turn whose y goes away from the camera."""
        return about_z(self.view.azimuth + np.pi / 2)

    @property
    def seen(self) -> float:
        """Half of what the picture shows where the object stands."""
        return self.distance * self.view.half

    def away(self, distance: float, angle: float) -> Array:
        """A spot on the ground, that far behind the axis as the camera sees it."""
        heading = self.view.azimuth + np.pi + angle
        return np.array([distance * np.cos(heading), distance * np.sin(heading), self.table.ground])


def paper(stage: Stage, setup: Setup) -> None:
    """A sweep of paper, white, grey or coloured, sometimes printed or a key colour; the room may show beyond it."""
    _drape(stage, setup, "sweep", _backdrop_paint(stage, setup))
    _beyond(stage, setup)


def cloth(stage: Stage, setup: Setup) -> None:
    """The same of cloth, in folds."""
    _drape(stage, setup, "cloth", _backdrop_paint(stage, setup))
    _beyond(stage, setup)


def black_cloth(stage: Stage, setup: Setup) -> None:
    """Velvet: it throws nearly nothing back, and the room is dark."""
    velvet = plain(stage.dice, np.full(3, stage.dice.uniform(0.004, 0.02)), 1.0)
    _drape(stage, setup, "cloth", velvet)
    _soft_sky(stage, stage.dice.uniform(0.0, 0.06))


def void(stage: Stage, setup: Setup) -> None:
    """Black or blown-out white, with or without a floor."""
    level = float(stage.dice.choice([0, 0, 0.02, 0.9]))
    stage.record["zenith"] = stage.record["horizon"] = stage.record["nadir"] = level
    stage.record["sky_light"] = stage.dice.uniform(0.1, 0.5) if level > 0.5 else 4.0
    if stage.dice.random() < 0.6 or not setup.table.platter:
        floor = plain(stage.dice, np.full(3, level + 0.01))
        _floor(stage, setup, 8.0, floor)


def tent(stage: Stage, setup: Setup) -> None:
    """A light tent: white walls that light shines through from outside."""
    dice = stage.dice
    half = max(setup.distance * 1.15, setup.table.reach * 2.5) + 1
    wall = setup.look.backdrop if setup.look.backdrop is not None else shade(dice, vivid=0.1, dark=0.6, bright=0.93)
    turn = about_z(setup.view.azimuth + (dice.uniform(0, 3) if dice.random() < 0.3 else 0))
    middle = [0, 0, setup.table.ground + half - 0.003]
    stage.add(BOX, turn @ diagonal(half), middle, BACKGROUND, plain(dice, wall, 0.9), shadowless=True)
    stage.record["last_light"] = wall * dice.uniform(0.3, 0.7)
    if dice.random() < 0.5:
        _floor(stage, setup, 4.0, ground_paint(dice, stage.library, setup.look.backdrop), lift=0.002)


def white_sweep(stage: Stage, setup: Setup) -> None:
    """White paper in so much soft light that the floor and the wall are one."""
    _drape(stage, setup, "sweep", plain(stage.dice, np.full(3, stage.dice.uniform(0.8, 0.93)), 0.9))
    _soft_sky(stage, stage.dice.uniform(0.6, 1.2), even=True)


def room(stage: Stage, setup: Setup) -> None:
    """A table in a room or out of doors, with clutter behind."""
    dice, library = stage.dice, stage.library
    bound = setup.look.backdrop if dice.random() < 0.5 else None
    _floor(stage, setup, dice.uniform(2.5, 9), ground_paint(dice, library, bound, scale=dice.uniform(0.3, 1)))
    _all_around(stage, int(dice.choice(library.rooms)), dice.uniform(0.3, 1.2))
    _clutter(stage, setup, int(dice.integers(0, 8)))
    if dice.random() < 0.2:
        _lamps(stage, setup)


def picture_wall(stage: Stage, setup: Setup) -> None:
    """A wall close behind with what looks like photographs: posters side by side, shelves, one large print."""
    dice, library = stage.dice, stage.library
    _floor(stage, setup, 9, ground_paint(dice, library, scale=0.5))
    _all_around(stage, int(dice.choice(library.rooms)), dice.uniform(0.4, 1.0))
    gap = setup.table.reach + dice.uniform(0.3, 3)
    wide = (setup.distance + gap) * setup.view.half * dice.uniform(1.2, 1.9)
    turn = about_z(dice.normal(0, 0.12)) @ setup.behind @ about_x(np.pi / 2)
    wall = np.array([0, gap, 0])
    stage.add(QUAD, turn @ diagonal(wide * 3), setup.behind @ wall + [0, 0, 0], BACKGROUND, ground_paint(dice, library))
    columns, rows = (1, 1) if dice.random() < 0.25 else (int(dice.integers(2, 5)), int(dice.integers(1, 4)))
    step, base = 2 * wide / columns, setup.table.ground + wide * dice.uniform(-0.2, 0.5)
    for column in range(columns):
        for row in range(rows):
            across = (column + 0.5) * step - wide
            spot = setup.behind @ np.array([across, gap - 0.03, 0]) + [
                0,
                0,
                base + (row - rows / 2 + 0.5) * step * 1.05,
            ]
            size = step / 2 * dice.uniform(0.8, 1.0)
            shape = turn @ diagonal(size, size * dice.uniform(0.8, 1.0), 1)
            glow = dice.uniform(0.3, 0.8) if dice.random() < 0.2 else 0.0
            stage.add(QUAD, shape, spot, BACKGROUND, _picture(dice, int(dice.choice(library.rooms)), glow))
    _clutter(stage, setup, int(dice.integers(0, 4)))


def shelves(stage: Stage, setup: Setup) -> None:
    """Boards with things on them that could be the object, sharp or not."""
    dice, library = stage.dice, stage.library
    _floor(stage, setup, 9, ground_paint(dice, library, scale=0.5))
    _all_around(stage, int(dice.choice(library.rooms)), dice.uniform(0.4, 1.0))
    gap = setup.table.reach + dice.uniform(0.8, 2.5)
    wide = min((setup.distance + gap) * setup.view.half * 1.4, 7)
    paint, wall = ground_paint(dice, library), ground_paint(dice, library)
    back = setup.behind @ np.array([0, gap + 0.9, 0])
    stage.add(QUAD, setup.behind @ about_x(np.pi / 2) @ diagonal(wide * 3), back, BACKGROUND, wall)
    height, step = setup.table.ground + dice.uniform(-0.4, 0.4), dice.uniform(1.2, 2.2)
    for board in range(3):
        level = height + board * step
        spot = setup.behind @ np.array([0, gap + 0.4, 0]) + [0, 0, level]
        stage.add(BOX, setup.behind @ diagonal(wide, 0.5, 0.04), spot, BACKGROUND, paint)
        for _ in range(dice.integers(2, 6)):
            size = step * dice.uniform(0.2, 0.42)
            thing = library.object(dice)
            along = setup.behind @ np.array([dice.uniform(-0.9, 0.9) * wide, gap + 0.4, 0])
            pose = standing(dice, thing, size=size).moved(along[0], along[1], level + 0.04)
            stage.add_thing(
                thing, pose.matrix, pose.offset, BACKGROUND, object_paints(dice, library, Look(), thing.slots)
            )


SURROUNDINGS: Mapping[str, Callable[[Stage, Setup], None]] = {
    "paper": paper,
    "cloth": cloth,
    "black cloth": black_cloth,
    "void": void,
    "tent": tent,
    "white sweep": white_sweep,
    "room": room,
    "picture wall": picture_wall,
    "shelves": shelves,
}


def _drape(stage: Stage, setup: Setup, kind: str, paint: Paint) -> None:
    size = max(setup.table.reach * stage.dice.uniform(1.3, 2.8), setup.seen * stage.dice.uniform(0.25, 0.6))
    turn = setup.behind @ about_z(stage.dice.normal(0, 0.12))
    stage.add_thing(
        stage.library.tool(stage.dice, kind),
        turn @ diagonal(size),
        [0, 0, setup.table.ground - 0.004],
        BACKGROUND,
        [paint],
    )


def _backdrop_paint(stage: Stage, setup: Setup) -> Paint:
    dice = stage.dice
    if setup.look.backdrop is not None:
        return plain(dice, setup.look.backdrop)
    lot = dice.random()
    if lot < 0.07:
        key = np.array([0.05, dice.uniform(0.4, 0.8), 0.1]) if dice.random() < 0.7 else np.array([0.05, 0.15, 0.7])
        return plain(dice, key)
    if lot < 0.35:
        return ground_paint(dice, stage.library)
    return plain(dice, shade(dice, vivid=0.9 if dice.random() < 0.4 else 0.1, dark=0.02, bright=0.92))


def _beyond(stage: Stage, setup: Setup) -> None:
    """Past the backdrop's rims: a lit room that is seen, or only its light."""
    dice = stage.dice
    if dice.random() < 0.5:
        _soft_sky(stage, dice.uniform(0.05, 0.7))
        return
    _all_around(stage, int(dice.choice(stage.library.rooms)), dice.uniform(0.2, 0.9))
    _floor(stage, setup, 9, ground_paint(dice, stage.library), lift=-0.08)


def _soft_sky(stage: Stage, strength: float, *, even: bool = False) -> None:
    """Light from all around, in a colour of its own."""
    dice, record = stage.dice, stage.record
    tint = strength * (shade(dice, vivid=0.3, dark=0.6, bright=1.0) if dice.random() < 0.4 else np.ones(3))
    record["zenith"] = tint
    record["horizon"] = tint * (0.9 if even else dice.uniform(0.3, 1.0))
    record["nadir"] = tint * (0.8 if even else dice.uniform(0.1, 0.6))


def _all_around(stage: Stage, texture: int, gain: float) -> None:
    dice, record = stage.dice, stage.record
    record["surroundings"], record["surroundings_gain"] = texture, gain
    record["surroundings_turn"], record["surroundings_repeat"] = dice.random(), dice.choice([1, 2, 3])


def _floor(stage: Stage, setup: Setup, size: float, paint: Paint, *, lift: float = 0.0) -> None:
    half = max(setup.table.reach, setup.seen * 0.35, 1.0) * size
    turn = about_z(stage.dice.uniform(0, np.pi)) if size > 5 else setup.behind
    stage.add(QUAD, turn @ diagonal(half), [0, 0, setup.table.ground - 0.003 + lift], BACKGROUND, paint)


def _picture(dice: Generator, texture: int, glow: float) -> Paint:
    paint = print_paint(texture, dice)
    return Paint(paint.pattern, texture, np.full(3, dice.uniform(0.6, 1.0)), roughness=paint.roughness, glow=glow)


def _clutter(stage: Stage, setup: Setup, count: int) -> None:
    """Without a platter nothing but its place would tell the object from these."""
    dice = stage.dice
    for _ in range(count if setup.table.platter else min(count, 1)):
        thing, size = stage.library.object(dice), dice.uniform(0.3, 1.1)
        spot = setup.away(setup.table.reach + size + dice.uniform(0.3, 5), dice.normal(0, 0.7))
        pose = standing(dice, thing, size=size).moved(*spot)
        stage.add_thing(thing, pose.matrix, pose.offset, BACKGROUND, object_paints(dice, stage.library, Look(), 2))


def _lamps(stage: Stage, setup: Setup) -> None:
    dice = stage.dice
    for _ in range(dice.integers(1, 3)):
        spot = setup.away(setup.table.reach + dice.uniform(1, 5), dice.normal(0, 0.8))
        paints = [ground_paint(dice, stage.library), ground_paint(dice, stage.library)]
        lamp = stage.library.tool(dice, "lamp")
        turn = about_z(dice.uniform(0, 2 * np.pi)) @ diagonal(dice.uniform(0.8, 2))
        stage.add_thing(lamp, turn, spot, BACKGROUND, paints)
