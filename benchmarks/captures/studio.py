"""Takes the shots of a plan: traces light, keeps the room still over a ring, cuts the true masks."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import developed
from .geometry import Floats, Mesh, placed, turn_about
from .plan import PASSES, Plan, Ring, Shot
from .shading import Coarse, coarse_guides, filtered, lit, shown
from .tracing import FINE, Guides, Stage, Window

__all__ = ["Taken", "taken"]

Image = NDArray[np.float32]
_STILL = 2
"""Roles below this look the same, but for shadows, with and without the object."""
_SHOT_SAMPLES = 12
_PLATE_SAMPLES = 32


@dataclass(frozen=True)
class Taken:
    """One photo and its truth."""

    shot: Shot
    jpeg: bytes
    mask: NDArray[np.uint8]
    platter: NDArray[np.uint8]


@dataclass(frozen=True)
class _Plate:
    """The empty room of a ring, seen once with care."""

    photo: Image
    depth: Image
    platter: NDArray[np.uint8]
    light: Image
    window: Window
    rough: Image
    """The window's light with the noise that the shots share."""
    coarse: Coarse


def taken(plan: Plan, shots: list[Shot]) -> Iterator[Taken]:
    """The shots one after another; the same bytes whichever others are asked for."""
    room = plan.room
    stage = Stage({"room": room.still}, room.lamps, room.ambient, bounces=room.bounces)
    exposure = room.exposure / _sheet_light(plan, stage) if shots else 0.0
    for ring in dict.fromkeys(shot.ring for shot in shots):
        plate = _plate(plan, stage, ring)
        for shot in shots:
            if shot.ring is ring:
                yield _finished(plan, stage, shot, plate, exposure)


