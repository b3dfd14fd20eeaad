"""The stage that a scene is set up on, piece by piece, and its records once it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.random import Generator

from training.batches import LABELS
from training.content.library import Library, Thing
from training.records import INSTANCE, LIGHT, MATERIAL, SCENE, Array

__all__ = [
    "BACKGROUND",
    "BOX",
    "CYLINDER",
    "OBJECT",
    "PLATTER",
    "PROP",
    "QUAD",
    "SPHERE",
    "SUPPORT",
    "Paint",
    "Scene",
    "Stage",
    "diagonal",
    "lifted",
]

BACKGROUND, OBJECT, PLATTER, SUPPORT, PROP = range(len(LABELS))
_MESH, BOX, CYLINDER, SPHERE, QUAD = range(5)
_CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_HULLS = {BOX: _CUBE, CYLINDER: _CUBE * [1, 1, 0.5] + [0, 0, 0.5], SPHERE: _CUBE, QUAD: _CUBE * [1, 1, 0]}
_GREY = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Paint:
    """A material; tracer/records.h says what its fields are, scenes/paints.py makes them."""

    pattern: int = 0
    texture: int = 0
    colour: Sequence[float] | Array = _GREY
    second: Sequence[float] | Array = _GREY
    scale: float = 1.0
    offset: Sequence[float] | Array = (0.0, 0.0)
    turn: float = 0.0
    frequency: float = 3.0
    contrast: float = 2.0
    roughness: float = 0.8
    reflectance: float = 0.04
    metal: float = 0.0
    bump: float = 0.0
    bump_frequency: float = 8.0
    glow: float = 0.0


_PAINT_FIELDS = [f.name for f in fields(Paint)]


@dataclass(frozen=True)
class Scene:
    """One scene's records; materials and instances are numbered from its own first."""

    scene: Array
    instances: Array
    materials: Array
    lights: Array


@dataclass
class Stage:
    """Where things are added; whoever adds draws from the same dice."""

    library: Library
    dice: Generator
    record: Array = field(default_factory=lambda: np.zeros((), SCENE))
    _instances: list[tuple[Any, ...]] = field(default_factory=list)
    _materials: list[tuple[Any, ...]] = field(default_factory=list)
    _lights: list[tuple[Any, ...]] = field(default_factory=list)

    def add(
        self,
        shape: int,
        matrix: Array,
        offset: Sequence[float] | Array,
        label: int,
        paint: Paint,
        *,
        shadowless: bool = False,
    ) -> None:
        """A plain body; BOX, SPHERE and QUAD reach from -1 to 1, CYLINDER from z = 0 to 1."""
        self._place(shape, 0, _HULLS[shape], matrix, np.asarray(offset, float), label, [paint], shadowless)

    def add_thing(
        self, thing: Thing, matrix: Array, offset: Sequence[float] | Array, label: int, paints: Sequence[Paint]
    ) -> None:
        """A mesh, its slots painted in turn with what there is."""
        each = [paints[slot % len(paints)] for slot in range(thing.slots)]
        self._place(_MESH, thing.mesh, thing.hull, matrix, np.asarray(offset, float), label, each, False)

    def light(self, centre: Array, across: Array, up: Array, power: Array, *, visible: bool = False) -> None:
        """A rectangle that shines to both sides."""
        self._lights.append((centre, across, up, power, visible))

    def _place(
        self,
        shape: int,
        mesh: int,
        hull: Array,
        matrix: Array,
        offset: Array,
        label: int,
        paints: Sequence[Paint],
        shadowless: bool,
    ) -> None:
        inverse = np.linalg.inv(matrix)
        points = hull @ np.asarray(matrix).T + offset
        low, high = points.min(0), points.max(0)
        # A mesh's hull is known by some of its points only.
        slack = (0.03 if shape == _MESH else 0.0) * (high - low).max() + 1e-3
        to_object = np.column_stack([inverse, -(inverse @ offset)])
        place = (
            to_object,
            low - slack,
            high + slack,
            shape,
            mesh,
            label,
            len(self._materials),
            len(paints),
            shadowless,
        )
        self._instances.append(place)
        self._materials += [tuple(getattr(paint, name) for name in _PAINT_FIELDS) for paint in paints]

    def scene(self) -> Scene:
        """As it stands."""
        record = self.record.copy()
        record["instances"], record["lights"] = len(self._instances), len(self._lights)
        return Scene(
            record,
            np.array(self._instances, INSTANCE),
            np.array(self._materials, MATERIAL),
            np.array(self._lights, LIGHT),
        )


def diagonal(x: float, y: float | None = None, z: float | None = None) -> Array:
    """A matrix that stretches; one number stretches all alike."""
    return np.diag([x, x if y is None else y, x if z is None else z])


def lifted(spot: Array, height: float) -> Array:
    """That much higher."""
    return spot + np.array([0, 0, height])
