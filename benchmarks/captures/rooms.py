"""Rooms, tents and black cloth: what stands still round the platter, the platter, and the lamps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .geometry import Floats, Mesh, box, disc, lathe, placed, polyline, quad, sheet, tube, turn_about
from .patterns import cloth, colour, noise, painted_surface, platter_picture, poster, wood
from .tracing import Lamp

__all__ = ["Room", "make_room"]

Random = np.random.Generator


@dataclass(frozen=True)
class Room:
    """All but object and support."""

    still: tuple[Mesh, ...]
    platter: tuple[Mesh, ...]
    """At angle 0; turns about z."""
    lamps: tuple[Lamp, ...]
    ambient: float
    bounces: int
    exposure: float
    """Linear photo value of a white sheet lying on the platter."""
    iso: int


def make_room(kind: str, random: Random, radius: float) -> Room:
    """The room that a kind of capture is shot in; ``radius`` is the platter's."""
    return _ROOMS.get(kind, _study)(random, radius)


def _platter(random: Random, radius: float, style: str, *, thick: float = 0.018) -> tuple[Mesh, ...]:
    top = replace(disc(radius, 0.0), picture=platter_picture(random, style))
    tone = {"white": np.full(3, 0.8), "black": np.full(3, 0.012)}.get(style)
    rim = np.array([[radius * 0.7, -thick], [radius * 0.97, -thick], [radius, -thick * 0.8], [radius, 0.0]])
    side = lathe(polyline(rim)).painted(colour(random, bright=(0.1, 0.5), vivid=0.3) if tone is None else tone)
    return top, side


def _foot(radius: float, thick: float, table: float) -> Mesh:
    rim = np.array([[radius * 0.6, table], [radius * 0.6, -thick]])
    return lathe(np.linspace(rim[0], rim[1], 6)).painted((0.03, 0.03, 0.03))


def _lamps(random: Random, strength: float = 1.0) -> tuple[Lamp, ...]:
    lamps = []
    for side in (-1, 1):
        place = (side * random.uniform(0.5, 1.2), random.uniform(-1.3, -0.2), random.uniform(0.7, 1.5))
        size, warm = random.uniform(0.25, 0.7), random.uniform(-0.12, 0.12)
        power = strength * random.uniform(0.4, 1.2) * (0.4 / size) ** 2 * 40
        lamps.append(Lamp(place, (0, 0, 0.05), (size, size), (power * (1 + warm), power, power * (1 - warm))))
    return tuple(lamps)


def _shell(random: Random, table: float, *, back: float, posters: int) -> list[Mesh]:
    """Table and walls, with posters if any."""
    tone = colour(random, bright=(0.2, 0.7), vivid=0.35)
    top = wood(random) if random.random() < 0.6 else cloth(random, tone)
    meshes = [replace(quad((-1.1, -1.3, table), (2.2, 0, 0), (0, 1.3 + back, 0)), picture=top)]
    low = table - random.uniform(0.0, 0.25)
    wall = cloth(random, colour(random, bright=(0.3, 0.75), vivid=0.3), rough=0.04)
    meshes.append(replace(quad((-2.2, back, low), (4.4, 0, 0), (0, 0, 2.4)), picture=wall))
    for side in (-1, 1):
        near, deep = (-1.5, 1.5 + back) if side < 0 else (back, -1.5 - back)
        meshes += [quad((side * 1.6, near, low), (0, deep, 0), (0, 0, 2.4)).painted((0.5, 0.48, 0.45))]
    left = -0.75 + random.uniform(-0.1, 0.1)
    for _ in range(posters):
        wide = random.uniform(0.22, 0.36)
        corner = (left, back - 0.004, table + random.uniform(0.01, 0.1))
        meshes.append(replace(quad(corner, (wide, 0, 0), (0, 0, wide * 1.4)), picture=poster(random)))
        left += wide + random.uniform(0.02, 0.1)
    return meshes


