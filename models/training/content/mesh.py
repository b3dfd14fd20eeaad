"""A mesh: triangles with a map for textures and slots for materials."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from training.records import Array

__all__ = ["Mesh", "corner_normals", "join", "open_edges"]


@dataclass(frozen=True)
class Mesh:
    """Made-up geometry, before it is packed for the tracer."""

    points: Array
    """(n, 3)."""
    faces: Array
    """(m, 3) indices, counter-clockwise seen from outside."""
    places: Array
    """(n, 2): where each point lies on a texture."""
    slots: Array
    """(m,): which of the thing's materials each face has."""

    @classmethod
    def plain(cls, points: Array, faces: Array, places: Array | None = None) -> "Mesh":
        """Of one material; without a map its first two coordinates serve."""
        return cls(points, faces, points[:, :2] if places is None else places, np.zeros(len(faces), int))

    def painted(self, slot: int) -> "Mesh":
        """The same with all faces in one slot."""
        return replace(self, slots=np.full(len(self.faces), slot))

    def moved(self, *offset: float) -> "Mesh":
        """The same somewhere else."""
        return replace(self, points=self.points + np.array(offset))

    def changed(self, matrix: Array) -> "Mesh":
        """Turned, stretched or mirrored by a 3 x 3 matrix, with its outside still outside."""
        faces = self.faces if np.linalg.det(matrix) > 0 else self.faces[:, ::-1]
        return replace(self, points=self.points @ matrix.T, faces=faces)

    def stretched(self, *factors: float) -> "Mesh":
        """Longer or shorter along each axis."""
        return self.changed(np.diag(factors))

    def normalised(self) -> "Mesh":
        """Standing on z = 0, in the middle, its longest side 2."""
        used = self.points[np.unique(self.faces)]
        low, high = used.min(0), used.max(0)
        middle = (low + high) / 2
        middle[2] = low[2]
        return replace(self, points=(self.points - middle) * (2 / max(float((high - low).max()), 1e-6)))

    def largest_piece(self) -> "Mesh":
        """Without the crumbs that hang in the air beside it."""
        piece = _pieces(len(self.points), self.faces)[self.faces[:, 0]]
        keep = piece == np.bincount(piece).argmax()
        used, faces = np.unique(self.faces[keep], return_inverse=True)
        return Mesh(self.points[used], faces.reshape(-1, 3), self.places[used], self.slots[keep])


def join(parts: Iterable[Mesh]) -> Mesh:
    """Several meshes as one; they may cut into each other."""
    parts = list(parts)
    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Mesh(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.slots for part in parts]),
    )


def corner_normals(mesh: Mesh, sharp: float = 0.65) -> Array:
    """(m, 3, 3): smooth, but a corner keeps its face's normal where the smooth one leans further than that cosine."""
    corners = mesh.points[mesh.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    shared = _same_place(mesh.points)[mesh.faces]
    smooth = np.stack(
        [np.bincount(shared.ravel(), np.repeat(flat[:, axis], 3), minlength=len(mesh.points)) for axis in range(3)], 1
    )
    smooth = smooth / (np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-12)
    flat = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-12)
    normals = smooth[shared]
    leaning = (normals * flat[:, None]).sum(-1) < sharp
    return np.where(leaning[..., None], flat[:, None], normals)


def open_edges(mesh: Mesh) -> int:
    """How many edges have no face on their other side; nought for anything that could be printed or turned."""
    faces = _same_place(mesh.points)[mesh.faces]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    starts = faces[whole].ravel()
    ends = np.roll(faces[whole], -1, axis=1).ravel()
    edge = np.minimum(starts, ends) * len(mesh.points) + np.maximum(starts, ends)
    balance = np.bincount(np.unique(edge, return_inverse=True)[1], np.where(starts < ends, 1, -1))
    return int((balance != 0).sum())


def _same_place(points: Array) -> Array:
    """For each point a number that it shares with all points in the same place, to five digits."""
    whole = np.round(np.clip(points, -9, 9) * 1e5).astype(np.int64) + (1 << 20)
    return np.unique(whole[:, 0] | whole[:, 1] << 21 | whole[:, 2] << 42, return_inverse=True)[1]


def _pieces(count: int, faces: Array) -> Array:
    """For each point the lowest index among all points that faces join it to."""
    lowest = np.arange(count)
    starts = np.concatenate([faces[:, 0], faces[:, 1]])
    ends = np.concatenate([faces[:, 1], faces[:, 2]])
    while True:
        a, b = lowest[starts], lowest[ends]
        if (a == b).all():
            return lowest
        np.minimum.at(lowest, np.maximum(a, b), np.minimum(a, b))
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]
