"""What a shot shows that its plate does not: differences that no shadow, noise or turned platter explains."""

from dataclasses import dataclass
from itertools import pairwise, product

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters._seeing import border_of

__all__ = ["difference_matte", "exposure_gain", "linear"]

Image = NDArray[np.float32]

# All constants below were tuned on the rendered tuning captures (docs/captures.md), November 2026.

# Added to linear light before logarithms: anything darker is equally black.
_BLACK = np.float32(0.004)
# The outer part of the picture, as a share of its smaller side, that tells the exposure: the room.
_ROOM = 0.1
# Gaussian blurs at which shot and plate are compared; the second pair for noise above _NOISY (of log light).
_SCALES, _NOISY_SCALES, _NOISY = (0.6, 2.0), (1.4, 4.0), 0.1
# A pixel may show any part of the plate this far away, in case the platter has turned.
_ACROSS, _DOWN = (-26, -17, -10, -5, 0, 5, 10, 17, 26), (-6, 0, 6)
# Tolerated differences of log light and of colour direction: a floor and so many deviations of the noise.
_LIGHT, _COLOUR, _DEVIATIONS = 0.008, 0.003, 2.6
# Shadows change colours a little, for the light that is left is another one.
_SHADOW_COLOUR, _SHADOW_GROWTH = 0.03, 0.8
# Darker than the darkest part of the plate nearby by this much of log light: no shadow either.
_TOO_DARK = 1.3
# Weight of evidence: at most for the object, for a plain match, for a shadow.
_MOST, _MATCH, _SHADOW = 3.0, 0.35, 0.2
# And for another segmenter's word: 0.6 makes plain scenes better still, but lets a network eat thin legs.
_PRIOR = 0.4
# Neighbours' pull, without an edge between them and with one.
_PULL, _EDGE_PULL = 6.0, 0.003


@dataclass(frozen=True)
class _Compared:
    """Shot against plate at one scale."""

    shot: Image
    """Log light, blurred."""
    quotient: Image
    """Log light of the shot less the plate's."""
    light: Image
    """Mean over the channels of the quotient."""
    level: Image
    """The plate's mean log light."""
    noise: Image
    """Noise of ``light``."""
    colour: Image
    """How far the colour's direction has turned."""
    evidence: Image
    """For the object, from 0 up."""
    match: Image
    """1 where the plate is seen again."""
    shadow: Image
    """1 where the plate is seen again, perhaps turned or darker."""
    darker: Image
    """Than anything of the plate nearby, in log light."""
    contrast: Image
    """Contrast of the plate nearby, in log light."""


def difference_matte(shot: NDArray[np.uint8], plate: NDArray[np.uint8], prior: Image) -> Image:
    """How likely each pixel of the shot shows the object; both are sRGB pictures of one size.

    ``prior`` is another segmenter's matte of the shot: it decides where the plate says little, as in shadows.
    """
    light, room = linear(shot), linear(plate)
    room = (room + _BLACK) * np.exp(exposure_gain(shot, plate)) - _BLACK
    residue = _log(light, 0) - _log(room, 0)
    noise = 1.4826 * float(np.median(np.abs(residue - cv2.blur(residue, (3, 3)))))
    fine_blur, coarse_blur = _NOISY_SCALES if noise > _NOISY else _SCALES
    fine, coarse = _compare(light, room, fine_blur), _compare(light, room, coarse_blur)
    # Blur carries a difference beyond its edge: the fine comparison must at least hint at it.
    hinted = (np.abs(fine.light) > 0.5 * np.abs(coarse.light)) | (fine.colour > 0.6 * coarse.colour)
    held = _blurred(hinted.astype(np.float32), 1.0) ** 2
    evidence = np.maximum(fine.evidence, coarse.evidence * held)
    match = np.minimum(fine.match, 1 - (1 - coarse.match) * held)
    shadow = np.minimum(fine.shadow, 1 - (1 - coarse.shadow) * held)
    evidence *= _inner(fine)
    outlined = _outlined(fine)
    evidence += np.clip((fine.darker - _TOO_DARK) / 0.3, 0, _MOST) + (1 - match) * outlined
    background = _MATCH * match + _SHADOW * shadow * (1 - match) * (1 - outlined)
    belief = cv2.resize(prior, shot.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    evidence = evidence + _PRIOR * belief
    background = background + _PRIOR * (1 - belief)
    return _settled(evidence.astype(np.float32), background.astype(np.float32), _pulls(fine, 0), _pulls(fine, 1))


def linear(picture: NDArray[np.uint8]) -> Image:
    """Light, from 0 to 1, of an sRGB picture."""
    values = np.arange(256, dtype=np.float32) / np.float32(255)
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[picture], np.float32)


def exposure_gain(shot: NDArray[np.uint8], plate: NDArray[np.uint8]) -> Image:
    """Log of how much brighter the shot is than the plate, for each channel, whatever the object covers."""
    border = border_of(shot.shape, _ROOM)
    usable = border & (shot.max(axis=2) < 254) & (plate.max(axis=2) < 254)
    if usable.sum() < 0.2 * border.sum():
        usable = border
    quotients = _log(linear(shot), 0)[usable] - _log(linear(plate), 0)[usable]
    return np.array([_mode(quotients[:, channel]) for channel in range(3)], np.float32)