def _sheet_light(plan: Plan, stage: Stage) -> float:
    """How bright a white sheet on the empty platter would be: what a light meter is for."""
    ring = plan.shots[0].ring
    scene = stage.with_things({"platter": plan.room.platter})
    middle = ring.camera.project(np.zeros((1, 3)))[0]
    left, top = (
        int(np.clip(m // 4 * 4 - 16, 0, s - 32))
        for m, s in zip(middle, (ring.camera.width, ring.camera.height), strict=True)
    )
    window = Window(left, top, 32, 32)
    guides = stage.guides(scene, ring.camera, window)
    seen = stage.light(scene, ring.camera, window, samples=64)
    return float(seen.mean() / guides.albedo.mean())


def _plate(plan: Plan, stage: Stage, ring: Ring) -> _Plate:
    camera = ring.camera
    whole = Window(0, 0, camera.width, camera.height)
    window = _window(plan, ring)
    scene = stage.with_things({"platter": plan.room.platter})
    guides = stage.guides(scene, camera, whole)
    coarse = coarse_guides(guides, camera, whole)
    light = filtered(lit(stage.light(scene, camera, whole, samples=_PLATE_SAMPLES), coarse), coarse, rounds=3)
    part = _part(coarse, window)
    rough = lit(stage.light(scene, camera, window, samples=_SHOT_SAMPLES), part)
    photo = shown(light, coarse, guides)
    return _Plate(photo, _halved(guides.depth), _cut(guides, {1}), light, window, rough, part)


def _part(coarse: Coarse, window: Window) -> Coarse:
    y, x = _slices(window, 0.5)
    return Coarse(coarse.albedo[y, x], coarse.normal[y, x], coarse.depth[y, x], coarse.role[y, x], coarse.pure[y, x])


def _slices(window: Window, scale: float) -> tuple[slice, slice]:
    return (
        slice(round(window.top * scale), round((window.top + window.height) * scale)),
        slice(round(window.left * scale), round((window.left + window.width) * scale)),
    )


def _window(plan: Plan, ring: Ring) -> Window:
    """All that may change over the ring: platter, object and support at every angle, and a margin for shadows."""
    camera = ring.camera
    angle = np.linspace(0, 2 * np.pi, 48)
    wide, tall = plan.radius, 0.0
    for name in PASSES:
        pose = plan.poses[name]
        for points in (plan.thing.points @ pose.rotation.T + pose.shift, *(m.points for m in pose.support)):
            tall = max(tall, float(points[:, 2].max()))
            wide = max(wide, float(np.linalg.norm(points[:, :2], axis=1).max()))
    body = max(
        float(np.linalg.norm((plan.thing.points @ pose.rotation.T + pose.shift)[:, :2], axis=1).max())
        for pose in plan.poses.values()
    )
    rings = [
        np.stack([r * np.cos(angle), r * np.sin(angle), np.full(48, z)], 1)
        for r, z in ((wide, -0.02), (wide, 0.0), (body, tall))
    ]
    seen = camera.project(np.concatenate(rings))
    margin = 0.07 * camera.width
    low, high = seen.min(0) - margin, seen.max(0) + margin
    limits = np.array([camera.width, camera.height])
    low = np.clip(low // 4 * 4, 0, limits - 8).astype(int)
    high = np.clip(-(-high // 4) * 4, low + 8, limits).astype(int)
    return Window(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _finished(plan: Plan, stage: Stage, shot: Shot, plate: _Plate, exposure: float) -> Taken:
    camera = shot.ring.camera
    photo, depth = plate.photo.copy(), plate.depth.copy()
    mask, platter = np.zeros(depth.shape, np.uint8), plate.platter.copy()
    if shot.folder != "empty":
        y, x = _slices(plate.window, 1)
        seen, guides = _seen(plan, stage, shot, plate)
        share = _feather(seen.shape[:2], plate.window, camera.width, camera.height)[..., None]
        photo[y, x] += share * (seen - photo[y, x])
        depth[y, x] = _halved(guides.depth)
        mask[y, x] = _cut(guides, {2})
        platter[y, x] = np.where(mask[y, x], 0, _cut(guides, {1, 3}))
    middle = np.array([[0.0, 0.0, 0.05]])
    focus = float((middle @ camera.rotation.T + camera.shift)[0, 2])
    jpeg = developed(photo, depth, focus, shot, seed=plan.seed, exposure=exposure, iso=plan.room.iso)
    return Taken(shot, jpeg, mask, platter)


def _seen(plan: Plan, stage: Stage, shot: Shot, plate: _Plate) -> tuple[Image, Guides]:
    rotation, shift = plan.object_from_platter(shot.folder, shot.angle)
    turn = turn_about((0, 0, 1), shot.angle)
    scene = stage.with_things(
        {
            "platter": _turned(plan.room.platter, turn),
            "object": [placed(plan.thing, rotation, shift)],
            "support": _turned(plan.poses[shot.folder].support, turn),
        }
    )
    camera, window = shot.ring.camera, plate.window
    guides = stage.guides(scene, camera, window)
    coarse = coarse_guides(guides, camera, window)
    rough = lit(stage.light(scene, camera, window, samples=_SHOT_SAMPLES), coarse)
    # Shots and plate share their noise, so where the object changes nothing the quotient is one: a still room.
    with_object = filtered(rough, coarse, rounds=2)
    without = filtered(plate.rough, coarse, rounds=2)
    y, x = _slices(window, 0.5)
    still = (coarse.role < _STILL) & (plate.coarse.role == coarse.role)
    shadowed = plate.light[y, x] * np.clip((with_object + 1e-4) / (without + 1e-4), 0, 3)
    light = np.where(still[..., None], shadowed, filtered(rough, coarse, rounds=3))
    return shown(light, coarse, guides), guides


def _turned(meshes: tuple[Mesh, ...], turn: Floats) -> list[Mesh]:
    return [placed(mesh, turn) for mesh in meshes]


def _feather(shape: tuple[int, ...], window: Window, width: int, height: int) -> Image:
    """0 at the window's inner edges, 1 further in: no seam with the plate round it."""
    soft = 0.06 * width
    columns, rows = np.arange(shape[1]), np.arange(shape[0])
    left = columns / soft if window.left else np.full(shape[1], 1.0)
    right = columns[::-1] / soft if window.left + window.width < width else np.full(shape[1], 1.0)
    top = rows / soft if window.top else np.full(shape[0], 1.0)
    bottom = rows[::-1] / soft if window.top + window.height < height else np.full(shape[0], 1.0)
    across, down = np.minimum(left, right), np.minimum(top, bottom)
    return np.clip(np.minimum(across[None], down[:, None]), 0, 1).astype(np.float32)


def _halved(fine: Image) -> Image:
    size = (fine.shape[1] // FINE, fine.shape[0] // FINE)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)


def _cut(guides: Guides, roles: set[int]) -> NDArray[np.uint8]:
    """255 where at least half of the pixel's samples have one of the roles."""
    inside = np.isin(guides.role, list(roles)).astype(np.float32)
    return np.where(_halved(inside) >= 0.5, 255, 0).astype(np.uint8)
