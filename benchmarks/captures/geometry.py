"""Meshes made from formulas: tubes, lathes, boxes, discs, sheets, and surfaces of signed distances."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Field",
    "Floats",
    "Mesh",
    "Rotation",
    "box",
    "disc",
    "lathe",
    "merged",
    "placed",
    "polyline",
    "quad",
    "sheet",
    "surface",
    "tube",
    "turn_about",
]

Floats = NDArray[np.float64]
Rotation = NDArray[np.float64]
Field = Callable[[Floats], Floats]
"""Signed distances (negative inside) of points (n, 3)."""


@dataclass(frozen=True)
class Mesh:
    """Triangles with a colour at each corner, or a picture laid over them."""

    points: Floats
    faces: NDArray[np.int64]
    colours: Floats
    """Linear reflectance a corner; multiplied by nothing when there is a picture."""
    gloss: float = 0.0
    """0 is chalk; else one minus the roughness of a clear coat."""
    uv: Floats | None = None
    picture: NDArray[np.float32] | None = None
    """Linear RGB reflectance."""

    def painted(self, colours: Floats | Sequence[float]) -> "Mesh":
        """The same shape in other colours: one for all, or one a corner."""
        wide = np.broadcast_to(np.asarray(colours, np.float64), self.points.shape)
        return replace(self, colours=np.ascontiguousarray(wide))

    def normals(self) -> Floats:
        """Smooth normals at the corners."""
        a, b, c = (self.points[self.faces[:, i]] for i in range(3))
        flat = np.cross(b - a, c - a)
        total = np.zeros_like(self.points)
        for axis in range(3):
            for corner in range(3):
                total[:, axis] += np.bincount(self.faces[:, corner], flat[:, axis], len(self.points))
        return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def turn_about(axis: Sequence[float] | Floats, degrees: float) -> Rotation:
    """The rotation by ``degrees`` about ``axis`` (Rodrigues)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def placed(mesh: Mesh, rotation: Rotation | None = None, shift: Sequence[float] | Floats = (0, 0, 0)) -> Mesh:
    """The mesh turned, then moved."""
    turned = mesh.points if rotation is None else mesh.points @ rotation.T
    return replace(mesh, points=turned + np.asarray(shift, np.float64))


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """Several meshes without pictures as one, in the gloss of the first."""
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.colours for mesh in meshes]),
        meshes[0].gloss,
    )


def _grid_faces(rows: int, columns: int, *, closed: bool) -> NDArray[np.int64]:
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij")
    next_j = (j + 1) % columns
    a, b, c, d = i * columns + j, i * columns + next_j, (i + 1) * columns + next_j, (i + 1) * columns + j
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _grey(points: Floats) -> Floats:
    return np.full_like(points, 0.5)


def polyline(corners: Sequence[Sequence[float]] | Floats, *, each: int = 12) -> Floats:
    """A path through corners with ``each`` points a leg, so that smooth normals stay flat between the corners."""
    legs = pairwise(np.asarray(corners, np.float64))
    return np.concatenate([np.linspace(start, end, each) for start, end in legs])


def lathe(profile: Floats, *, around: int = 160) -> Mesh:
    """A profile of (radius, height), from the bottom up, turned about the z axis."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    radius, height = profile[:, :1], profile[:, 1:]
    points = np.stack(np.broadcast_arrays(radius * np.cos(angle), radius * np.sin(angle), height), axis=-1).reshape(
        -1, 3
    )
    return Mesh(points, _grid_faces(len(profile), around, closed=True), _grey(points))


def tube(path: Floats, radius: float | Floats, *, around: int = 20) -> Mesh:
    """A round rod along a path, with closed ends; ``radius`` may change along it."""
    radii = np.broadcast_to(np.asarray(radius, np.float64), (len(path),))
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    aside = np.cross(along, np.array([0.31, 0.52, 0.79]))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    other = np.cross(along, aside)
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)[None, :, None]
    rings = path[:, None] + radii[:, None, None] * (np.cos(angle) * aside[:, None] + np.sin(angle) * other[:, None])
    ends = [np.repeat(path[i][None, None], around, 1) for i in (0, -1)]
    points = np.concatenate([ends[0], rings, ends[1]]).reshape(-1, 3)
    return Mesh(points, _grid_faces(len(path) + 2, around, closed=True), _grey(points))


def quad(corner: Sequence[float], u: Sequence[float], v: Sequence[float]) -> Mesh:
    """A parallelogram from a corner along u and v; pictures lie with their upper left at corner + v."""
    start, right, up = (np.asarray(x, np.float64) for x in (corner, u, v))
    points = np.stack([start, start + right, start + right + up, start + up])
    uv = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    return Mesh(points, np.array([[0, 1, 2], [0, 2, 3]]), _grey(points), uv=uv)


def box(size: Sequence[float]) -> Mesh:
    """A box centred on the origin, with sharp edges."""
    x, y, z = (s / 2 for s in size)
    sides = [
        quad((-x, -y, -z), (2 * x, 0, 0), (0, 0, 2 * z)),
        quad((x, y, -z), (-2 * x, 0, 0), (0, 0, 2 * z)),
        quad((x, -y, -z), (0, 2 * y, 0), (0, 0, 2 * z)),
        quad((-x, y, -z), (0, -2 * y, 0), (0, 0, 2 * z)),
        quad((-x, -y, z), (2 * x, 0, 0), (0, 2 * y, 0)),
        quad((-x, y, -z), (2 * x, 0, 0), (0, -2 * y, 0)),
    ]
    return merged(sides)


def disc(radius: float, height: float, *, around: int = 128) -> Mesh:
    """A flat disc at a height, facing up, its picture inscribed."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    rim = np.stack([np.cos(angle), np.sin(angle)], 1)
    flat = np.concatenate([np.zeros((1, 2)), rim])
    points = np.concatenate([flat * radius, np.full((around + 1, 1), height)], 1)
    steps = np.arange(around)
    faces = np.stack([np.zeros(around, np.int64), 1 + steps, 1 + (steps + 1) % around], 1)
    return Mesh(points, faces, _grey(points), uv=flat / 2 + 0.5)


