"""The kinds of scenes: each function says what a kind is hard by; a new kind is one more entry in the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from training.content.scenes.camera import Framing
from training.content.scenes.paints import Look, shade
from training.content.scenes.plans import Plan
from training.errors import TrainingError
from training.records import Array

__all__ = ["KINDS", "Kind", "shares_of"]


@dataclass(frozen=True)
class Kind:
    """How a kind's scenes are planned, and how many of a hundred they are."""

    plan: Callable[[Generator], Plan]
    share: float


def usual(dice: Generator) -> Plan:
    """Anything; a quarter of them with parts that match in colour."""
    lot = dice.random()
    if lot < 0.12:
        colour = shade(dice, vivid=0.8)
        return Plan(look=Look(object=colour, platter=_near(dice, colour), backdrop=_near(dice, colour)))
    if lot < 0.26:
        colour = shade(dice, vivid=0.4, dark=0.02)
        return Plan(look=Look(platter=colour, backdrop=_near(dice, colour)))
    return Plan()


def white(dice: Generator) -> Plan:
    """White on white in white light: hardly an outline; foam or putty under it, a few printed parts."""
    colour = _pale(dice, 0.66, 0.9)
    support = _pale(dice, 0.7, 0.92) if dice.random() < 0.7 else shade(dice, vivid=0.8, dark=0.3)
    look = Look(colour, _pale(dice, 0.72, 0.92), support, _pale(dice, 0.8, 0.93), prints=0.3, gloss=dice.random() < 0.4)
    return Plan(
        look=look,
        supported=0.6,
        supports={"wedge": 3, "putty": 3, "lump": 1, "plinth": 1},
        surroundings={"tent": 0.45, "white sweep": 0.55},
        lighting={"soft": 0.8, "studio": 0.2},
        brightness=(0.62, 0.12),
        rolled_off=0.0,
    )


def dark(dice: Generator) -> Plan:
    """Dark on black cloth, its shaded side in the dark; cameras make noise of it."""
    colour = np.clip(shade(dice, vivid=0.6, dark=0.01, bright=0.06), 0.004, 0.1)
    black = np.full(3, dice.uniform(0.004, 0.025))
    return Plan(
        look=Look(colour, black, black if dice.random() < 0.7 else None, black, prints=0.1),
        surroundings={"black cloth": 0.8, "cloth": 0.2},
        lighting={"side": 0.6, "studio": 0.4},
        brightness=(0.045, 0.35),
    )


def spindly(dice: Generator) -> Plan:
    """Thin legs, openings, wires and slats, mostly before something busy."""
    return replace(
        usual(dice),
        trait="spindly",
        supported=0.25,
        framing=Framing(fill=(0.5, 0.95), often_small=0.0, sharp=dice.random() < 0.5),
        surroundings={"paper": 0.2, "cloth": 0.1, "tent": 0.1, "room": 0.25, "picture wall": 0.2, "shelves": 0.15},
    )


def supports(dice: Generator) -> Plan:
    """Held by something, in any colour, also the object's or the platter's own."""
    colour, lot = shade(dice, vivid=0.9), dice.random()
    look = Look(support=colour)
    if lot < 0.35:
        look = Look(object=colour, support=_near(dice, colour))
    elif lot < 0.55:
        look = Look(platter=colour, support=_near(dice, colour))
    return Plan(look=look, supported=1.0, arrangements={"single": 1})


def backdrop(dice: Generator) -> Plan:
    """Before posters, shelves and clutter that are as sharp as the object."""
    return replace(
        usual(dice),
        on_platter=1.0,
        surroundings={"picture wall": 0.55, "shelves": 0.45},
        framing=Framing(elevation=(-3, 25), sharp=True),
    )


def flat(dice: Generator) -> Plan:
    """Parts that look like a support and are none: lids on the platter, a statue's own plinth."""
    return replace(
        usual(dice),
        arrangements={"lying flat": 0.35, "flat parts": 0.3, "own plinth": 0.35},
        supported=0.0,
        on_platter=1.0,
    )


def small(dice: Generator) -> Plan:
    """Two hundredths of the picture and less."""
    return replace(usual(dice), on_platter=1.0, framing=Framing(fill=(0.05, 0.15), often_small=0.0, often_cut=0.0))


def touched(dice: Generator) -> Plan:
    """Things that stand behind and beside it so that they meet its outline."""
    return replace(
        usual(dice), on_platter=1.0, with_neighbours=1.0, framing=Framing(fill=(0.35, 0.8), often_small=0.05)
    )


def empty(dice: Generator) -> Plan:
    """A platter with nothing on it that is captured."""
    return replace(usual(dice), arrangements={"nothing": 1}, on_platter=1.0, with_props=0.5)


def crop(dice: Generator) -> Plan:
    """As the second look sees it: the object's box with a margin of 17.5 % or less, all else cut off."""
    fill = 1 / (1 + 2 * dice.uniform(0.12, 0.175))
    framing = Framing(fill=(fill, fill), often_small=0.0, often_cut=0.0, centred=True)
    return replace(usual(dice), framing=framing)


KINDS: Mapping[str, Kind] = {
    "usual": Kind(usual, 24),
    "white": Kind(white, 11),
    "dark": Kind(dark, 9),
    "spindly": Kind(spindly, 11),
    "supports": Kind(supports, 10),
    "backdrop": Kind(backdrop, 9),
    "flat": Kind(flat, 7),
    "small": Kind(small, 4),
    "neighbours": Kind(touched, 6),
    "empty": Kind(empty, 3),
    "crop": Kind(crop, 6),
}


def shares_of(wanted: Mapping[str, float] | None) -> dict[str, float]:
    """The shares that were asked for, or the table's own."""
    if wanted is None:
        return {name: kind.share for name, kind in KINDS.items()}
    for name in wanted:
        if name not in KINDS:
            raise TrainingError(f"there is no scene kind {name}", f"Choose from {', '.join(KINDS)}")
    if not any(share > 0 for share in wanted.values()) or any(share < 0 for share in wanted.values()):
        raise TrainingError("no scene kind has a share", "Give at least one a share above zero")
    return dict(wanted)


def _near(dice: Generator, colour: Array) -> Array:
    return np.clip(colour * dice.uniform(0.82, 1.2), 0, 0.95)


def _pale(dice: Generator, dark: float, bright: float) -> Array:
    """White with a touch of colour, as plaster, paper and glaze have."""
    return np.clip(dice.uniform(dark, bright) * (1 + dice.normal(0, 0.02, 3)), 0, 0.95)
