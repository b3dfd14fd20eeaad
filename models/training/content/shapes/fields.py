"""Bodies as fields: the signed distance to a surface, negative inside, which melt, cut and ripple easily."""

from collections.abc import Callable, Iterable

import numpy as np

from training.content.mesh import Mesh
from training.records import Array

__all__ = ["Field", "ball", "block", "capsule", "drum", "melted", "ring", "skin", "superball"]

Field = Callable[[Array], Array]
"""From (n, 3) points to (n,) distances."""


def capsule(points: Array, start: Array, end: Array, radius: float, end_radius: float | None = None) -> Array:
    """A bar with round ends."""
    along = np.asarray(end - start, np.float32)
    from_start = points - np.asarray(start, np.float32)
    part = np.clip(from_start @ along / (along @ along + 1e-9), 0, 1)
    thick = radius + ((end_radius if end_radius is not None else radius) - radius) * part
    return np.linalg.norm(from_start - part[:, None] * along, axis=1) - thick


def ball(points: Array, middle: Array | list[float], radius: float) -> Array:
    """A sphere."""
    return np.linalg.norm(points - np.asarray(middle, np.float32), axis=1) - radius


def block(points: Array, middle: Array | list[float], half: Array | list[float], rounding: float = 0.0) -> Array:
    """A box with round edges."""
    outside = np.abs(points - np.asarray(middle, np.float32)) - np.asarray(half, np.float32)
    return np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0) - rounding


def drum(points: Array, radius: float, half_height: float) -> Array:
    """A cylinder about z."""
    outside = np.stack([np.hypot(points[:, 0], points[:, 1]) - radius, np.abs(points[:, 2]) - half_height], 1)
    return np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0)


def ring(points: Array, radius: float, thickness: float) -> Array:
    """A torus about z."""
    return np.hypot(np.hypot(points[:, 0], points[:, 1]) - radius, points[:, 2]) - thickness


def superball(points: Array, half: Array, power: float) -> Array:
    """Between a star, a ball and a box; not quite a distance, but never too large."""
    inside = (np.abs(points / half) ** power).sum(1) ** (1 / power)
    return (inside - 1) * np.float32(np.min(half))


def melted(distances: Iterable[Array], softness: float) -> Array:
    """All bodies as one, their joints filled up to about `softness`."""
    parts = iter(distances)
    together = next(parts)
    for other in parts:
        share = np.clip(0.5 + 0.5 * (other - together) / softness, 0, 1)
        together = other * (1 - share) + together * share - softness * share * (1 - share)
    return together


def skin(field: Field, *, cells: int = 64, half: float = 1.35, slack: float = 1.6) -> Mesh:
    """The surface where a field is nought, as one closed piece ("surface nets").

    The field is asked on a coarse lattice first, and on the fine one only where the surface can be; `slack` is how
    much faster than a true distance the field may change.
    """
    blocks = cells // _BLOCK
    step = 2 * half / (blocks * _BLOCK)
    values = _near_surface(field, blocks, half, step, slack)
    points, faces = _net(values)
    return Mesh.plain(points * step - half, faces).largest_piece()


_BLOCK = 4
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]


def _near_surface(field: Field, blocks: int, half: float, step: float, slack: float) -> Array:
    """The fine lattice: true values near the surface, only true signs elsewhere, and outside at its rim."""
    count = blocks + 1
    coarse = np.linspace(-half, half, count, dtype=np.float32)
    lattice = np.stack(np.meshgrid(coarse, coarse, coarse, indexing="ij"), -1).reshape(-1, 3)
    corners = field(lattice).reshape(count, count, count)
    reach = 3**0.5 / 2 * _BLOCK * step * slack
    close = np.abs(corners) <= reach
    near = np.zeros((count, count, count), bool)
    for x, y, z in _CORNERS:
        near[: count - x, : count - y, : count - z] |= close[x:, y:, z:]
    values = np.repeat(np.repeat(np.repeat(corners, _BLOCK, 0), _BLOCK, 1), _BLOCK, 2)
    at = np.argwhere(near)
    inner = np.stack(np.meshgrid(*[np.arange(_BLOCK)] * 3, indexing="ij"), -1).reshape(-1, 3)
    fine = (at[:, None] * _BLOCK + inner[None]).reshape(-1, 3)
    values[tuple(fine.T)] = field((fine * step - half).astype(np.float32))
    values = values[: blocks * _BLOCK + 1, : blocks * _BLOCK + 1, : blocks * _BLOCK + 1]
    for axis in range(3):
        for rim in (0, -1):
            face = np.moveaxis(values, axis, 0)
            face[rim] = np.maximum(face[rim], step / 4)
    return values


def _net(values: Array) -> tuple[Array, Array]:
    """One point in every cell that the surface passes, and one quad across every lattice edge that it cuts."""
    inside = values < 0
    size = np.array(values.shape) - 1
    held = sum(
        inside[x : x + size[0], y : y + size[1], z : z + size[2]].astype(np.int8) for x, y, z in _CORNERS.tolist()
    )
    cells = np.argwhere((held > 0) & (held < 8))
    index = np.full(tuple(size), -1)
    index[tuple(cells.T)] = np.arange(len(cells))

    at_corner = [values[tuple((cells + corner).T)] for corner in _CORNERS]
    total, crossings = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        cut = (at_corner[a] < 0) != (at_corner[b] < 0)
        part = at_corner[a][cut] / (at_corner[a][cut] - at_corner[b][cut])
        total[cut] += _CORNERS[a] + part[:, None] * (_CORNERS[b] - _CORNERS[a])
        crossings[cut] += 1
    points = cells + total / crossings[:, None]

    quads = []
    for axis in range(3):
        ahead, u, v = np.eye(3, dtype=int)[[axis, (axis + 1) % 3, (axis + 2) % 3]]
        here = np.moveaxis(inside, axis, 0)
        cut = np.argwhere(np.moveaxis(here[:-1] != here[1:], 0, axis))
        quad = np.stack([index[tuple((cut - back).T)] for back in (0 * ahead, u, u + v, v)], 1)
        outward = inside[tuple(cut.T)]
        quads.append(np.where(outward[:, None], quad, quad[:, ::-1]))
    quad = np.concatenate(quads)
    return points, np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
