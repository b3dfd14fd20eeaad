"""Photos of known outlines: textured objects before textured backdrops, as a 24-megapixel camera sees them."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["KINDS", "Scene", "make_scene", "simulated_matte"]

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Points = NDArray[np.float64]
Outline = list[tuple[Points, int]]
"""Polygons in units of the object's height, drawn in turn: added where the number is 1, cut out where it is 0."""

_NETWORK_AREA = 512 * 512
_MARGIN = 0.175
"""The segmenter sees the object's box grown by this much a side."""


@dataclass(frozen=True)
class Scene:
    """A photo and everything that is true of it."""

    name: str
    photo: Bytes
    """RGB, after lens blur, noise and JPEG."""
    truth: Bytes
    """The mask, 0 or 255: cut at half coverage, before the blur."""
    silent: NDArray[np.bool_]
    """Where object and backdrop were painted alike on purpose: the photo says nothing of the outline there."""


def make_scene(kind: str, seed: int, *, width: int = 6000, height: int = 4000, fill: float = 0.75) -> Scene:
    """Draw a scene; lens blur (sigma 1 to 3 pixels), noise and JPEG quality follow from the seed.

    ``fill`` is the object's height as a share of the photo's.
    """
    random = np.random.default_rng([seed, *kind.encode()])
    size = fill * height
    middle = (width * random.uniform(0.42, 0.58), height * 0.5)
    coverage = _rasterised(KINDS[kind](random), size, middle, (width, height))
    blur = random.uniform(1.0, 3.0)

    backdrop = _backdrop(random, width, height, middle, size)
    thing = _texture(random, width, height, detail=size / 12)
    _paint_stripes(thing, random, size)
    _shade(thing, coverage, size)
    _cast_shadow(backdrop, coverage, size)
    quiet = _sector(random, width, height, middle)
    # Where the outline is silent both sides are the backdrop's own local colour, with the object's fine grain.
    local = _smooth(backdrop, size / 40)
    grain = thing - _smooth(thing, size / 150)
    thing += quiet[..., None] * (local + 0.3 * grain - thing)
    backdrop += quiet[..., None] * (local + 0.3 * grain - backdrop)

    picture = backdrop
    picture += coverage[..., None] * (thing - backdrop)
    cv2.GaussianBlur(picture, (0, 0), blur, dst=picture)
    photo = _developed(picture, random)
    truth = np.where(coverage >= 0.5, 255, 0).astype(np.uint8)
    return Scene(f"{kind}-{seed}", photo, truth, quiet > 0.5)


def simulated_matte(truth: Bytes, seed: int) -> tuple[Floats, tuple[int, int, int, int]]:
    """Give what a network would: a soft matte on its own grid, off by a pixel or so of it, and the box it covers.

    Measured on the embedded network before the sample captures: the edge is off by 1 pixel of the grid in the
    median and 2.5 at the 90th percentile; the matte goes from 0 to 1 over 4 to 7 of them.
    """
    random = np.random.default_rng(seed)
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    across, down = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    left = max(0, int(columns[0] - _MARGIN * across))
    top = max(0, int(rows[0] - _MARGIN * down))
    right = min(truth.shape[1], int(columns[-1] + 1 + _MARGIN * across))
    bottom = min(truth.shape[0], int(rows[-1] + 1 + _MARGIN * down))
    factor = (_NETWORK_AREA / ((right - left) * (bottom - top))) ** 0.5
    width = max(32, round((right - left) * factor / 32) * 32)
    height = max(32, round((bottom - top) * factor / 32) * 32)

    seen = cv2.resize(truth[top:bottom, left:right], (width, height), interpolation=cv2.INTER_AREA)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    shifts = [1.1 * _field(random, width, height, 10) + 0.6 * _field(random, width, height, 3) for _ in range(2)]
    warped = cv2.remap(seen, x + shifts[0], y + shifts[1], cv2.INTER_LINEAR).astype(np.float32) / 255
    matte = cv2.GaussianBlur(warped, (0, 0), 1.4).astype(np.float32)
    # The network's own doubts: soft holes inside, faint islands outside, an edge that is moved by them.
    doubt = _field(random, width, height, 20)
    matte += 0.12 * doubt * (matte * (1 - matte) * 4) - 0.35 * matte * np.clip(doubt - 1.3, 0, 1)
    matte += 0.3 * (1 - matte) * np.clip(_field(random, width, height, 15) - 1.8, 0, 1)
    matte += np.float32(0.01) * random.standard_normal(matte.shape, np.float32)
    return np.clip(matte, 0, 1), (left, top, right, bottom)