def _mode(values: Image) -> float:
    middle = float(np.median(values))
    for _ in range(5):
        spread = 1.4826 * float(np.median(np.abs(values - middle)))
        middle = float(values[np.abs(values - middle) <= 2 * spread + 1e-4].mean())
    return middle


def _compare(light: Image, room: Image, blur: float) -> _Compared:
    shot, plate = _log(light, blur), _log(room, blur)
    quotient = shot - plate
    change = quotient.mean(axis=2)
    level, shot_level = plate.mean(axis=2), shot.mean(axis=2)
    direction, plate_direction = _direction(shot), _direction(plate)
    turned = direction - plate_direction
    window = 2 * int(4 * blur + 4) + 1
    noise = _noise(np.abs(change - _mean(change, window)), level)
    colour_noise = _by_level(level, _length(turned - _mean(turned, window)))
    dimmer = np.maximum(-change, 0)
    light_limit = _LIGHT + _DEVIATIONS * noise
    colour_limit = (_COLOUR / blur + _DEVIATIONS * colour_noise) * np.exp(np.minimum(_SHADOW_GROWTH * dimmer, 1.2))
    colour_limit += _SHADOW_COLOUR * np.minimum(dimmer, 1)
    colour = _length(turned)
    away = _from_nearby((direction, shot_level), (plate_direction, level), colour_limit, light_limit)
    plain = (colour / colour_limit) ** 2 + (change / light_limit) ** 2
    nearby = np.ones((2 * max(_DOWN) + 1, 2 * max(_ACROSS) + 1), np.uint8)
    lowest = cv2.erode(level, nearby).astype(np.float32)
    return _Compared(
        shot=shot,
        quotient=quotient,
        light=change,
        level=level,
        noise=noise,
        colour=colour,
        evidence=np.clip(0.5 * away - 1, 0, _MOST).astype(np.float32),
        match=np.exp(-0.5 * np.minimum(plain, 60)),
        shadow=np.exp(-0.5 * np.minimum(away, 60)),
        darker=np.maximum(lowest - shot_level, 0),
        contrast=cv2.dilate(level, nearby).astype(np.float32) - lowest,
    )


def _noise(residue: Image, level: Image) -> Image:
    """Deviation of the light at every place: as is usual for its brightness, less or more as its surroundings are."""
    usual = 1.4826 * _by_level(level, residue)
    # A texture that turns with the platter is noise too, but not on the wall behind it. The median needs bytes.
    share = np.clip(residue / np.maximum(usual, 1e-6) * 80, 0, 255).astype(np.uint8)
    nearby = cv2.medianBlur(share, 31).astype(np.float32) * np.float32(1.4826 / 80)
    return np.asarray(usual * np.clip(nearby, 0.25, 1.25), np.float32)


def _from_nearby(
    shot: tuple[Image, Image], plate: tuple[Image, Image], colour_limit: Image, light_limit: Image
) -> Image:
    """Squared distance, in tolerances, from the most similar part of the plate nearby; being darker costs nothing."""
    direction, level = shot
    height, width = level.shape
    beside, above = max(_ACROSS), max(_DOWN)
    wide = cv2.copyMakeBorder(np.dstack(plate), above, above, beside, beside, cv2.BORDER_REPLICATE)
    nearest = np.full(level.shape, np.inf, np.float32)
    colour_weight, light_weight = 1 / (colour_limit * colour_limit), 1 / light_limit
    for down, across in product(_DOWN, _ACROSS):
        view = wide[above + down : above + down + height, beside + across : beside + across + width]
        apart = direction - view[..., :3]
        brighter = np.maximum(level - view[..., 3], 0) * light_weight
        away = np.einsum("ijk,ijk->ij", apart, apart) * colour_weight + brighter * brighter
        np.minimum(nearest, away, out=nearest)
    return nearest


def _inner(fine: _Compared) -> Image:
    """0 where a pixel differs less than half as much as one beside it: there the object's outline is only mixed in."""
    strength = cv2.absdiff(fine.quotient, np.zeros_like(fine.quotient)).max(axis=2)
    strongest = cv2.dilate(strength, np.ones((5, 5), np.uint8))
    return np.asarray(np.clip(4 * strength / (strongest + np.float32(1e-6)) - 1.5, 0, 1), np.float32)


def _outlined(fine: _Compared) -> Image:
    """Where the picture's border cannot be reached without crossing an edge that is sharp and new, from 0 to 1."""
    edges = _blurred(np.minimum(_sharpest(fine.shot), _sharpest(fine.quotient)), 0.7)
    limit = 2 * fine.noise + 0.5 * np.maximum(fine.contrast - 0.1, 0) + 0.001
    factors = (1.0, 1.5, 2.2, 3.5)
    inside = np.mean([_enclosed(edges > factor * limit) for factor in factors], axis=0)
    return _blurred(np.asarray(inside, np.float32), 0.7)