def _clutter(random: Random, table: float, radius: float, back: float, count: int) -> list[Mesh]:
    meshes: list[Mesh] = []
    for _ in range(count):
        side, away = random.choice([-1, 1]), random.uniform(1.25, 2.4)
        at = np.array([side * radius * away, random.uniform(-0.3 * radius, min(back - 0.08, 0.45)), table])
        meshes += _thing(random, at)
    return meshes


def _thing(random: Random, at: Floats) -> list[Mesh]:
    turn = turn_about((0, 0, 1), random.uniform(-60, 60))
    match int(random.integers(6)):
        case 0:
            pile, level = [], 0.0
            for _ in range(random.integers(1, 5)):
                thick = random.uniform(0.012, 0.03)
                book = box((random.uniform(0.1, 0.16), random.uniform(0.08, 0.11), thick))
                twist = turn_about((0, 0, 1), random.uniform(-15, 15)) @ turn
                pile.append(placed(book, twist, at + np.array([0, 0, level + thick / 2])).painted(colour(random)))
                level += thick
            return pile
        case 1:
            wall = np.array([[0.0001, 0.0], [0.025, 0], [0.032, 0.03], [0.036, 0.07], [0.033, 0.07], [0.026, 0.01]])
            cup = lathe(polyline(wall))
            cup = cup.painted(painted_surface(cup.points, random))
            return [replace(placed(cup, turn, at), gloss=0.6)]
        case 2:
            chart = np.full((200, 290, 3), 0.02, np.float32)
            for row in range(4):
                for column in range(6):
                    chart[8 + 48 * row : 48 + 48 * row, 8 + 47 * column : 48 + 47 * column] = colour(random)
            card = replace(quad((-0.055, -0.04, 0.001), (0.11, 0, 0), (0, 0.08, 0)), picture=chart)
            return [placed(card, turn, at)]
        case 3:
            pencils = []
            for _ in range(random.integers(1, 4)):
                twist = turn_about((0, 0, 1), random.uniform(0, 180))
                rod = tube(np.linspace([-0.08, 0, 0.004], [0.08, 0, 0.004], 20), 0.004)
                pencils.append(placed(rod, twist, at).painted(colour(random, vivid=1.0)))
            return pencils
        case 4:
            bar = np.full((40, 600, 3), 0.8, np.float32)
            for mark in range(20):
                bar[(mark % 2) * 20 : (mark % 2) * 20 + 20, 30 * mark : 30 * mark + 30] = 0.02
            return [placed(replace(quad((-0.12, -0.008, 0.001), (0.24, 0, 0), (0, 0.016, 0)), picture=bar), turn, at)]
        case _:
            radii = random.uniform(0.02, 0.04, 2)
            angle = np.linspace(-np.pi / 2, np.pi / 2, 50)
            ball = lathe(np.stack([np.maximum(radii[0] * np.cos(angle), 1e-4), radii[1] * (1 + np.sin(angle))], 1))
            rough = 1 + 0.15 * noise(ball.points, 0.03, int(random.integers(1 << 30)))
            ball = replace(ball, points=ball.points * rough[:, None])
            return [placed(ball.painted(painted_surface(ball.points, random)), turn, at)]


def _study(random: Random, radius: float) -> Room:
    table, back = -random.uniform(0.025, 0.045), random.uniform(0.45, 0.9)
    still = _shell(random, table, back=back, posters=int(random.integers(0, 4)))
    still += _clutter(random, table, radius, back, int(random.integers(2, 5)))
    still.append(_foot(radius, 0.018, table))
    style = str(random.choice(["wood", "grey", "white", "black", "checks"], p=[0.25, 0.3, 0.15, 0.15, 0.15]))
    return Room(tuple(still), _platter(random, radius, style), _lamps(random), random.uniform(0.15, 0.5), 3, 0.85, 400)


