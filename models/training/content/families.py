"""Which families of things, surfaces and rooms are learnt from, and which are kept back to judge by.

Nothing may be in both tables: a network that is judged by what it was trained on looks better than it is. What stands
in every studio (drapes, stands, wedges, lamps) and the cards that lie about are the same in both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from numpy.random import Generator

from training.content.mesh import Mesh
from training.content.shapes import (
    assemblies,
    blobs,
    bricks,
    crystals,
    cutlery,
    drapes,
    equipment,
    extrusions,
    figures,
    flats,
    furniture,
    plants,
    rocks,
    shells,
    shoes,
    trusses,
    vessels,
    wheels,
    wires,
)
from training.content.textures import cards, cells, crafted, discs, interiors, knitted, natural, outdoors, platters
from training.records import Array

__all__ = ["EQUIPMENT", "HELD_OUT", "TRAINING", "Families", "ShapeFamily", "TextureFamily"]


@dataclass(frozen=True)
class ShapeFamily:
    """One way to make a thing up."""

    make: Callable[[Generator], Mesh]
    trait: str = "compact"
    """What scenes ask for: `compact`, `spindly` or `flat`."""
    share: float = 1.0


@dataclass(frozen=True)
class TextureFamily:
    """One way to paint a picture."""

    make: Callable[[Generator], Array]
    aspect: float = 1.0
    """How much wider than high the thing is that has it; the picture is stretched."""


@dataclass(frozen=True)
class Families:
    """All that one set of scenes is made from."""

    shapes: Mapping[str, ShapeFamily]
    surfaces: Mapping[str, TextureFamily]
    platters: Mapping[str, TextureFamily]
    rooms: Mapping[str, TextureFamily]
    cards: Mapping[str, TextureFamily]


_CARDS = {
    "colour checker": TextureFamily(cards.colour_checker, 1.5),
    "scale bar": TextureFamily(cards.scale_bar, 8.0),
    "ruler": TextureFamily(cards.ruler, 9.0),
    "grey steps": TextureFamily(cards.grey_steps, 3.0),
    "label": TextureFamily(cards.label, 1.4),
    "marker board": TextureFamily(cards.marker_board),
}

EQUIPMENT: Mapping[str, Callable[[Generator], Mesh]] = {
    "platter": equipment.platter,
    "sweep": drapes.sweep,
    "cloth": drapes.cloth,
    "stand": equipment.stand,
    "lump": equipment.lump,
    "cradle": equipment.cradle,
    "wedge": equipment.wedge,
    "lamp": equipment.lamp,
}

TRAINING = Families(
    shapes={
        "vessel": ShapeFamily(vessels.vessel, share=2.5),
        "turned": ShapeFamily(vessels.turned, share=1.5),
        "blob": ShapeFamily(blobs.blob, share=3),
        "person": ShapeFamily(figures.person, share=2.5),
        "animal": ShapeFamily(figures.animal, share=2.5),
        "rock": ShapeFamily(rocks.rock, share=1.5),
        "superball": ShapeFamily(rocks.superball, share=0.7),
        "letter": ShapeFamily(extrusions.letter, share=0.7),
        "gear": ShapeFamily(extrusions.gear, share=0.7),
        "blot": ShapeFamily(extrusions.blot, share=0.7),
        "machine": ShapeFamily(assemblies.machine, share=1.5),
        "car": ShapeFamily(assemblies.car, share=0.6),
        "house": ShapeFamily(assemblies.house, share=0.5),
        "books": ShapeFamily(assemblies.books, share=0.5),
        "shoe": ShapeFamily(shoes.shoe, share=0.7),
        "chair": ShapeFamily(furniture.chair, "spindly", 0.9),
        "stool": ShapeFamily(furniture.stool, "spindly", 0.7),
        "ladder": ShapeFamily(furniture.ladder, "spindly", 0.4),
        "plant": ShapeFamily(plants.plant, "spindly", 0.8),
        "cage": ShapeFamily(wires.cage, "spindly", 0.5),
        "basket": ShapeFamily(wires.basket, "spindly", 0.5),
        "spring": ShapeFamily(wires.spring, "spindly", 0.3),
        "knot": ShapeFamily(wires.knot, "spindly", 0.4),
        "plate": ShapeFamily(flats.plate, "flat", 0.5),
        "dish": ShapeFamily(flats.dish, "flat", 0.4),
        "coin": ShapeFamily(flats.coin, "flat", 0.4),
        "lid": ShapeFamily(flats.lid, "flat", 0.4),
        "shard": ShapeFamily(flats.shard, "flat", 0.4),
    },
    surfaces={
        "stone": TextureFamily(natural.stone),
        "marble": TextureFamily(natural.marble),
        "wood": TextureFamily(natural.wood),
        "speckled": TextureFamily(natural.speckled),
        "flaking": TextureFamily(natural.flaking),
        "woven": TextureFamily(crafted.woven),
        "banded": TextureFamily(crafted.banded),
        "painted": TextureFamily(crafted.painted),
        "printed": TextureFamily(crafted.printed),
        "striped": TextureFamily(crafted.striped),
        "plaster": TextureFamily(crafted.plaster),
    },
    platters={
        "marker ring": TextureFamily(platters.marker_ring),
        "scattered markers": TextureFamily(platters.scattered_markers),
        "degrees": TextureFamily(platters.degrees),
        "rings": TextureFamily(platters.rings),
        "cutting mat": TextureFamily(platters.cutting_mat),
        "checkered": TextureFamily(platters.checkered),
        "dotted": TextureFamily(platters.dotted),
    },
    rooms={
        "studio wall": TextureFamily(interiors.studio_wall),
        "bookshelf": TextureFamily(interiors.bookshelf),
        "shop shelves": TextureFamily(interiors.shop_shelves),
        "poster": TextureFamily(interiors.poster),
        "workshop": TextureFamily(interiors.workshop),
    },
    cards=_CARDS,
)

HELD_OUT = Families(
    shapes={
        "seashell": ShapeFamily(shells.seashell, share=1.5),
        "crystals": ShapeFamily(crystals.crystals, share=1.5),
        "bricks": ShapeFamily(bricks.bricks, share=1.5),
        "truss": ShapeFamily(trusses.truss, "spindly"),
        "wheel": ShapeFamily(wheels.wheel, "spindly"),
        "cutlery": ShapeFamily(cutlery.cutlery, "flat"),
    },
    surfaces={
        "celled": TextureFamily(cells.celled),
        "knitted": TextureFamily(knitted.knitted),
        "hammered": TextureFamily(knitted.hammered),
    },
    platters={
        "brushed": TextureFamily(discs.brushed),
        "sectored": TextureFamily(discs.sectored),
        "tree slice": TextureFamily(discs.tree_slice),
    },
    rooms={"garden": TextureFamily(outdoors.garden), "street": TextureFamily(outdoors.street)},
    cards=_CARDS,
)
