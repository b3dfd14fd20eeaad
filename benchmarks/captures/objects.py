"""The objects: procedural shapes of about 15 cm with their colours, standing upright with z up."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .geometry import Field, Floats, Mesh, lathe, merged, placed, polyline, surface, tube
from .patterns import colour, noise, painted_surface

__all__ = ["make_object"]

Random = np.random.Generator

_CELLS = 150
"""Of the grid of signed distances: 1 mm on an object of 15 cm."""


def make_object(kind: str, random: Random) -> Mesh:
    """The object of a kind of capture, its bounding box centred on the origin."""
    mesh = _MAKERS[kind](random)
    middle = (mesh.points.min(0) + mesh.points.max(0)) / 2
    return placed(mesh, shift=-middle)


def _ball(centre: Floats | tuple[float, ...], radii: Floats | tuple[float, ...]) -> Field:
    middle, half = np.asarray(centre), np.asarray(radii)

    def field(points: Floats) -> Floats:
        inner = np.linalg.norm((points - middle) / half, axis=1)
        outer = np.linalg.norm((points - middle) / half**2, axis=1)
        return np.asarray(inner * (inner - 1) / np.maximum(outer, 1e-9))

    return field


def _rod(start: tuple[float, ...], end: tuple[float, ...], first: float, last: float) -> Field:
    a, b = np.asarray(start), np.asarray(end)

    def field(points: Floats) -> Floats:
        share = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        return np.asarray(
            np.linalg.norm(points - a - share[:, None] * (b - a), axis=1) - first - share * (last - first)
        )

    return field


def _block(centre: tuple[float, ...], half: tuple[float, ...], rounding: float) -> Field:
    middle, extent = np.asarray(centre), np.asarray(half) - rounding

    def field(points: Floats) -> Floats:
        away = np.abs(points - middle) - extent
        return np.asarray(np.linalg.norm(np.maximum(away, 0), axis=1) + np.minimum(away.max(1), 0) - rounding)

    return field


def _ring(centre: tuple[float, ...], radius: float, thick: float, axis: int) -> Field:
    middle = np.asarray(centre)

    def field(points: Floats) -> Floats:
        away = points - middle
        flat = np.linalg.norm(np.delete(away, axis, 1), axis=1) - radius
        return np.asarray(np.hypot(flat, away[:, axis]) - thick)

    return field


def _melted(fields: list[Field], softness: float) -> Field:
    def field(points: Floats) -> Floats:
        total = fields[0](points)
        for other in fields[1:]:
            value = other(points)
            blend = np.clip(0.5 + 0.5 * (value - total) / softness, 0, 1)
            total = value * (1 - blend) + total * blend - softness * blend * (1 - blend)
        return np.asarray(total)

    return field


def _solid(field: Field, reach: float = 0.12) -> Mesh:
    """The surface of a field, its grid fitted to it by a coarse look first."""
    rough = surface(field, np.full(3, -reach), np.full(3, reach), cells=90)
    low, high = rough.points.min(0) - 0.008, rough.points.max(0) + 0.008
    return surface(field, low, high, cells=_CELLS)


def _animal(random: Random) -> list[Field]:
    u = random.uniform
    length, tall, thick = u(0.03, 0.055), u(0.03, 0.05), u(0.022, 0.034)
    head = (0.0, -length - u(0.0, 0.02), tall + u(0.02, 0.045))
    parts = [_ball((0, 0, tall), (thick, length, thick * u(0.9, 1.2))), _ball(head, tuple(u(0.017, 0.027, 3)))]
    parts.append(_rod((0, -length * 0.7, tall + 0.01), head, thick * 0.55, 0.014))
    parts.append(_ball((0, head[1] - 0.02, head[2] - 0.006), (0.011, 0.015, 0.009)))
    leg = u(0.007, 0.012)
    for side in (-1, 1):
        for end in (-0.65 * length, 0.65 * length):
            hip, hoof = (side * thick * 0.6, end, tall), (side * thick * u(0.6, 0.9), end, 0.0)
            parts += [_rod(hip, hoof, leg * 1.3, leg)]
        ear = (side * u(0.014, 0.03), head[1] + 0.005, head[2] + u(0.018, 0.04))
        parts.append(_rod((side * 0.011, head[1], head[2] + 0.012), ear, 0.008, u(0.003, 0.006)))
    tip = (u(-0.02, 0.02), length + u(0.01, 0.03), tall + u(0.0, 0.04))
    parts.append(_rod((0, length * 0.9, tall + 0.008), tip, 0.007, 0.004))
    return parts


def _bust(random: Random) -> list[Field]:
    u = random.uniform
    parts = [_ball((0, 0, 0.045), (0.042, 0.026, 0.03)), _rod((0, 0, 0.06), (0, -0.003, 0.09), 0.016, 0.013)]
    parts.append(_ball((0, -0.004, 0.112), (0.021, 0.025, 0.029)))
    parts.append(_rod((0, -0.026, 0.116), (0, -0.033, 0.107), 0.003, 0.006))
    parts.append(_ball((0, 0.008, 0.122), (0.025, 0.025, 0.026)))
    for side in (-1, 1):
        parts += [_rod((side * 0.038, 0, 0.055), (side * u(0.035, 0.05), u(-0.02, 0.01), 0.02), 0.014, 0.01)]
    if random.random() < 0.6:
        hand = (u(0.045, 0.06), -0.02, u(0.1, 0.15))
        parts.append(_rod((0.04, 0, 0.055), (0.062, -0.01, 0.07), 0.012, 0.009))
        parts.append(_rod((0.062, -0.01, 0.07), hand, 0.009, 0.006))
    parts.append(_block((0, 0, 0.012), (0.034, 0.028, 0.012), 0.003))
    return parts


def _mug(random: Random) -> list[Field]:
    u = random.uniform
    radius, tall = u(0.03, 0.04), u(0.035, 0.05)
    outer, inner = (
        _block((0, 0, tall), (radius,) * 2 + (tall,), radius * 0.95),
        _rod((0, 0, radius * 0.85 + 0.012), (0, 0, 0.2), radius * 0.8, radius * 0.85),
    )

    def hollow(points: Floats) -> Floats:
        return np.maximum(outer(points), -inner(points))

    return [hollow, _ring((radius + 0.008, 0, tall), 0.024, u(0.004, 0.007), 1)]


def _device(random: Random) -> list[Field]:
    u = random.uniform
    half = (u(0.03, 0.045), u(0.022, 0.03), u(0.045, 0.07))
    parts = [_block((0, 0, half[2]), half, u(0.006, 0.014))]
    if random.random() < 0.5:
        parts.append(_ring((0, 0, 2 * half[2] + 0.004), u(0.018, 0.026), 0.005, 1))
    else:
        parts.append(
            _rod((half[0] * 0.5, 0, 2 * half[2] - 0.01), (half[0] * 0.5, 0, 2 * half[2] + u(0.01, 0.03)), 0.008, 0.007)
        )
    return parts


def _rock(random: Random) -> Mesh:
    seed, radii = int(random.integers(1 << 30)), random.uniform(0.04, 0.065, 3)
    ball = _ball((0, 0, 0), radii)

    def field(points: Floats) -> Floats:
        return ball(points) + 0.012 * noise(points, 0.05, seed, octaves=4)

    return _solid(field)


def _figure(random: Random, *, mugs: bool = False) -> Mesh:
    makers: tuple[Callable[[Random], list[Field]], ...] = (_animal, _bust, _mug if mugs else _animal)
    return _solid(_melted(makers[random.integers(len(makers))](random), 0.008), 0.2)


def _compact(random: Random) -> Mesh:
    mesh = _rock(random) if random.random() < 0.25 else _figure(random)
    glossy = float(random.choice([0.0, 0.3, 0.55]))
    return replace(mesh.painted(painted_surface(mesh.points, random)), gloss=glossy)


def _plain(random: Random) -> Mesh:
    mesh = _figure(random, mugs=True)
    return replace(mesh.painted(colour(random, bright=(0.12, 0.65))), gloss=float(random.choice([0.0, 0.4, 0.6])))


def _dark(random: Random) -> Mesh:
    mesh = _solid(_melted(_bust(random) if random.random() < 0.6 else _animal(random), 0.007), 0.2)
    patina = noise(mesh.points, 0.04, int(random.integers(1 << 30)))
    tone = np.array([0.03, 0.025, 0.02]) * random.uniform(0.6, 1.3)
    colours = tone + np.clip(patina[:, None] - 0.2, 0, 1) * np.array([0.01, 0.03, 0.025])
    return replace(mesh.painted(np.clip(colours, 0.008, 0.3)), gloss=0.4)


def _white(random: Random) -> Mesh:
    makers: tuple[Callable[[Random], list[Field]], ...] = (_device, _device, _mug)
    mesh = _solid(_melted(makers[random.integers(len(makers))](random), 0.006), 0.2)
    points = mesh.points - (mesh.points.min(0) + mesh.points.max(0)) / 2
    extent = np.ptp(mesh.points, axis=0)
    colours = np.full_like(points, random.uniform(0.82, 0.88))
    for _ in range(random.integers(3, 6)):
        # Printed parts: a label on one side, in bars like a line of letters.
        side = 0.33 * extent[1] * random.choice([-1, 1])
        at, half = random.uniform(-0.3, 0.3, 2) * extent[[0, 2]], random.uniform(0.06, 0.2, 2) * extent[[0, 2]]
        near = (np.abs(points[:, [0, 2]] - at) < half).all(1) & (points[:, 1] * np.sign(side) > abs(side))
        letters = np.sin(points[:, 0] * random.uniform(900, 1800)) > -0.3
        ink = colour(random, bright=(0.03, 0.5))
        colours[near & letters] = ink
    return replace(mesh.painted(colours), gloss=float(random.choice([0.0, 0.35])))


def _line(start: Floats, end: Floats) -> Floats:
    count = max(3, int(np.linalg.norm(end - start) / 0.0015))
    return start + np.linspace(0, 1, count)[:, None] * (end - start)


def _loop(radius: float, height: float) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 220)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full_like(angle, height)], 1)


def _stool(random: Random) -> list[Mesh]:
    u = random.uniform
    count, top, foot, tall = int(random.integers(3, 5)), u(0.03, 0.042), u(0.045, 0.062), u(0.1, 0.15)
    thick = u(0.0045, 0.007)
    angles = 2 * np.pi * (np.arange(count) + 0.5) / count
    heads = np.stack([top * np.cos(angles), top * np.sin(angles), np.full(count, tall)], 1)
    feet = np.stack([foot * np.cos(angles), foot * np.sin(angles), np.zeros(count)], 1)
    parts = [tube(_line(a, b), thick) for a, b in zip(feet, heads, strict=True)]
    for share in random.uniform(0.2, 0.7, 2):
        at = feet + share * (heads - feet)
        parts += [tube(_line(at[i], at[(i + 1) % count]), thick * 0.8) for i in range(count)]
    seat = np.array([[0.0001, 0], [1, 0], [1.06, 0.1], [1.06, 0.3], [1, 0.4], [0.0001, 0.4]]) * [top * 1.25, 0.02]
    parts.append(placed(lathe(polyline(seat)), shift=(0, 0, tall - 0.002)))
    if random.random() < 0.6:
        back = [heads[0] + [0, 0, 0.004], heads[1] + [0, 0, 0.004]]
        up = np.array([0, 0, u(0.05, 0.08)])
        parts += [tube(_line(corner, corner + up), thick) for corner in back]
        parts += [tube(_line(back[0] + up * s, back[1] + up * s), thick * 1.1) for s in (0.35, 0.65, 1.0)]
    return parts


def _lantern(random: Random) -> list[Mesh]:
    u = random.uniform
    wide, tall, thick, bars = u(0.035, 0.05), u(0.09, 0.13), u(0.0035, 0.0055), int(random.integers(4, 7))
    parts = [tube(_loop(wide, h), thick * 1.3) for h in (thick, tall * 0.5, tall)]
    for angle in 2 * np.pi * np.arange(bars) / bars:
        rim = np.array([np.cos(angle), np.sin(angle), 0]) * wide
        top = rim + np.array([0, 0, tall])
        parts.append(tube(_line(rim, top), thick))
        parts.append(tube(_line(top, np.array([0, 0, tall + 0.03])), thick))
    ring = _loop(0.016, 0.0)[:, [0, 2, 1]] + [0, 0, tall + 0.044]
    parts.append(tube(ring, thick))
    core = np.array([[0.0001, 0.0], [0.016, 0], [0.018, 0.02], [0.01, 0.05], [0.0001, 0.055]])
    parts.append(lathe(polyline(core)))
    return parts


def _legs(random: Random) -> Mesh:
    mesh = merged(_stool(random) if random.random() < 0.6 else _lantern(random))
    if random.random() < 0.5:
        return mesh.painted(painted_surface(mesh.points, random))
    return replace(mesh.painted(colour(random, bright=(0.05, 0.5))), gloss=0.4)


def _revolution(random: Random) -> Mesh:
    tall = random.uniform(0.11, 0.16)
    stops = np.linspace(0, 1, 7)
    radii = np.array([0.022, 0.03, 0.042, 0.035, 0.022, 0.016, 0.022]) * random.uniform(0.75, 1.25, 7)
    height = np.linspace(0, 1, 240)
    curve = np.polynomial.Polynomial.fit(stops, radii, 5)(height)
    outside = np.stack([np.maximum(curve, 0.01), height * tall], 1)
    inside = (outside - [0.003, 0])[::-1][:200]
    foot = np.linspace([0.0001, 0], outside[0], 20)
    mesh = lathe(np.concatenate([foot, outside, inside, [[0.0001, inside[-1, 1]]]]), around=220)
    tone, band = colour(random, bright=(0.12, 0.7)), colour(random, bright=(0.1, 0.6))
    level = mesh.points[:, 2] / tall
    banded = random.random() < 0.6
    stripes = banded & ((np.abs(level - 0.62) < 0.04) | (np.abs(level - 0.2) < 0.015))
    return replace(mesh.painted(np.where(stripes[:, None], band, tone)), gloss=float(random.choice([0.2, 0.6])))


_MAKERS: dict[str, Callable[[Random], Mesh]] = {
    "compact": _compact,
    "legs": _legs,
    "plain": _plain,
    "dark": _dark,
    "white": _white,
    "revolution": _revolution,
    "support": _compact,
    "cameras": _compact,
    "small": _compact,
    "busy": _compact,
}
