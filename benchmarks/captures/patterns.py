"""Colours and pictures from random numbers: noise in space, wood, cloth, posters and platters."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Floats

__all__ = ["cloth", "colour", "noise", "painted_surface", "palette", "platter_picture", "poster", "wood"]

Picture = NDArray[np.float32]
Random = np.random.Generator


def noise(points: Floats, scale: float, seed: int, *, octaves: int = 4) -> Floats:
    """Smooth noise in space, about -1 to 1; ``scale`` is the size of its largest features."""
    total = np.zeros(len(points))
    strength, norm = 1.0, 0.0
    for octave in range(octaves):
        at = points * (2**octave / scale) + 17.3 * octave
        cell = np.floor(at).astype(np.int64)
        share = at - cell
        share = share * share * (3 - 2 * share)
        value = np.zeros(len(points))
        for corner in range(8):
            offset = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
            weight = np.where(offset, share, 1 - share).prod(1)
            value += weight * _hashed(cell + offset, seed + octave)
        total += strength * value
        norm += strength
        strength *= 0.55
    return np.asarray(total / norm * 1.6)


def _hashed(cells: NDArray[np.int64], seed: int) -> Floats:
    with np.errstate(over="ignore"):
        key = (cells.astype(np.uint64) * np.array([73856093, 19349663, 83492791], np.uint64)).sum(1)
        key ^= np.uint64(seed * 2654435761 % 2**32)
        key = (key ^ (key >> np.uint64(15))) * np.uint64(0x2C1B3C6D)
        key = (key ^ (key >> np.uint64(12))) * np.uint64(0x297A2D39)
        key ^= key >> np.uint64(15)
    return np.asarray((key & np.uint64(0xFFFF)) / 32767.5 - 1)


def colour(random: Random, *, bright: tuple[float, float] = (0.15, 0.7), vivid: float = 0.8) -> Floats:
    """One linear colour."""
    hue, value = random.uniform(0, 6), random.uniform(*bright)
    chroma = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return np.asarray(value * (1 - random.uniform(0.1, vivid) * (1 - chroma)))


def palette(random: Random, count: int) -> Floats:
    """Colours of different brightness, dark to light."""
    levels = np.linspace(0.12, 0.55, count)
    return np.stack([colour(random, bright=(level, level + 0.08)) for level in levels])


def painted_surface(points: Floats, random: Random) -> Floats:
    """Reflectance for a textured object: patches, spots, stripes and wear."""
    size = float(np.ptp(points, axis=0).max())
    colours = palette(random, 4)
    random.shuffle(colours)
    seed = int(random.integers(1 << 30))
    patches = noise(points, size * random.uniform(0.12, 0.3), seed)
    result = np.where(patches[:, None] > 0.05, colours[0], colours[1])
    style = random.integers(3)
    if style == 0:
        bands = np.sin(points @ random.normal(size=3) / size * 40 + 4 * patches)
        result = np.where(bands[:, None] > 0.75, colours[2], result)
    elif style == 1:
        spots = noise(points, size * 0.05, seed + 9, octaves=1)
        result = np.where(spots[:, None] > 0.55, colours[2], result)
    else:
        veins = np.abs(noise(points, size * 0.2, seed + 5, octaves=5))
        result = np.where(veins[:, None] < 0.03, colours[2], result)
    worn = noise(points, size * 0.08, seed + 3, octaves=5)
    result = np.where(worn[:, None] > 0.42, colours[3], result)
    grain = noise(points, size * 0.015, seed + 7, octaves=2)
    return np.asarray(np.clip(result * (1 + 0.12 * grain[:, None]), 0.01, 0.85))


def _flat_noise(shape: tuple[int, int], cells: Sequence[float], random: Random, *, octaves: int = 4) -> Picture:
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        grid = [max(2, int(count * 2**octave)) for count in cells]
        small = random.uniform(-1, 1, grid).astype(np.float32)
        total += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) * 0.6**octave
    return np.asarray(total / 1.6, np.float32)


def wood(random: Random, *, size: int = 1024) -> Picture:
    """Planks with grain along x."""
    tone = colour(random, bright=(0.12, 0.5), vivid=0.6) * np.array([1.15, 0.85, 0.6])
    grain = _flat_noise((size, size), (60, 3), random) + 0.6 * _flat_noise((size, size), (4, 2), random)
    rings = np.sin(14 * _flat_noise((size, size), (6, 1.2), random, octaves=2))
    shade = 1 + 0.28 * grain + 0.12 * rings
    return np.asarray(np.clip(shade[..., None] * tone, 0.01, 0.8), np.float32)


def cloth(random: Random, tone: Floats | Sequence[float], *, rough: float = 0.15, size: int = 1024) -> Picture:
    """One colour with fibres and faint clouds."""
    grain = random.normal(0, 1, (size, size)).astype(np.float32)
    fine = cv2.GaussianBlur(grain, (0, 0), 1.2) * 2
    shade = 1 + rough * (0.6 * fine + _flat_noise((size, size), (4, 4), random))
    return np.asarray(np.clip(shade[..., None] * np.asarray(tone), 0.004, 0.92), np.float32)


def poster(random: Random, *, size: tuple[int, int] = (700, 500)) -> Picture:
    """A print as it hangs on a wall: a made-up photograph, or shapes, with a title and lines of text."""
    height, width = size
    colours = palette(random, 6)
    page = np.ones((height, width, 3), np.float32) * colours[random.choice([0, 5])].astype(np.float32)
    frame = int(0.68 * height)
    area = page[:frame]
    style = random.integers(3)
    if style == 0:
        ridge = np.zeros((frame, width))
        for layer in range(5):
            line = _flat_noise((1, width), (1, 3 + 2 * layer), random)[0] * 40 + frame * (0.25 + 0.16 * layer)
            ridge += np.arange(frame)[:, None] > line
        area[:] = (
            colours[5 - ridge.astype(int).clip(0, 5)]
            * (1 + 0.2 * _flat_noise((frame, width), (30, 40), random))[..., None]
        )
    elif style == 1:
        for _ in range(60):
            at = (int(random.integers(width)), int(random.integers(frame)))
            cv2.circle(area, at, int(random.integers(3, 90)), tuple(map(float, colours[random.integers(6)])), -1)
    else:
        a = _flat_noise((frame, width), (3, 3), random, octaves=6)
        b = _flat_noise((frame, width), (4, 3), random, octaves=6)
        area[:] = np.clip(colours[4] * (0.5 + a[..., None]) + colours[1] * (0.6 + b[..., None]), 0.01, 0.85)
    ink = tuple(map(float, 0.8 - 0.75 * (page[-1, 0] > 0.3)))
    word = "".join(random.choice(list("ABCDEFGHILMNORSTU"), random.integers(5, 10)))
    title = _written(word, size, (25, frame + 70), 1.8, 4)[..., None]
    page += title * (np.asarray(ink, np.float32) - page)
    for row in range(4):
        end = int(width * random.uniform(0.4, 0.9))
        cv2.line(page, (28, frame + 105 + 26 * row), (end, frame + 105 + 26 * row), ink, 3, cv2.LINE_AA)
    return np.asarray(np.clip(page, 0.01, 0.85), np.float32)


def platter_picture(random: Random, style: str, *, size: int = 1024) -> Picture:
    """The top of a platter: wood, grey, white, black, checks or markers; some with a printed ring of degrees."""
    tone = colour(random, bright=(0.2, 0.6), vivid=0.3)
    if style == "wood":
        top = wood(random, size=size)
    elif style in ("white", "black"):
        top = cloth(random, [0.82] * 3 if style == "white" else [0.012] * 3, rough=0.012, size=size)
    elif style == "checks":
        cells = int(random.integers(10, 22))
        odd = np.indices((cells, cells)).sum(0) % 2
        checks = cv2.resize(odd.astype(np.float32), (size, size), interpolation=cv2.INTER_NEAREST)[..., None]
        top = (0.04 + checks * 0.7 * (tone / tone.max())).astype(np.float32)
    elif style == "markers":
        top = np.full((size, size, 3), 0.75, np.float32)
        for _ in range(90):
            y, x = random.integers(0, size - 60, 2)
            bits = cv2.resize(random.integers(0, 2, (5, 5)).astype(np.uint8), (50, 50), interpolation=cv2.INTER_NEAREST)
            top[y : y + 50, x : x + 50] = 0.03 + 0.7 * bits[..., None]
    else:
        top = cloth(random, tone, rough=0.08, size=size)
    if style not in ("white", "black"):
        _print_ring(top, size)
    return top


def _print_ring(top: Picture, size: int) -> None:
    middle = (size / 2, size / 2)
    paper, ink = (0.75,) * 3, (0.03,) * 3
    cv2.circle(top, (size // 2, size // 2), int(0.45 * size), paper, int(0.075 * size), cv2.LINE_AA)
    for degree in range(0, 360, 2):
        inner = 0.44 if degree % 10 == 0 else 0.465
        ends = [
            tuple(round(m + r * size * float(f)) for m, f in zip(middle, (np.cos(t), np.sin(t)), strict=True))
            for t in (np.radians(degree),)
            for r in (inner, 0.485)
        ]
        cv2.line(top, ends[0], ends[1], ink, 4 if degree % 10 == 0 else 2, cv2.LINE_AA)
        if degree % 30 == 0:
            turn = cv2.getRotationMatrix2D(middle, -degree - 90.0, 1.0)
            label = _written(str(degree), (size, size), (size // 2 - 22, int(0.945 * size)), 0.8, 2)
            top *= 1 - 0.95 * cv2.warpAffine(label, turn, (size, size))[..., None]


def _written(text: str, shape: tuple[int, int], at: tuple[int, int], height: float, thick: int) -> Picture:
    """Letters as coverage 0 to 1."""
    page = np.zeros(shape, np.uint8)
    cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, height, 255, thick, cv2.LINE_AA)
    return np.asarray(page / 255.0, np.float32)