def _enclosed(edges: NDArray[np.bool_]) -> Image:
    _, labels, facts, _ = cv2.connectedComponentsWithStats(edges.astype(np.uint8), connectivity=8)
    long = facts[:, cv2.CC_STAT_AREA] >= 12
    long[0] = False
    gaps = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    walls = cv2.morphologyEx(long[labels].astype(np.uint8), cv2.MORPH_CLOSE, gaps)
    # What stands on the lower border counts as standing on a wall.
    free = np.pad(1 - walls, 1, constant_values=1)
    free[-1] = 0
    _, labels = cv2.connectedComponents(free, connectivity=4)
    inside: Image = (labels != labels[0, 0])[1:-1, 1:-1].astype(np.float32)
    return inside


def _sharpest(picture: Image) -> Image:
    """Steepness that is gone after a blur: edges, not the soft borders of shadows."""
    steep = [_steepness(channel) - _steepness(_blurred(channel, 3.0)) for channel in cv2.split(picture)]
    return np.asarray(np.max(steep, axis=0), np.float32)


def _steepness(channel: cv2.typing.MatLike) -> Image:
    return np.hypot(
        cv2.Sobel(channel, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8),
        cv2.Sobel(channel, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8),
    ).astype(np.float32)


def _pulls(fine: _Compared, axis: int) -> Image:
    """How strongly neighbours along an axis belong together: weakly across edges of the shot that the plate lacks."""
    steps = np.minimum(
        np.abs(np.diff(fine.shot, axis=axis)).max(axis=2), np.abs(np.diff(fine.quotient, axis=axis)).max(axis=2)
    )
    noise = fine.noise[:-1] if axis == 0 else fine.noise[:, :-1]
    return np.asarray(_PULL * np.exp(-steps / (0.012 + noise)) + _EDGE_PULL, np.float32)


def _settled(evidence: Image, background: Image, down: Image, across: Image) -> Image:
    """The matte that heeds the evidence and changes only where neighbours do not hold together."""
    height, width = evidence.shape
    weight = evidence + background + np.float32(1e-4)
    wanted = evidence / weight
    if height * width > 90_000:
        half = ((width + 1) // 2, (height + 1) // 2)

        def halved(values: Image, size: tuple[int, int]) -> Image:
            return cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)

        coarse = _settled(
            4 * halved(evidence, half),
            4 * halved(background, half),
            halved(down, (half[0], half[1] - 1)),
            halved(across, (half[0] - 1, half[1])),
        )
        start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
        rounds = 40
    else:
        start, rounds = wanted, 120
    return np.clip(_solved(start, weight, wanted, (down, across), rounds), 0, 1)


def _solved(x: Image, weight: Image, wanted: Image, pulls: tuple[Image, Image], rounds: int) -> Image:
    """Conjugate gradients on the picture's grid."""
    down, across = pulls
    total = weight.copy()
    total[:-1] += down
    total[1:] += down
    total[:, :-1] += across
    total[:, 1:] += across

    def applied(v: Image) -> Image:
        result = total * v
        result[:-1] -= down * v[1:]
        result[1:] -= down * v[:-1]
        result[:, :-1] -= across * v[:, 1:]
        result[:, 1:] -= across * v[:, :-1]
        return result

    rest = weight * wanted - applied(x)
    ready = rest / total
    way = ready.copy()
    size = float(np.vdot(rest, ready))
    for _ in range(rounds):
        if size < 1e-7:
            break
        along = applied(way)
        step = np.float32(size / max(float(np.vdot(way, along)), 1e-20))
        x = x + step * way
        rest = rest - step * along
        ready = rest / total
        before, size = size, float(np.vdot(rest, ready))
        way = ready + np.float32(size / before) * way
    return x


def _log(light: Image, blur: float) -> Image:
    return np.log(np.maximum(_blurred(light, blur) if blur else light, 0) + _BLACK).astype(np.float32)


def _direction(log_light: Image) -> Image:
    """A colour without its brightness: the same in light and in shadow."""
    light = np.maximum(np.exp(log_light) - _BLACK, _BLACK / 4)
    return (light / _length(light)[..., None]).astype(np.float32)


def _length(vectors: Image) -> Image:
    return np.asarray(np.linalg.norm(vectors, axis=2), np.float32)


def _by_level(level: Image, values: Image) -> Image:
    """The usual value at every brightness: the median in each of ten equally full steps."""
    limits = np.quantile(level, np.linspace(0, 1, 11))
    steps = [step for low, high in pairwise(limits) if (step := (level >= low) & (level <= high)).any()]
    middles = np.array([float(np.median(level[step])) for step in steps])
    usual = np.array([float(np.median(values[step])) for step in steps])
    grows = np.concatenate([[True], np.diff(middles) > 1e-6])
    return np.asarray(np.interp(level, middles[grows], usual[grows]), np.float32)


def _blurred(values: cv2.typing.MatLike, blur: float) -> Image:
    return cv2.GaussianBlur(values, (0, 0), blur).astype(np.float32, copy=False)


def _mean(values: Image, window: int) -> Image:
    return cv2.blur(values, (window, window)).astype(np.float32, copy=False)
