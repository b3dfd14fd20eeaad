"""What all textures are painted with: colours, ramps, clouds, coordinates, text."""

import cv2
import numpy as np
from numpy.random import Generator

from training.records import Array

__all__ = ["SIDE", "clouds", "colour", "filled", "finished", "grid", "pasted", "ramp", "scheme", "word", "written"]

SIDE = 512
_LETTERS = list("ABCDEFGHIJKLMNOPRSTUVWXYZ0123456789")


def colour(dice: Generator, *, vivid: float = 1.0, dark: float = 0.05, bright: float = 1.0) -> Array:
    """Any hue; pale colours are likelier than vivid ones, as they are in the world."""
    hue, saturation = dice.uniform(0, 6), vivid * dice.random() ** 1.4
    pure = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return 255 * dice.uniform(dark, bright) * (1 - saturation + saturation * pure)


def scheme(dice: Generator, count: int) -> list[Array]:
    """Colours that go together: one, and others not too far from it."""
    base, spread = colour(dice, vivid=0.9), dice.uniform(10, 80)
    return [np.clip(base * dice.uniform(0.5, 1.4) + dice.normal(0, spread, 3), 0, 255) for _ in range(count)]


def filled(shade: Array | float) -> Array:
    """One colour all over."""
    return np.broadcast_to(np.asarray(shade, np.float32), (SIDE, SIDE, 3)).astype(np.float32).copy()


def grid() -> tuple[Array, Array]:
    """x and y of every pixel, from 0 to 1."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    return x, y


def clouds(dice: Generator, frequency: float, *, octaves: int = 5, gain: float = 0.5, stretch: float = 1.0) -> Array:
    """Noise upon noise that repeats at the rims, of deviation one; stretched, it runs in streaks along y."""
    total, strength = np.zeros((SIDE, SIDE), np.float32), 1.0
    for _ in range(octaves):
        columns, rows = max(2, int(frequency)), max(2, int(frequency / stretch))
        values = np.pad(dice.standard_normal((rows, columns)).astype(np.float32), 2, mode="wrap")
        step_x, step_y = SIDE / columns, SIDE / rows
        large = cv2.resize(
            values, (int((columns + 4) * step_x), int((rows + 4) * step_y)), interpolation=cv2.INTER_CUBIC
        )
        top, left = int(2 * step_y), int(2 * step_x)
        total += strength * large[top : top + SIDE, left : left + SIDE]
        strength, frequency = strength * gain, frequency * 2
        if frequency > SIDE / 2:
            break
    return total / total.std()


def ramp(values: Array, colours: list[Array]) -> Array:
    """Low values in the first colour, high ones in the last."""
    low, high = np.percentile(values, (2, 98))
    at = np.clip((values - low) / (high - low + 1e-6), 0, 1) * (len(colours) - 1)
    index = np.minimum(at.astype(int), len(colours) - 2)
    part, table = (at - index)[..., None], np.array(colours, np.float32)
    return table[index] * (1 - part) + table[index + 1] * part


def word(dice: Generator, longest: int) -> str:
    """Letters and digits that mean nothing."""
    return "".join(dice.choice(_LETTERS, dice.integers(2, longest + 1)))


def written(
    picture: Array, text: str, place: tuple[float, float], size: float, ink: Array | list[float] | float, pen: int = 2
) -> None:
    """Writes into the picture, from the left end of the line on."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    face = sum(map(ord, text)) % 5
    cv2.putText(mask, text, (int(place[0]), int(place[1])), face, size, 255, pen, cv2.LINE_AA)
    picture[mask > 100] = ink


def pasted(picture: Array, patch: Array, place: tuple[float, float], size: float, degrees: float) -> None:
    """Lays a small square picture into a large one, its middle at that place."""
    side = patch.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, size / side)
    turn[:, 2] += np.array(place) - side / 2
    colours = patch if patch.ndim == 3 else np.repeat(patch[..., None], 3, axis=2)
    laid = cv2.warpAffine(colours.astype(np.float32), turn, (SIDE, SIDE))
    cover = cv2.warpAffine(np.ones((side, side), np.float32), turn, (SIDE, SIDE))[..., None]
    picture[:] = picture * (1 - cover) + laid * cover


def finished(picture: Array) -> Array:
    """As the tracer reads it."""
    return np.clip(picture, 0, 255).astype(np.uint8)