def _vase(random: np.random.Generator) -> Outline:
    heights = np.linspace(-0.5, 0.5, 400)
    radius = 0.2 - 0.5 * (heights - 0.05) ** 2
    for k in range(1, 6):
        radius += random.normal(0, 0.05 / k) * np.sin(k * np.pi * (heights + 0.5) + random.uniform(0, 6))
    radius = np.maximum(0.05, radius)
    radius[heights < -0.47] += 0.035
    radius[heights > 0.46] += 0.02
    body = np.r_[np.c_[radius, heights], np.c_[-radius, heights][::-1]]
    outline: Outline = []
    for side in (-1, 1):
        ring = _ellipse((side * 0.2, random.uniform(-0.25, -0.1)), (0.13, 0.17), side * 0.3)
        inner = ring.mean(0) + (ring - ring.mean(0)) * random.uniform(0.72, 0.88)
        outline += [(ring, 1), (inner, 0)]
    return [*outline, (body, 1)]


def _figurine(random: np.random.Generator) -> Outline:
    outline: Outline = [(_ellipse((0, 0.05), (0.17, 0.26), 0.1), 1), (_ellipse((0.03, -0.27), (0.12, 0.11), 0), 1)]
    for x in (-0.1, 0.08):
        outline.append((_limb((x, 0.2), (x * 1.8, 0.5), 0.06, 0.045), 1))
    outline.append((_limb((-0.12, -0.05), (-0.36, random.uniform(-0.3, 0.1)), 0.05, 0.02), 1))
    outline.append((_limb((0.14, -0.02), (0.33, random.uniform(-0.3, 0.2)), 0.05, 0.015), 1))
    for x in (-0.03, 0.09):
        outline.append((_limb((x, -0.34), (x * 2.6, -0.5), 0.02, 0.004), 1))
    outline.append((_limb((0.1, 0.2), (0.38, 0.42), 0.012, 0.006), 1))
    return outline


def _rock(random: np.random.Generator) -> Outline:
    angles = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    radius = np.full_like(angles, 0.4)
    for k in range(1, 120):
        radius += random.normal(0, 0.07 / (k + 1) ** 1.2) * np.sin(k * angles + random.uniform(0, 6.28))
    return [(np.c_[radius * np.cos(angles) * 1.2, radius * np.sin(angles)], 1)]


def _stool(random: np.random.Generator) -> Outline:
    thin = random.uniform(0.012, 0.022)
    outline: Outline = [(_box(-0.42, -0.5, 0.42, -0.42), 1)]
    for top, foot in ((-0.36, -0.42), (-0.12, -0.14), (0.14, 0.17), (0.36, 0.42)):
        outline.append((_limb((top, -0.44), (foot, 0.5), thin, thin * 0.7), 1))
    for y in (-0.1, 0.25):
        outline.append((_box(-0.4, y, 0.4, y + thin), 1))
    return outline


KINDS: dict[str, Callable[[np.random.Generator], Outline]] = {
    "vase": _vase,
    "figurine": _figurine,
    "rock": _rock,
    "stool": _stool,
}
"""Openings and a rim; limbs and horns that taper; detail down to a few pixels; thin legs with gaps between."""


def _ellipse(middle: tuple[float, float], axes: tuple[float, float], turn: float) -> Points:
    a = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    x, y = axes[0] * np.cos(a), axes[1] * np.sin(a)
    turned: Points = np.c_[x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)] + middle
    return turned


