"""What things are painted with."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from training.content.library import Library
from training.content.scenes.stage import Paint
from training.records import Array

__all__ = ["Look", "ground_paint", "object_paint", "object_paints", "plain", "platter_paint", "print_paint", "shade"]

PLAIN, PAINTED, WRAPPED, FROM_ABOVE, MOTTLED, LAYERED, CHECKED, PATCHY = range(8)
_WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Look:
    """Colours that a scene's parts are bound to; None is free."""

    object: Array | None = None
    platter: Array | None = None
    support: Array | None = None
    backdrop: Array | None = None
    prints: float = 0.0
    """How likely a bound object has printed parts."""
    gloss: bool = True
    """Whether objects and platters may shine."""


def shade(dice: Generator, *, vivid: float = 1.0, dark: float = 0.03, bright: float = 0.9) -> Array:
    """How much red, green and blue a surface throws back; mostly pale."""
    hue, saturation = dice.uniform(0, 6), vivid * dice.random() ** 1.6
    pure = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return dice.uniform(dark, bright) * (1 - saturation + saturation * pure)


def plain(dice: Generator, colour: Array, roughness: float | None = None) -> Paint:
    """One colour, not quite even."""
    second = np.clip(colour * dice.uniform(0.85, 1.1), 0, 0.95)
    rough = dice.uniform(0.4, 1.0) if roughness is None else roughness
    return Paint(MOTTLED, colour=colour, second=second, frequency=dice.uniform(0.5, 30), contrast=1, roughness=rough)


def print_paint(texture: int, dice: Generator) -> Paint:
    """A picture laid over the thing's own map, as printed cards and walls have."""
    return Paint(PAINTED, texture, _WHITE, roughness=dice.uniform(0.3, 1.0))


def object_paint(dice: Generator, library: Library, look: Look) -> Paint:
    """Of a captured thing, or of any other that could be one."""
    if look.object is not None:
        return _bound_paint(dice, library, look)
    return _finish(dice, _free_pattern(dice, library), gloss=look.gloss)


def object_paints(dice: Generator, library: Library, look: Look, slots: int) -> list[Paint]:
    """One for each slot; some slots share theirs."""
    paints = [object_paint(dice, library, look)]
    for _ in range(1, slots):
        paints.append(paints[0] if dice.random() < 0.3 else object_paint(dice, library, look))
    return paints


def ground_paint(dice: Generator, library: Library, bound: Array | None = None, *, scale: float = 1.0) -> Paint:
    """Tables, floors, walls, supports."""
    if bound is not None:
        return plain(dice, np.clip(bound * dice.uniform(0.92, 1.08), 0, 0.95))
    rough = dice.uniform(0.35, 1.0) if dice.random() < 0.8 else dice.uniform(0.05, 0.3)
    if dice.random() < 0.6:
        return plain(dice, shade(dice, vivid=0.7, dark=0.01, bright=0.92), rough)
    texture = int(dice.choice(library.surfaces))
    size = scale * dice.uniform(0.2, 1.0)
    return Paint(WRAPPED, texture, _WHITE, scale=size, offset=dice.random(2), roughness=rough)


def platter_paint(dice: Generator, library: Library, look: Look) -> Paint:
    """White, black, coloured, printed, polished."""
    if look.platter is not None and dice.random() < 0.85:
        paint = plain(dice, look.platter)
    else:
        lot = dice.random()
        if lot < 0.2:
            paint = plain(dice, np.full(3, dice.uniform(0.7, 0.92)))
        elif lot < 0.38:
            paint = plain(dice, np.full(3, dice.uniform(0.005, 0.06)))
        elif lot < 0.5:
            paint = plain(dice, shade(dice))
        else:
            texture = int(dice.choice(library.platters))
            paint = Paint(FROM_ABOVE, texture, _WHITE, turn=dice.uniform(0, 2 * np.pi), roughness=dice.uniform(0.3, 1))
    lot = dice.random() if look.gloss else 1.0
    if lot < 0.14:
        return replace(paint, roughness=dice.uniform(0.01, 0.12), reflectance=0.06)
    if lot < 0.2:
        return replace(paint, roughness=dice.uniform(0.02, 0.4), reflectance=0.7, metal=1.0)
    return paint


def _bound_paint(dice: Generator, library: Library, look: Look) -> Paint:
    assert look.object is not None
    colour = np.clip(look.object * dice.uniform(0.93, 1.05), 0, 0.95)
    if dice.random() < look.prints:
        texture = int(dice.choice(library.surfaces))
        size, level = dice.uniform(0.3, 1.0), dice.uniform(0.45, 0.6)
        paint = Paint(PATCHY, texture, colour, scale=size, offset=dice.random(2) * 9, frequency=2.0, contrast=level)
    elif dice.random() < 0.5:
        paint = Paint(PLAIN, colour=colour)
    else:
        second = np.clip(colour * dice.uniform(0.7, 1.2), 0, 0.95)
        paint = Paint(MOTTLED, colour=colour, second=second, frequency=dice.uniform(1, 12))
    return _finish(dice, paint, gloss=look.gloss)


def _free_pattern(dice: Generator, library: Library) -> Paint:
    lot = dice.random()
    if lot < 0.5:
        pattern = WRAPPED if dice.random() < 0.75 else PAINTED
        tint = np.ones(3) if dice.random() < 0.7 else shade(dice, vivid=0.6, dark=0.4, bright=1.0)
        scale = float(dice.choice([0.3, 0.5, 1, 1, 2]))
        return Paint(pattern, int(dice.choice(library.surfaces)), tint, scale=scale, offset=dice.random(2))
    first, second = shade(dice), shade(dice)
    if lot < 0.7:
        return Paint(PLAIN, colour=first)
    if lot < 0.86:
        return Paint(MOTTLED, 0, first, second, frequency=dice.uniform(1, 14), contrast=dice.uniform(1, 6))
    if lot < 0.92:
        wave = dice.uniform(0, 2 * np.pi, 2)
        return Paint(
            LAYERED, 0, first, second, offset=wave, frequency=dice.uniform(1, 8), contrast=dice.uniform(0.3, 4)
        )
    if lot < 0.96:
        texture = int(dice.choice(library.surfaces))
        return Paint(PATCHY, texture, first, frequency=dice.uniform(0.8, 4), contrast=dice.uniform(0.4, 0.6))
    return Paint(CHECKED, 0, first, second, frequency=dice.uniform(2, 8))


def _finish(dice: Generator, paint: Paint, *, gloss: bool) -> Paint:
    """Dull, glazed or metal, even or bumpy."""
    lot = dice.random() if gloss else 1.0
    paint = replace(paint, roughness=dice.uniform(0.3, 1.0))
    if lot < 0.22:
        paint = replace(paint, roughness=dice.uniform(0.02, 0.3))
    elif lot < 0.31:
        paint = replace(paint, roughness=dice.uniform(0.12, 0.7), reflectance=0.8, metal=1.0)
    if dice.random() < 0.35:
        paint = replace(paint, bump=dice.uniform(0.05, 0.6) * dice.random(), bump_frequency=dice.uniform(3, 40))
    return paint