def _crowded(random: Random, radius: float) -> Room:
    table, back = -random.uniform(0.025, 0.045), random.uniform(0.35, 0.55)
    still = _shell(random, table, back=back, posters=6)
    still += _clutter(random, table, radius, back, 12)
    for level in (0.16, 0.34):
        plank = placed(box((1.5, 0.1, 0.012)), None, (0, back - 0.05, level))
        still.append(plank.painted(colour(random, bright=(0.1, 0.4), vivid=0.4)))
        for x in np.arange(-0.6, 0.6, 0.11):
            if random.random() < 0.7:
                still += _thing(random, np.array([x, back - 0.06, level + 0.006]))
    still.append(_foot(radius, 0.018, table))
    style = str(random.choice(["checks", "markers", "wood"], p=[0.45, 0.4, 0.15]))
    return Room(tuple(still), _platter(random, radius, style), _lamps(random), random.uniform(0.2, 0.5), 3, 0.85, 400)


def _tent(random: Random, radius: float) -> Room:
    """A sweep that curves up behind, walls and roof of white cloth, lamps shining in from the sides and above."""
    table, back, bend = -0.02, 0.45, 0.18
    angle = np.linspace(0, np.pi / 2, 24)
    curve = np.concatenate(
        [
            [[-0.9, table]],
            np.stack([back - bend + bend * np.sin(angle), table + bend * (1 - np.cos(angle))], 1),
            [[back, 1.2]],
        ]
    )
    tone = np.array([0.86, 0.86, 0.85]) * random.uniform(0.93, 1.0)
    still = [replace(sheet(curve, 1.6), picture=cloth(random, tone, rough=0.008))]
    for side in (-1, 1):
        wall = quad((side * 0.6, side * 0.5, table), (0, -side * 1.0, 0), (0, 0, 1.0))
        still.append(wall.painted(tone))
    still.append(quad((-0.6, -0.5, 1.0), (1.2, 0, 0), (0, 1.0, 0)).painted(tone))
    lamps = tuple(
        Lamp((side * 0.55, random.uniform(-0.3, 0.0), 0.5), (0, 0, 0.1), (0.5, 0.7), (power,) * 3)
        for side, power in ((-1, random.uniform(1.4, 2.2)), (1, random.uniform(1.4, 2.2)))
    )
    roof = Lamp((0, -0.1, 0.95), (0, 0, 0), (0.7, 0.6), (random.uniform(2.0, 3.0),) * 3)
    platter = _platter(random, radius, "white", thick=0.015)
    still.append(_foot(radius, 0.015, table).painted((0.7, 0.7, 0.7)))
    return Room(tuple(still), platter, (*lamps, roof), 0.9, 5, random.uniform(1.2, 1.45), 200)


def _velvet(random: Random, radius: float) -> Room:
    """Black cloth hung behind and laid over the table, two small lamps."""
    table, back, bend = -0.03, random.uniform(0.35, 0.6), 0.1
    angle = np.linspace(0, np.pi / 2, 20)
    curve = np.concatenate(
        [
            [[-1.2, table]],
            np.stack([back - bend + bend * np.sin(angle), table + bend * (1 - np.cos(angle))], 1),
            [[back, 1.5]],
        ]
    )
    tone = np.array([0.007, 0.007, 0.008]) * random.uniform(0.8, 1.7)
    still = [replace(sheet(curve, 2.6), picture=cloth(random, tone, rough=0.35))]
    still.append(_foot(radius, 0.018, table).painted((0.01, 0.01, 0.01)))
    platter = _platter(random, radius, "black")
    key, fill = _lamps(random)
    weak = random.uniform(0.02, 0.12)
    fill = replace(fill, radiance=(fill.radiance[0] * weak, fill.radiance[1] * weak, fill.radiance[2] * weak))
    return Room(tuple(still), platter, (key, fill), 0.02, 2, random.uniform(2.0, 3.0), 8000)


_ROOMS: dict[str, Callable[[Random, float], Room]] = {"white": _tent, "dark": _velvet, "busy": _crowded}
