"""What a capture will be: its object, poses, room, cameras and every shot, all told by kind and seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from .geometry import Floats, Mesh, turn_about
from .objects import make_object
from .poses import Pose, resting, standing, with_support
from .rooms import Room, make_room
from .tracing import Camera, look_at

__all__ = ["PASSES", "Body", "Plan", "Ring", "Shot", "make_plan"]

Random = np.random.Generator
PASSES = ("upright", "flipped")


@dataclass(frozen=True)
class Body:
    """A camera as its photos name it."""

    model: str
    serial: str
    focal_mm: float
    """On a sensor 17.3 mm wide."""
    first_number: int


@dataclass(frozen=True, eq=False)
class Ring:
    """A camera that stands still."""

    camera: Camera
    body: Body
    elevation: float
    orientation: int
    """EXIF: 1, or 6 or 8 when the camera stood on its side."""


@dataclass(frozen=True)
class Shot:
    """One photo to take."""

    folder: str
    name: str
    ring: Ring
    angle: float
    """Of the platter, degrees."""
    time: datetime
    number: int
    """Over the whole capture; seeds the sensor's noise."""


@dataclass(frozen=True)
class Plan:
    """A whole capture before any light is traced."""

    kind: str
    seed: int
    thing: Mesh
    poses: dict[str, Pose]
    """By pass."""
    flip_tilt: float
    room: Room
    radius: float
    """Of the platter, metres."""
    shots: tuple[Shot, ...]

    def object_from_platter(self, folder: str, angle: float) -> tuple[Floats, Floats]:
        """Rotation and shift that take the object into the world at a platter angle."""
        turn, pose = turn_about((0, 0, 1), angle), self.poses[folder]
        return turn @ pose.rotation, turn @ pose.shift


def make_plan(kind: str, seed: int, *, size: tuple[int, int], shots: int) -> Plan:
    """The capture of a kind and a seed; ``shots`` a pass, spread over two rings."""
    random = np.random.default_rng([seed, *kind.encode()])
    thing = make_object(kind, random)
    poses, tilt = _poses(kind, thing.points, random)
    extent = max(float(np.linalg.norm(np.ptp(thing.points, axis=0)) * 0.8), 0.1)
    radius = extent * random.uniform(0.6, 0.85) * (1.6 if kind == "small" else 1)
    room = make_room(kind, random, radius)
    tall = max(float((thing.points @ pose.rotation.T)[:, 2].max() + pose.shift[2]) for pose in poses.values())
    rings = _rings(kind, random, size=size, reach=extent, aim=tall / 2)
    return Plan(kind, seed, thing, poses, tilt, room, radius, _shots(kind, random, rings, shots))


def _poses(kind: str, points: Floats, random: Random) -> tuple[dict[str, Pose], float]:
    over = turn_about((1, 0, 0), 180)
    flipped = turn_about((0, 0, 1), random.uniform(-60, 60)) @ resting(points, over, random)
    tilt = float(np.degrees(np.arccos(np.clip(-flipped[2, 2], -1, 1))))
    ways = {"upright": np.eye(3), "flipped": flipped}
    if kind == "white":
        return {name: with_support("wedge", points, way, random) for name, way in ways.items()}, tilt
    if kind == "support":
        holders = random.choice(["pedestal", "cradle", "pin", "putty"], 2, replace=False)
        pairs = zip(holders, ways.items(), strict=True)
        return {name: with_support(str(holder), points, way, random) for holder, (name, way) in pairs}, tilt
    return {name: standing(points, way, random) for name, way in ways.items()}, tilt


def _rings(
    kind: str, random: Random, *, size: tuple[int, int], reach: float, aim: float
) -> dict[str, tuple[Ring, Ring]]:
    fill = random.uniform(0.24, 0.3) if kind == "small" else random.uniform(0.62, 0.82)
    elevations = (random.uniform(11, 20), random.uniform(32, 45))
    serial = f"LX4{random.integers(10000, 99999)}"
    body = Body("LX-4 Mark III", serial, float(random.choice([25.0, 30.0, 45.0])), 1)
    bodies = (body, body)
    if kind == "cameras":
        bodies = (body, Body("LX-9", f"LX9{random.integers(10000, 99999)}", 35.0, 5001))
    side = int(random.choice([6, 8]))
    upright = _pair(bodies, elevations, 1, size=size, span=reach / fill, aim=aim)
    if kind != "dark":
        return dict.fromkeys(PASSES, upright)
    return {"upright": upright, "flipped": _pair(bodies, elevations, side, size=size, span=reach / fill, aim=aim)}


def _pair(
    bodies: tuple[Body, Body],
    elevations: tuple[float, float],
    orientation: int,
    *,
    size: tuple[int, int],
    span: float,
    aim: float,
) -> tuple[Ring, Ring]:
    """The two rings of a pass; ``span`` metres at the object fill the photo's height."""
    # Orientation 6 is put right by a quarter turn clockwise: it is stored turned the other way.
    roll = {1: 0.0, 6: -90.0, 8: 90.0}[orientation]
    rings = []
    for elevation, body in zip(elevations, bodies, strict=True):
        scale = 0.75 if body.first_number > 1 else 1.0
        pixels = (round(size[0] * scale / 4) * 4, round(size[1] * scale / 4) * 4)
        focal = body.focal_mm / 17.3 * pixels[0]
        away = focal * span / pixels[1]
        up, target = np.radians(elevation), np.array([0.0, 0.0, aim])
        place = target + away * np.array([0.0, -np.cos(up), np.sin(up)])
        camera = look_at(place, target, roll=roll, size=pixels, focal=focal)
        rings.append(Ring(camera, body, elevation, orientation))
    return rings[0], rings[1]


def _shots(kind: str, random: Random, rings: dict[str, tuple[Ring, Ring]], count: int) -> tuple[Shot, ...]:
    clock = datetime(2024, 5, 14, 10, 2, 11) + timedelta(days=int(random.integers(300)))
    numbers: dict[str, int] = {}
    shots: list[Shot] = []

    def take(folder: str, ring: Ring, angle: float) -> None:
        number = numbers.get(ring.body.serial, ring.body.first_number)
        numbers[ring.body.serial] = number + 1
        shots.append(Shot(folder, f"DSC_{number:04d}.JPG", ring, angle, clock, len(shots)))

    first = (count + 1) // 2
    for folder in PASSES:
        pair = rings[folder]
        start = random.uniform(0, 360)
        if kind == "cameras":
            for step in range(first):
                for ring in pair[: 1 + (first + step < count)]:
                    take(folder, ring, start + step * 360 / first)
                clock += timedelta(seconds=4)
        else:
            for ring, steps, offset in ((pair[0], first, 0.0), (pair[1], count - first, 0.5)):
                for step in range(steps):
                    take(folder, ring, start + (step + offset) * 360 / max(steps, 1) + random.normal(0, 0.4))
                    clock += timedelta(seconds=4)
                clock += timedelta(seconds=35)
        clock += timedelta(minutes=6, seconds=int(random.integers(60)))
    plates = list(rings["upright"]) + [ring for ring in rings["flipped"] if ring not in rings["upright"]]
    for ring in plates:
        take("empty", ring, 0.0)
        clock += timedelta(seconds=4)
    return tuple(shots)
