"""What scenes may be composed of: the meshes and textures that there are, by number, without their weight."""

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.random import Generator

from training.records import Array

__all__ = ["Library", "Thing"]


@dataclass(frozen=True)
class Thing:
    """A mesh in the pool."""

    mesh: int
    hull: Array
    """(n, 3): its points that are farthest out in many directions."""
    centre: Array
    """Of its weight, about."""
    slots: int
    trait: str


@dataclass(frozen=True)
class Library:
    """The pool's table of contents; light enough to be sent to those who compose."""

    objects: tuple[Thing, ...]
    equipment: Mapping[str, tuple[Thing, ...]]
    surfaces: tuple[int, ...]
    platters: tuple[int, ...]
    rooms: tuple[int, ...]
    cards: tuple[tuple[int, float], ...]
    """Each with its aspect."""

    def object(self, dice: Generator, trait: str | None = None) -> Thing:
        """Any thing that could be captured, or one of a trait."""
        fitting = [thing for thing in self.objects if trait is None or thing.trait == trait]
        return fitting[dice.integers(len(fitting))]

    def tool(self, dice: Generator, name: str) -> Thing:
        """A piece of equipment."""
        return self.equipment[name][dice.integers(len(self.equipment[name]))]
