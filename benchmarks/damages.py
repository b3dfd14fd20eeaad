"""Masks damaged on purpose, as segmenters go wrong: parts lost, platter kept, outlines too small."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SORTS = (
    "part lost",
    "thin part lost",
    "platter",
    "platter joined",
    "wedge joined",
    "grown",
    "shrunk",
    "shrunk a little",
    "moved",
    "hole",
    "specks",
    "filled",
    "neighbour",
    "background",
)


def damages(
    mask: Pixels, platter: Mask, neighbour: Pixels, random: np.random.Generator, *, count: int
) -> Iterator[tuple[str, Pixels]]:
    """So many sorts of damage, each with the mask that comes of it, where it changes anything."""
    if not mask.any():
        return
    for sort in random.choice(SORTS, count, replace=False):
        damaged = _damaged(str(sort), mask, platter, neighbour, random)
        if damaged.any() and (damaged != mask).any():
            yield str(sort), damaged


def _damaged(sort: str, mask: Pixels, platter: Mask, neighbour: Pixels, random: np.random.Generator) -> Pixels:
    size = float(np.count_nonzero(mask)) ** 0.5
    if sort in {"grown", "shrunk", "shrunk a little"}:
        return _resized(sort, mask, size, random)
    if sort == "neighbour":
        return neighbour
    if sort == "filled":
        outer, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return cv2.fillPoly(mask.copy(), list(outer), 255).astype(np.uint8)
    if sort == "moved":
        angle, far = random.uniform(0, 2 * np.pi), random.uniform(0.01, 0.15) * size
        move = np.array([[1, 0, far * np.cos(angle)], [0, 1, far * np.sin(angle)]])
        return cv2.warpAffine(mask, move, mask.shape[::-1], flags=cv2.INTER_NEAREST).astype(np.uint8)
    if sort in {"part lost", "thin part lost", "hole"}:
        return _without_a_part(sort, mask, size, random)
    if sort in {"platter", "platter joined"}:
        return _with_platter(sort, mask, platter, size, random)
    return _with_more(sort, mask, size, random)


def _resized(sort: str, mask: Pixels, size: float, random: np.random.Generator) -> Pixels:
    if sort == "shrunk a little":
        # Three to eight pixels of an object of two hundred.
        by = max(1.0, random.uniform(0.015, 0.04) * size)
    else:
        by = float(np.exp(random.uniform(np.log(2), np.log(30)))) * mask.shape[1] / 800
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(by) * 2 + 1,) * 2)
    return (cv2.dilate if sort == "grown" else cv2.erode)(mask, kernel).astype(np.uint8)


def _without_a_part(sort: str, mask: Pixels, size: float, random: np.random.Generator) -> Pixels:
    damaged = mask.copy()
    rows, columns = np.nonzero(mask)
    if sort == "part lost":
        angle = random.uniform(0, 2 * np.pi)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        lost = along < np.quantile(along, random.uniform(0.02, 0.4))
        damaged[rows[lost], columns[lost]] = 0
    elif sort == "hole":
        at = int(random.integers(len(rows)))
        radius = max(2, round(random.uniform(0.08, 0.3) * size))
        cv2.circle(damaged, (int(columns[at]), int(rows[at])), radius, 0, -1)
    else:
        thickness = max(2, round(random.uniform(0.06, 0.35) * size))
        thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thickness,) * 2))
        count, parts, facts, _ = cv2.connectedComponentsWithStats(cv2.subtract(mask, thick).astype(np.uint8))
        largest = 1 + np.argsort(-facts[1:, cv2.CC_STAT_AREA])[: int(random.integers(1, 4))]
        damaged[np.isin(parts, largest[largest < count])] = 0
    return damaged


def _with_platter(sort: str, mask: Pixels, platter: Mask, size: float, random: np.random.Generator) -> Pixels:
    """Some of the platter; joined, what lies near the object."""
    extra = platter & ~(mask > 0)
    if sort == "platter joined":
        reach = round(random.uniform(0.1, 0.6) * size)
        near = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 3) < reach
        extra &= near
    damaged = mask.copy()
    rows, columns = np.nonzero(extra)
    if len(rows):
        along = columns * random.normal() + rows * random.normal()
        kept = along <= np.quantile(along, random.choice([0.1, 0.3, 1.0] if sort == "platter" else [0.3, 0.6, 1.0]))
        damaged[rows[kept], columns[kept]] = 255
    return damaged


def _with_more(sort: str, mask: Pixels, size: float, random: np.random.Generator) -> Pixels:
    damaged = mask.copy()
    rows, columns = np.nonzero(mask)
    at = int(random.integers(len(rows)))
    if sort == "wedge joined":
        below = rows > np.quantile(rows, 0.85)
        at = int(random.choice(np.flatnonzero(below))) if below.any() else at
        wide, high = random.uniform(0.2, 0.8, 2) * size * (random.choice([-1, 1]), 0.6)
        corners = np.array([[0, -high], [wide, high / 2], [-0.2 * wide, high / 2]]) + np.array([columns[at], rows[at]])
        cv2.fillPoly(damaged, [np.rint(corners).astype(np.int32)], 255)
    elif sort == "specks":
        for _ in range(int(random.integers(1, 5))):
            speck = (int(random.integers(mask.shape[1])), int(random.integers(mask.shape[0])))
            cv2.circle(damaged, speck, max(2, round(random.uniform(0.05, 0.2) * size)), 255, -1)
    else:
        middle = (float(columns[at]), float(rows[at]))
        axes = (float(random.uniform(0.2, 0.9) * size), float(random.uniform(0.2, 0.6) * size))
        cv2.ellipse(damaged, (middle, axes, float(random.uniform(0, 180))), 255, -1)
    return damaged
