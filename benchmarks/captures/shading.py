"""Light traced coarsely and with noise becomes a clean photo: colour apart from light, light filtered, then joined."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .tracing import COARSE, FINE, ROLES, Camera, Guides, Window

__all__ = ["Coarse", "coarse_guides", "filtered", "lit", "shown"]

Image = NDArray[np.float32]

_DARKEST = 0.02
"""Added to reflectance before light is told apart from colour, so that a gleam on black stays finite."""
_SCALE = COARSE * FINE


@dataclass(frozen=True)
class Coarse:
    """Guides on the grid of the light."""

    albedo: Image
    normal: Image
    depth: Image
    role: NDArray[np.uint8]
    """The most common role in the cell."""
    pure: Image
    """1 where the whole cell has one role, down to nearly 0."""


def coarse_guides(guides: Guides, camera: Camera, window: Window) -> Coarse:
    """The guides of a window brought down to the light's grid."""
    size = (guides.role.shape[1] // _SCALE, guides.role.shape[0] // _SCALE)
    shares = np.stack([_down((guides.role == role).astype(np.float32), size) for role in range(len(ROLES))])
    pure = np.maximum((shares.max(0) - 0.5) * 2, 0) ** 2 + 1e-3
    depth = guides.depth[_SCALE // 2 :: _SCALE, _SCALE // 2 :: _SCALE]
    normal = _slopes(depth, camera, window)
    return Coarse(_down(guides.albedo, size), normal, depth, shares.argmax(0).astype(np.uint8), pure)


def _slopes(distance: Image, camera: Camera, window: Window) -> Image:
    """Normals from distances along the rays; of the two neighbours the nearer one in depth is on the same face."""
    rows, columns = np.indices(distance.shape, np.float32)
    x = ((columns + 0.5) * COARSE + window.left - camera.width / 2) / camera.focal
    y = ((rows + 0.5) * COARSE + window.top - camera.height / 2) / camera.focal
    ray = np.stack([x, y, np.ones_like(x)], -1)
    points = ray / np.linalg.norm(ray, axis=2, keepdims=True) * distance[..., None]
    along = [_smaller_step(points, distance, axis) for axis in (0, 1)]
    normal = np.cross(along[1], along[0])
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-12), np.float32)


def _smaller_step(points: NDArray[np.float64], distance: Image, axis: int) -> NDArray[np.float64]:
    step, gap = np.diff(points, axis=axis), np.abs(np.diff(distance, axis=axis))
    end = [(0, 0)] * 2
    end[axis] = (0, 1)
    ahead, gap_ahead = np.pad(step, [*end, (0, 0)], "edge"), np.pad(gap, end, constant_values=np.inf)
    end[axis] = (1, 0)
    behind, gap_behind = np.pad(step, [*end, (0, 0)], "edge"), np.pad(gap, end, constant_values=np.inf)
    return np.where((gap_ahead < gap_behind)[..., None], ahead, behind)


def _down(picture: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def lit(radiance: Image, coarse: Coarse) -> Image:
    """The light that falls: radiance with the colour taken out."""
    return radiance / (coarse.albedo + _DARKEST)


def filtered(light: Image, coarse: Coarse, *, rounds: int) -> Image:
    """Noise smoothed along surfaces: neighbours count if of one role, slope and distance (a-trous wavelets)."""
    result = light
    weight_here = coarse.pure
    for level in range(rounds):
        step = 2**level
        total = np.zeros_like(result)
        weights = np.zeros_like(weight_here)
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                near = np.exp(-0.5 * (abs(dx) + abs(dy)) / step)
                weight = float(near) * _likeness(coarse, dx, dy, step) * _moved(weight_here, dx, dy)
                total += weight[..., None] * _moved(result, dx, dy)
                weights += weight
        result = np.asarray(total / np.maximum(weights, 1e-12)[..., None], np.float32)
    return result


def _moved(picture: NDArray[np.float32], dx: int, dy: int) -> Image:
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(height) + dy, 0, height - 1)
    columns = np.clip(np.arange(width) + dx, 0, width - 1)
    return picture[rows][:, columns]


def _likeness(coarse: Coarse, dx: int, dy: int, step: int) -> Image:
    same = _moved(coarse.role.astype(np.float32), dx, dy) == coarse.role
    slope = np.clip((coarse.normal * _moved(coarse.normal, dx, dy)).sum(2), 0, 1) ** 16
    gap = np.abs(_moved(coarse.depth, dx, dy) - coarse.depth) / np.maximum(coarse.depth, 1e-6)
    return np.asarray(same * slope * np.exp(-gap / (0.01 * step)), np.float32)


def shown(light: Image, coarse: Coarse, guides: Guides) -> Image:
    """The photo in linear light: the coarse light laid on the fine colours, then brought to the photo's size."""
    height, width = guides.role.shape
    rows = (np.arange(height, dtype=np.float32) + 0.5) / _SCALE - 0.5
    columns = (np.arange(width, dtype=np.float32) + 0.5) / _SCALE - 0.5
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    total = np.zeros((height, width, 3), np.float32)
    weights = np.zeros((height, width), np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            y = np.clip(top + dy, 0, light.shape[0] - 1)
            x = np.clip(left + dx, 0, light.shape[1] - 1)
            near = np.outer(1 - np.abs(rows - top - dy), 1 - np.abs(columns - left - dx)).astype(np.float32)
            alike = (coarse.role[y][:, x] == guides.role) * coarse.pure[y][:, x]
            weight = near * (alike + 1e-4) + 1e-9
            total += weight[..., None] * light[y][:, x]
            weights += weight
    colour = (guides.albedo + _DARKEST) * (total / weights[..., None])
    return _down(colour, (width // FINE, height // FINE))