def _limb(start: tuple[float, float], end: tuple[float, float], thick: float, thin: float) -> Points:
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.linalg.norm(b - a)
    aside = np.array([-along[1], along[0]])
    turn = np.linspace(-np.pi / 2, np.pi / 2, 40)[:, None]
    cap = b + thin * (np.cos(turn) * along + np.sin(turn) * aside)
    around: Points = np.r_[[a - thick * aside], cap, [a + thick * aside]]
    return around


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _rasterised(outline: Outline, size: float, middle: tuple[float, float], grid: tuple[int, int]) -> Floats:
    """Coverage by four samples per pixel (two each way)."""
    canvas = np.zeros((grid[1] * 2, grid[0] * 2), np.uint8)
    for polygon, value in outline:
        points = (polygon * size + middle) * 2 - 0.5
        cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], value * 252, shift=4)
    return cv2.resize(canvas, grid, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(252)


def _field(random: np.random.Generator, width: int, height: int, step: float) -> Floats:
    """Smooth noise of unit variance whose features are about ``step`` pixels wide."""
    rough = random.standard_normal((int(height / step) + 4, int(width / step) + 4)).astype(np.float32)
    field = cv2.resize(rough, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)[:height, :width]
    unit: Floats = np.divide(field, field.std(), dtype=np.float32)
    return unit


def _smooth(picture: Floats, sigma: float) -> Floats:
    """Wide blur, by way of a small copy."""
    height, width = picture.shape[:2]
    factor = max(1.0, sigma / 4)
    small = cv2.resize(picture, (int(width / factor), int(height / factor)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _texture(random: np.random.Generator, width: int, height: int, *, detail: float) -> Floats:
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = _colour(random)
    step, strength = detail, random.uniform(10, 22)
    while step > 4:
        tint = random.normal(1, 0.15, 3).astype(np.float32)
        picture += strength * _field(random, width, height, step)[..., None] * tint
        step, strength = step / 2.7, strength * 0.75
    return picture


def _colour(random: np.random.Generator) -> Floats:
    """Muted, as stone, clay, wood, wall and paper are: contrast is mostly that of brightness."""
    return (random.uniform(40, 220) + random.normal(0, 18, 3)).clip(5, 250).astype(np.float32)


def _paint_stripes(picture: Floats, random: np.random.Generator, size: float) -> None:
    """Strong edges that are not an outline: bands and dots of paint."""
    height, width = picture.shape[:2]
    for _ in range(7):
        y = int(random.uniform(0.1, 0.9) * height)
        colour = _colour(random)
        slant = int(random.normal(0, 0.1) * height)
        cv2.line(picture, (0, y - slant), (width, y + slant), colour.tolist(), int(random.uniform(0.005, 0.03) * size))
    for _ in range(60):
        spot = (int(random.uniform(0, width)), int(random.uniform(0, height)))
        cv2.circle(picture, spot, int(random.uniform(0.005, 0.03) * size), _colour(random).tolist(), -1)
    cv2.GaussianBlur(picture, (0, 0), 1.5, dst=picture)


def _backdrop(random: np.random.Generator, width: int, height: int, middle: tuple[float, float], size: float) -> Floats:
    """A wall with posters, and a platter with rings under the object."""
    picture = _texture(random, width, height, detail=size / 6)
    for _ in range(12):
        x, y = int(random.uniform(-0.1, 0.9) * width), int(random.uniform(-0.1, 0.6) * height)
        w, h = int(random.uniform(0.05, 0.3) * width), int(random.uniform(0.05, 0.4) * height)
        cv2.rectangle(picture, (x, y), (x + w, y + h), _colour(random).tolist(), -1)
    centre = (int(middle[0]), int(middle[1] + 0.45 * size))
    wood = _colour(random)
    for ring in range(12):
        axes = (int(size * (0.9 - 0.07 * ring)), int(size * (0.25 - 0.0195 * ring)))
        tone = (wood + random.normal(0, 12, 3)).clip(0, 255)
        cv2.ellipse(picture, centre, axes, 0, 0, 360, tone.tolist(), -1)
    picture += 6 * _field(random, width, height, 9)[..., None]
    cv2.GaussianBlur(picture, (0, 0), 1.5, dst=picture)
    return picture


def _shade(picture: Floats, coverage: Floats, size: float) -> None:
    """Round the object off: darker towards its outline and to one side."""
    depth = _smooth(coverage, size / 14)
    light = np.linspace(1.15, 0.75, coverage.shape[1], dtype=np.float32)
    picture *= (0.55 + 0.5 * depth * light)[..., None]


def _cast_shadow(picture: Floats, coverage: Floats, size: float) -> None:
    """A soft shadow to the lower right, darkest where the object stands."""
    shift = np.array([[1, 0, 0.05 * size], [0, 1, 0.03 * size]], np.float32)
    height, width = coverage.shape
    shadow = cv2.warpAffine(_smooth(coverage, size / 30), shift, (width, height))
    low = np.clip(np.linspace(-1.2, 2, height, dtype=np.float32), 0, 1)[:, None]
    picture *= (1 - 0.55 * shadow * low)[..., None]


def _sector(random: np.random.Generator, width: int, height: int, middle: tuple[float, float]) -> Floats:
    """1 in a wedge of about a sixth of a turn around the object's middle, 0 elsewhere, soft between."""
    x = np.arange(width, dtype=np.float32)[None, :] - middle[0]
    y = np.arange(height, dtype=np.float32)[:, None] - middle[1]
    off = np.abs((np.arctan2(y, x) - random.uniform(-np.pi, np.pi) + np.pi) % (2 * np.pi) - np.pi)
    wedge: Floats = np.clip((0.55 - off) / 0.06, 0, 1).astype(np.float32)
    return wedge


def _developed(picture: Floats, random: np.random.Generator) -> Bytes:
    """Sensor noise with a touch of demosaicing, then JPEG."""
    strength = random.uniform(2.0, 7.0)
    noise = cv2.blur(random.standard_normal(picture.shape, np.float32), (2, 2))
    picture += np.float32(strength * 1.5) * noise * (0.5 + np.sqrt(np.clip(picture, 0, 255) / 255))
    quality = int(random.integers(88, 97))
    rgb = np.clip(picture, 0, 255).astype(np.uint8)
    packed = io.BytesIO()
    Image.fromarray(rgb).save(packed, "JPEG", quality=quality)
    return np.asarray(Image.open(packed))