def sheet(curve: Floats, width: float) -> Mesh:
    """A sheet of cloth or paper: a curve of (y, z) drawn out along x."""
    across = np.linspace(-width / 2, width / 2, 2)
    points = np.stack([np.tile(across, len(curve)), np.repeat(curve[:, 0], 2), np.repeat(curve[:, 1], 2)], axis=1)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    uv = np.stack([np.tile([0.0, 1.0], len(curve)), np.repeat(length / length[-1], 2)], 1)
    return Mesh(points, _grid_faces(len(curve), 2, closed=False), _grey(points), uv=uv)


def surface(field: Field, low: Floats, high: Floats, *, cells: int) -> Mesh:
    """The zero surface of a field in a box, by surface nets; ``cells`` count along the longest side."""
    step = float((high - low).max()) / cells
    counts = np.ceil((high - low) / step).astype(int) + 3
    axes = [low[k] + step * (np.arange(counts[k]) - 1) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = field(points.reshape(-1, 3)).reshape(tuple(counts))

    inside = values < 0
    cell_shape = tuple(counts - 1)
    sums = np.zeros((*cell_shape, 3))
    crossings = np.zeros(cell_shape)
    for axis in range(3):
        near = [slice(None)] * 3
        far = [slice(None)] * 3
        near[axis], far[axis] = slice(None, -1), slice(1, None)
        a, b = values[tuple(near)], values[tuple(far)]
        crossed = (a < 0) != (b < 0)
        share = np.where(crossed, a / np.where(crossed, a - b, 1), 0)
        offset = np.zeros((*share.shape, 3))
        offset[..., axis] = share
        others = [k for k in range(3) if k != axis]
        for du in (0, 1):
            for dv in (0, 1):
                # An edge belongs to the four cells round it; (du, dv) is its place in each of them.
                part = [slice(None)] * 3
                part[others[0]] = slice(du, du + cell_shape[others[0]])
                part[others[1]] = slice(dv, dv + cell_shape[others[1]])
                place = np.zeros(3)
                place[others[0]], place[others[1]] = du, dv
                hit = crossed[tuple(part)]
                sums += np.where(hit[..., None], offset[tuple(part)] + place, 0)
                crossings += hit

    used = crossings > 0
    number = np.full(cell_shape, -1)
    number[used] = np.arange(used.sum())
    base = np.stack(np.nonzero(used), 1).astype(np.float64)
    vertices = low + step * (base + sums[used] / crossings[used][:, None] - 1)

    faces = []
    for axis in range(3):
        others = [(axis + 1) % 3, (axis + 2) % 3]
        core = [slice(1, -1)] * 3
        core[axis] = slice(None, -1)
        ahead = list(core)
        ahead[axis] = slice(1, None)
        start, end = inside[tuple(core)], inside[tuple(ahead)]
        at = np.stack(np.nonzero(start != end), 1)
        at[:, others] += 1
        outward = start[start != end]
        corners = []
        for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = at.copy()
            cell[:, others[0]] -= du
            cell[:, others[1]] -= dv
            corners.append(number[cell[:, 0], cell[:, 1], cell[:, 2]])
        square = np.stack(corners, 1)
        square = np.where(outward[:, None], square, square[:, ::-1])
        faces += [square[:, [0, 1, 2]], square[:, [0, 2, 3]]]
    return Mesh(vertices, np.concatenate(faces), _grey(vertices))
