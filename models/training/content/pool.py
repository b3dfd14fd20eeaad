"""The pool of geometry and textures that all scenes share: made once, in several processes, from one seed."""

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np

from training.content.families import EQUIPMENT, HELD_OUT, TRAINING, Families, ShapeFamily, TextureFamily
from training.content.library import Library, Thing
from training.content.mesh import Mesh, corner_normals
from training.content.shapes.forms import ball
from training.content.textures.canvas import finished
from training.errors import TrainingError
from training.records import ATTRIBUTES, TRIANGLE, Array
from training.tracer.binding import build_tree

__all__ = ["Content"]

_Made = TypeVar("_Made")
_TRAITS = ("compact", "spindly", "flat")
_ROLES = ("surfaces", "platters", "rooms", "cards")
# Of every hundred textures: surfaces are seen most, cards are small.
_TEXTURE_SHARES = {"surfaces": 0.5, "platters": 0.18, "rooms": 0.2, "cards": 0.12}
# Of a hundred objects so many of each piece of equipment; there is always one.
_EQUIPMENT_SHARES = {"platter": 8, "sweep": 3, "cloth": 4, "stand": 8, "lump": 6, "cradle": 3, "wedge": 0, "lamp": 1}


@dataclass(frozen=True)
class Content:
    """Geometry as the tracer wants it, textures, and their table of contents."""

    nodes: Array
    triangles: Array
    attributes: Array
    starts: Array
    """(meshes, 2): where each mesh's nodes and triangles start."""
    textures: Array
    """(count, side, side, 3)."""
    library: Library

    @classmethod
    def for_training(cls, seed: int, *, objects: int = 400, textures: int = 300, workers: int = 0) -> "Content":
        """From the families that are learnt from."""
        return cls.of(TRAINING, seed, objects=objects, textures=textures, workers=workers)

    @classmethod
    def held_out(cls, seed: int, *, objects: int = 120, textures: int = 100, workers: int = 0) -> "Content":
        """From families that training never sees."""
        return cls.of(HELD_OUT, seed, objects=objects, textures=textures, workers=workers)

    @classmethod
    def of(cls, families: Families, seed: int, *, objects: int, textures: int, workers: int) -> "Content":
        """The same seed makes the same pool, however many work at it."""
        if objects < len(_TRAITS) or textures < len(_ROLES):
            raise TrainingError(
                f"a pool of {objects} objects and {textures} textures is too small",
                f"Ask for {len(_TRAITS)} objects and {len(_ROLES)} textures or more",
            )
        names = [*_shared_out(families.shapes, objects), *_equipment(objects)]
        makers = {**{name: family.make for name, family in families.shapes.items()}, **EQUIPMENT}
        painters = _painters(families, textures)
        mesh_jobs = [(makers[name], (seed, 0, index), name in EQUIPMENT) for index, name in enumerate(names)]
        paint_jobs = [(family.make, (seed, 1, index)) for index, (_, family) in enumerate(painters)]
        meshes = _all_of(_packed, mesh_jobs, workers)
        pictures = _all_of(_painted, paint_jobs, workers)
        return cls(
            np.concatenate([mesh.nodes for mesh in meshes]),
            np.concatenate([mesh.triangles for mesh in meshes]),
            np.concatenate([mesh.attributes for mesh in meshes]),
            _starts(meshes),
            np.stack(pictures),
            _library(families, names, meshes, [(role, family.aspect) for role, family in painters]),
        )


@dataclass(frozen=True)
class _Packed:
    """One mesh, its triangles in the order of its tree."""

    nodes: Array
    triangles: Array
    attributes: Array
    hull: Array
    centre: Array
    slots: int


_DIRECTIONS = ball(3).points


