"""The plain bodies that families are put together from; all are closed."""

from collections.abc import Sequence

import numpy as np

from training.content.mesh import Mesh
from training.records import Array

__all__ = ["ball", "box", "disc", "grid", "prism", "revolved", "tube"]

Numbers = Array | Sequence[float]


def grid(rows: int, columns: int) -> Array:
    """Faces of points that lie row after row."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    first = (row * columns + column).ravel()
    low, high = [first, first + columns, first + columns + 1], [first, first + columns + 1, first + 1]
    return np.concatenate([np.stack(low, 1), np.stack(high, 1)])


def revolved(
    radii: Numbers, heights: Numbers, *, sides: int = 80, lobes: int = 0, depth: float = 0.0, twist: float = 0.0
) -> Mesh:
    """A profile turned about z, from its foot on; it must start and end on the axis to be closed."""
    radii, heights = np.asarray(radii, float), np.asarray(heights, float)
    angle = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    along = np.linspace(0, 1, len(radii))[None]
    reach = radii * (1 + depth * np.cos(lobes * (angle + twist * along)))
    flat = np.broadcast_to(heights, reach.shape)
    points = np.stack([reach * np.cos(angle), reach * np.sin(angle), flat], -1)
    places = np.stack(np.broadcast_arrays(angle / np.pi, 1 - along), -1)
    return Mesh.plain(points.reshape(-1, 3), grid(sides + 1, len(radii)), places.reshape(-1, 2))


def tube(path: Array, radius: Array | float, *, sides: int = 10, closed: bool = False) -> Mesh:
    """A round bar along a path of (n, 3); a closed one ends where it starts, any other has ends of its own."""
    path = np.concatenate([path, path[:1]]) if closed else np.asarray(path, float)
    count = len(path)
    ahead = np.gradient(path, axis=0)
    if closed:
        ahead[0] = ahead[-1] = path[1] - path[-2]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    side = _carried_along(ahead)
    other = np.cross(ahead, side)
    slip = _slip(side, other) if closed else 0.0
    angle = np.linspace(0, 2 * np.pi, sides + 1)[None, :, None] + slip * np.linspace(0, 1, count)[:, None, None]
    reach = np.broadcast_to(np.asarray(radius, float), (count,))[:, None, None]
    rings = path[:, None] + reach * (np.cos(angle) * side[:, None] + np.sin(angle) * other[:, None])
    places = np.stack(np.meshgrid(np.linspace(0, 4, count), np.linspace(0, 1, sides + 1), indexing="ij"), -1)
    points, places = rings.reshape(-1, 3), places.reshape(-1, 2)
    faces = grid(count, sides + 1)
    if not closed:
        ring = np.arange(sides)
        start, end, last = len(points), len(points) + 1, (count - 1) * (sides + 1)
        first_cap = np.stack([np.full(sides, start), ring, ring + 1], 1)
        last_cap = np.stack([np.full(sides, end), last + ring + 1, last + ring], 1)
        points = np.concatenate([points, path[[0, -1]]])
        places = np.concatenate([places, [[0, 0.5], [4, 0.5]]])
        faces = np.concatenate([faces, first_cap, last_cap])
    return Mesh.plain(points, faces[:, ::-1], places)


def ball(rounds: int = 3) -> Mesh:
    """A sphere of radius one; each round has four times the faces."""
    golden = (1 + 5**0.5) / 2
    one = [[0, a, b * golden] for a in (-1, 1) for b in (-1, 1)]
    points = np.array([np.roll(p, k) for k in range(3) for p in one], float)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    side = 2 / np.linalg.norm([1, golden]) + 1e-6
    near = np.linalg.norm(points[:, None] - points[None], axis=-1) < side
    faces = np.array(
        [
            (a, b, c)
            for a in range(12)
            for b in range(12)
            for c in range(12)
            if a < b and a < c and near[a, b] and near[b, c] and near[c, a]
            if b != c and np.linalg.det(points[[a, b, c]]) > 0
        ]
    )
    for _ in range(rounds):
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
        unique, which = np.unique(edges, axis=0, return_inverse=True)
        middles = points[unique].mean(1)
        first, second, third = which.reshape(3, -1) + len(points)
        points = np.concatenate([points, middles / np.linalg.norm(middles, axis=1, keepdims=True)])
        a, b, c = faces.T
        quarters = [(a, first, third), (b, second, first), (c, third, second), (first, second, third)]
        faces = np.concatenate([np.stack(quarter, 1) for quarter in quarters])
    return Mesh.plain(points, faces)


def box(middle: Numbers, half: Numbers) -> Mesh:
    """Six sides with corners of their own, so that each has the whole texture."""
    points: list[list[float]] = []
    faces: list[list[int]] = []
    for axis in range(3):
        for sign in (-1, 1):
            first, second = (axis + 1) % 3, (axis + 2) % 3
            start = len(points)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner = [0.0, 0.0, 0.0]
                corner[axis], corner[first], corner[second] = sign, a * sign, b
                points.append(corner)
            faces += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    places = np.tile([[0.0, 1], [1, 1], [1, 0], [0, 0]], (6, 1))
    return Mesh.plain(np.array(points) * half + middle, np.array(faces), places)


def disc(radius: float, height: float, *, sides: int = 48) -> Mesh:
    """A flat cylinder on z = 0."""
    return revolved(np.array([0, radius, radius, 0]), np.array([0, 0, height, height]), sides=sides)


def prism(outline: Array, height: float) -> Mesh:
    """A convex outline of (n, 2), counter-clockwise, with thickness."""
    count = len(outline)
    low = np.column_stack([outline, np.zeros(count)])
    high = low + np.array([0, 0, height])
    middle = outline.mean(0)
    points = np.concatenate([low, high, [[*middle, 0.0], [*middle, height]]])
    here, there = np.arange(count), (np.arange(count) + 1) % count
    faces = [
        (here, there, there + count),
        (here, there + count, here + count),
        (there, here, np.full(count, 2 * count)),
        (here + count, there + count, np.full(count, 2 * count + 1)),
    ]
    return Mesh.plain(points, np.concatenate([np.stack(face, 1) for face in faces]))


def _carried_along(ahead: Array) -> Array:
    """A direction square to each step of a path, turned no more than the path itself turns."""
    side = np.zeros_like(ahead)
    start = np.cross(ahead[0], [0.3, 0.2, 0.93])
    if np.linalg.norm(start) < 1e-3:
        start = np.cross(ahead[0], [1.0, 0, 0])
    side[0] = start / np.linalg.norm(start)
    for i in range(1, len(ahead)):
        carried = side[i - 1] - ahead[i] * (side[i - 1] @ ahead[i])
        side[i] = carried / (np.linalg.norm(carried) + 1e-9)
    return side


def _slip(side: Array, other: Array) -> float:
    """By how much a closed path has turned its side when it comes round."""
    return -float(np.arctan2(side[-1] @ other[0], side[-1] @ side[0]))