def _packed(make: Callable[[np.random.Generator], Mesh], seed: tuple[int, ...], as_made: bool) -> _Packed:
    """Equipment keeps the size that it was made in: scenes know it."""
    mesh = make(np.random.default_rng(seed))
    mesh = mesh if as_made else mesh.normalised()
    order, nodes = build_tree(mesh.points, mesh.faces)
    mesh = Mesh(mesh.points, mesh.faces[order], mesh.places, mesh.slots[order])
    corners = mesh.points[mesh.faces]
    triangles, attributes = np.zeros(len(order), TRIANGLE), np.zeros(len(order), ATTRIBUTES)
    triangles["corner"] = corners[:, 0]
    triangles["first_edge"], triangles["second_edge"] = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    attributes["normals"], attributes["places"] = corner_normals(mesh), mesh.places[mesh.faces]
    attributes["slot"] = mesh.slots
    area = np.linalg.norm(np.cross(triangles["first_edge"], triangles["second_edge"]), axis=1)
    centre = (corners.mean(1) * area[:, None]).sum(0) / area.sum()
    used = mesh.points[np.unique(mesh.faces)]
    hull = used[np.unique((used @ _DIRECTIONS.T).argmax(0))]
    return _Packed(nodes, triangles, attributes, hull, centre, int(mesh.slots.max()) + 1)


def _painted(make: Callable[[np.random.Generator], Array], seed: tuple[int, ...]) -> Array:
    return finished(make(np.random.default_rng(seed)))


def _all_of(work: Callable[..., _Made], jobs: Sequence[tuple[Any, ...]], workers: int) -> list[_Made]:
    if not workers:
        return [work(*job) for job in jobs]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), one_thread_each) as pool:
        return list(pool.map(work, *zip(*jobs, strict=True), chunksize=4))


def one_thread_each() -> None:
    """Processes share the cores already; OpenCV would start as many threads in each."""
    cv2.setNumThreads(1)


def _shared_out(families: Mapping[str, ShapeFamily], count: int) -> list[str]:
    """One of each trait, then whichever family is farthest behind its share."""
    given = dict.fromkeys(families, 0)
    total = sum(family.share for family in families.values())
    names = []
    for index in range(count):
        behind = {name: family.share / total * (index + 1) - given[name] for name, family in families.items()}
        wanted = [n for n, f in families.items() if index >= len(_TRAITS) or f.trait == _TRAITS[index]]
        name = max(wanted, key=lambda candidate: behind[candidate])
        given[name] += 1
        names.append(name)
    return names


def _equipment(objects: int) -> Iterable[str]:
    for name in EQUIPMENT:
        yield from [name] * max(1, _EQUIPMENT_SHARES[name] * objects // 100)


def _painters(families: Families, count: int) -> list[tuple[str, TextureFamily]]:
    painters = []
    for role in _ROLES:
        table = list(getattr(families, role).values())
        painters += [(role, table[i % len(table)]) for i in range(max(1, int(_TEXTURE_SHARES[role] * count)))]
    return painters


def _starts(meshes: list[_Packed]) -> Array:
    nodes = np.cumsum([0] + [len(mesh.nodes) for mesh in meshes[:-1]])
    triangles = np.cumsum([0] + [len(mesh.triangles) for mesh in meshes[:-1]])
    return np.stack([nodes, triangles], 1).astype(np.int32)


def _library(families: Families, names: list[str], meshes: list[_Packed], textures: list[tuple[str, float]]) -> Library:
    shapes = families.shapes
    traits = [shapes[name].trait if name in shapes else "" for name in names]
    things = [
        Thing(index, mesh.hull, mesh.centre, mesh.slots, trait)
        for index, (mesh, trait) in enumerate(zip(meshes, traits, strict=True))
    ]
    by_role = {role: [i for i, (its, _) in enumerate(textures) if its == role] for role in _ROLES}
    return Library(
        tuple(thing for thing in things if thing.trait),
        {tool: tuple(thing for thing, name in zip(things, names, strict=True) if name == tool) for tool in EQUIPMENT},
        tuple(by_role["surfaces"]),
        tuple(by_role["platters"]),
        tuple(by_role["rooms"]),
        tuple((index, textures[index][1]) for index in by_role["cards"]),
    )
