"""What the object must be in space, by the votes of all masks, and what each shot would then show."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.witness import weights_of
from underside.flip.proof.mapping import Place
from underside.photo import Box

__all__ = ["SURENESS", "Cells", "Silhouette", "beliefs", "cells_of", "corrected", "said", "silhouette_of"]

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

# Tuned in November 2026 on flip-full and the tuning captures with legs, with true cameras and the engine's masks.
_CELLS = 160
"""Cells along the object's longest side."""
_WEIGHT = 2.0
"""Weight of the others' votes against the mask's own word."""
SURENESS = 3.9
"""Log-odds of the surest word of a shot: one pixel in fifty is wrong."""
_THICKNESS = 0.75
"""Cells; what differs in a thinner line is the edge, which the photo shows better than any vote."""
_SURELY = 159
"""Certainty, out of 255, of the pixels, object or not, from which the meaning of votes is learnt."""
_SLACKS = (1, 2, 3, 5, 8, 13)
"""Times as thick must a part be to come back, tried in turn until most masks are left as they are."""
_USUAL = 0.001
"""Share of a mask; more than that is added to half of all masks only where the shots are few."""
_WORKING_SIDE = 480
"""Pixels of the longest box of the object that is voted with."""
_MARGIN = 0.12
"""Margin around each shot's box, as a share of the longest box."""
_FINEST = 2.0
"""Pixels of a silhouette's grid to a cell."""
_COARSE = 40
"""Cells along the longest side of the space that is looked through first."""
_FIRST_GUESS = 0.6
"""Share of the shots that must call a coarse cell object, for it to be looked into."""
_MOST_VOTES = 240_000_000
"""Most votes kept, in bytes: shots times cells."""
_CHUNK = 1 << 18
"""Cells that are drawn at once."""
_HALF_DIAGONAL = 0.9
"""Distance from a cell's middle to a corner, .87, as a share of its side."""
_NOTHING = 1e-3
"""Weight of nobody's word."""
_AS_SAID = 0.1
"""Weight, as a share of all object pixels, of the belief that a share of votes means just what it says."""
_SHARES = np.arange(256) / 255
_LEAST = 1e-4
"""Share, for its logarithm."""
_EVENED = 9
"""Neighbouring counts of votes that are taken together, of 256."""


@dataclass(frozen=True)
class Silhouette:
    """What one mask says, on a grid of its own over a box of the photo."""

    place: Place
    box: Box
    mask: Bytes
    """0 to 255: shares of the grid's pixels."""

    @property
    def step(self) -> float:
        """Photo pixels to a pixel of the grid."""
        return float((self.box[2] - self.box[0]) / self.mask.shape[1])

    def hit(self, points: Floats) -> tuple[Floats, Floats]:
        """Where points of the scene fall, in columns and rows of the grid."""
        drawn = self.place.draw(points).astype(np.float32)
        left, top, right, bottom = self.box
        x = (drawn[:, 0] - left) * np.float32(self.mask.shape[1] / (right - left)) - np.float32(0.5)
        y = (drawn[:, 1] - top) * np.float32(self.mask.shape[0] / (bottom - top)) - np.float32(0.5)
        return x, y


def silhouette_of(place: Place, mask: Bytes, points: Floats, side: float) -> Silhouette | None:
    """A mask of the stored grid, reduced to where the object may be; none if it is empty.

    ``points`` lie on the object: a part that the mask has lost may lie far outside the mask's own box. ``side`` is the
    longest box of all shots.
    """
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    out = round(_MARGIN * side)
    drawn = place.draw(points) if len(points) else np.array([[left, top]], np.float32)
    low, high = np.percentile(drawn, (2, 98), axis=0)
    box = (
        max(0, min(left, int(low[0])) - out),
        max(0, min(top, int(low[1])) - out),
        min(mask.shape[1], max(left + width, int(high[0])) + out),
        min(mask.shape[0], max(top + height, int(high[1])) + out),
    )
    scale = min(1.0, _WORKING_SIDE / side)
    size = (max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale)))
    small = cv2.resize(mask[box[1] : box[3], box[0] : box[2]], size, interpolation=cv2.INTER_AREA)
    return Silhouette(place, box, small.astype(np.uint8, copy=False))


@dataclass(frozen=True)
class Cells:
    """Where the object may be."""

    points: Floats
    """(n, 3): their middles."""
    side: float

    def pixels(self, silhouette: Silhouette) -> float:
        """A cell's side as the shot's grid sees it."""
        return _pixels(silhouette, self.points, self.side)


def cells_of(
    silhouettes: Sequence[Silhouette], on_object: Floats, floor: Callable[[Floats], Flags] | None = None
) -> Cells | None:
    """All that may be object by the masks, and by ``floor`` where it is given; none where nothing can be."""
    with _pool() as pool:
        points, side = _cells(silhouettes, on_object, pool)
    if floor is not None:
        points = points[floor(points)]
    return Cells(points, side) if len(points) else None


def said(own: Floats) -> Bytes:
    """Log-odds of object as a silhouette's mask."""
    return np.asarray(np.clip(np.rint(127.5 + own * (127.5 / SURENESS)), 0, 255), np.uint8)


def beliefs(cells: Cells, silhouettes: Sequence[Silhouette]) -> list[Floats]:
    """Log-odds of object on every shot's grid, by what it says itself and by all others."""
    points = cells.points
    weights = weights_of(points, [each.place for each in silhouettes])
    with _pool() as pool:
        votes = list(pool.map(lambda each: _votes(each, points), silhouettes))
        weighed, whole = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
        for vote, weight in zip(votes, weights, strict=True):
            weighed += weight * vote
            whole += weight

        def support(each: tuple[Silhouette, Bytes, Floats]) -> _Support:
            silhouette, vote, weight = each
            by_others = (weighed - weight * vote) / np.maximum(whole - weight, _NOTHING)
            return _seen(silhouette, points, np.clip(by_others, 0, 255).astype(np.uint8), weight, cells.side)

        supports = list(pool.map(support, zip(silhouettes, votes, weights, strict=True)))
    means = _meaning(silhouettes, supports)
    return [
        own.weight * ((of.mask.astype(np.float32) - np.float32(127.5)) * np.float32(SURENESS / 127.5))
        + _WEIGHT * means[own.share]
        for of, own in zip(silhouettes, supports, strict=True)
    ]


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)))


def _cells(silhouettes: Sequence[Silhouette], on_object: Floats, pool: ThreadPoolExecutor) -> tuple[Floats, float]:
    """The middles of all cells that may hold object, and a cell's side."""
    middle = np.median(on_object, axis=0).astype(np.float32)
    reach = 1.5 * float(np.median([_reach(each, middle) for each in silhouettes]))
    # Far from the middle where the points lie to one side: looked for once more around what was found.
    for _ in range(2):
        low, high = middle - reach, middle + reach
        coarse, step = _grid(low, high, _COARSE)
        found = coarse[_likely(silhouettes, coarse, step, pool)]
        if not len(found):
            return np.zeros((0, 3), np.float32), step
        middle = (found.min(axis=0) + found.max(axis=0)) / 2
        reach = float((found.max(axis=0) - found.min(axis=0)).max()) / 2 + step
    low, high = found.min(axis=0) - step, found.max(axis=0) + step
    coarse, step = _grid(low, high, _COARSE)
    found = coarse[_likely(silhouettes, coarse, step, pool)]
    parts = max(1, _CELLS // _COARSE)
    pixels = float(np.median([_pixels(each, found, step) for each in silhouettes])) if len(found) else 1.0
    while parts > 1 and (len(found) * parts**3 * len(silhouettes) > _MOST_VOTES or pixels / parts < _FINEST):
        parts -= 1
    inner = (np.arange(parts, dtype=np.float32) + 0.5) / parts - 0.5
    offsets = np.stack(np.meshgrid(inner, inner, inner, indexing="ij"), axis=-1).reshape(-1, 3) * np.float32(step)
    fine = (found[:, None] + offsets).reshape(-1, 3)
    return fine.astype(np.float32), step / parts


def _reach(silhouette: Silhouette, middle: Floats) -> float:
    """How far from the middle the object can reach, as one shot sees it."""
    place = silhouette.place
    distance = float(np.linalg.norm(place.centre - middle))
    left, top, right, bottom = silhouette.box
    return float(0.5 * np.hypot(right - left, bottom - top) * distance / place.lens.focal)


def _grid(low: Floats, high: Floats, cells: int) -> tuple[Floats, float]:
    step = float((high - low).max()) / cells
    axes = [np.arange(low[i] + step / 2, high[i], step, dtype=np.float32) for i in range(3)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3), step


def _likely(
    silhouettes: Sequence[Silhouette], points: Floats, step: float, pool: ThreadPoolExecutor
) -> NDArray[np.bool_]:
    """Cells that meet the object in enough shots, as far as a cell this coarse can tell."""

    def meets(silhouette: Silhouette) -> NDArray[np.bool_]:
        reach = int(np.ceil(_HALF_DIAGONAL * _pixels(silhouette, points, step)))
        wide = cv2.dilate(silhouette.mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        return _votes(replace(silhouette, mask=wide.astype(np.uint8, copy=False)), points) > 127

    count = np.zeros(len(points), np.uint32)
    for met in pool.map(meets, silhouettes):
        count += met
    return count >= _FIRST_GUESS * len(silhouettes)


def _pixels(silhouette: Silhouette, points: Floats, step: float) -> float:
    """A cell's side as the shot's grid sees it."""
    distance = float(np.linalg.norm(silhouette.place.centre - points.mean(axis=0)))
    return float(step * silhouette.place.lens.focal / distance / silhouette.step)


def _votes(silhouette: Silhouette, points: Floats) -> Bytes:
    """How much each cell is object by this mask, 0 to 255."""
    votes = np.zeros(len(points), np.uint8)
    for start in range(0, len(points), _CHUNK):
        x, y = silhouette.hit(points[start : start + _CHUNK])
        # OpenCV looks up pictures in pictures: a list is one of 512 columns, its last row filled up.
        rows = -(-len(x) // 512)
        x, y = (np.pad(each, (0, rows * 512 - len(each)), constant_values=-9).reshape(rows, 512) for each in (x, y))
        found = cv2.remap(silhouette.mask, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        votes[start : start + _CHUNK] = found.reshape(-1)[: len(votes) - start]
    return votes


@dataclass(frozen=True)
class _Support:
    """What supports each pixel of a shot."""

    share: Bytes
    """The most that the others' votes give any cell behind it, of 255."""
    weight: Floats
    """Weight of the shot's own word on that cell."""


def _seen(silhouette: Silhouette, points: Floats, share: Bytes, weight: Floats, side: float) -> _Support:
    pixels = max(1.0, _pixels(silhouette, points, side))
    height, width = silhouette.mask.shape
    rows, columns = int(height / pixels) + 1, int(width / pixels) + 1
    x, y = silhouette.hit(points)
    column = np.rint((x + 0.5) / pixels - 0.5).astype(np.int32)
    row = np.rint((y + 0.5) / pixels - 0.5).astype(np.int32)
    inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
    at, share, weight = (row * columns + column)[inside], share[inside], weight[inside]
    order = np.argsort(share, kind="stable")
    most, its_weight = np.zeros(rows * columns, np.uint8), np.ones(rows * columns, np.float32)
    most[at[order]] = share[order]  # the last one written stays: the largest
    its_weight[at[order]] = weight[order]
    picture = cv2.morphologyEx(most.reshape(rows, columns), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    to_grid = np.array([[1 / pixels, 0, 0.5 / pixels - 0.5], [0, 1 / pixels, 0.5 / pixels - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def on_grid(coarse: NDArray[Any]) -> NDArray[Any]:
        return cv2.warpAffine(coarse, to_grid, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)

    return _Support(on_grid(picture), on_grid(its_weight.reshape(rows, columns)))


def _meaning(silhouettes: Sequence[Silhouette], supports: Sequence[_Support]) -> Floats:
    """Log-odds of object for each share, as this capture's own masks have it: most of their pixels are right."""
    of_object, of_rest = np.zeros(256), np.zeros(256)
    for silhouette, support in zip(silhouettes, supports, strict=True):
        for counts, said_so in ((of_object, silhouette.mask > _SURELY), (of_rest, silhouette.mask < 255 - _SURELY)):
            counts += np.bincount(support.share[said_so], support.weight[said_so], minlength=256)
    of_rest[0] = of_object[0] = 0  # where no cell lies behind
    window = np.ones(_EVENED) / _EVENED
    of_object, of_rest = np.convolve(of_object, window, "same"), np.convolve(of_rest, window, "same")
    # A share that a whole pass has wrong alike, as where all its masks hold a stand, is met hardly anywhere else.
    as_said = _AS_SAID * of_object.sum() / 256 + 1
    share = (of_object + as_said * _SHARES) / (of_object + of_rest + as_said)
    share = np.clip(np.maximum.accumulate(share), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(share / (1 - share)), np.float32)


def corrected(
    known: Sequence[Silhouette], beliefs: Sequence[Floats], cells: Cells, doubtful: Sequence[Flags]
) -> list[Silhouette]:
    """The masks with what the others say put in, but for thin lines along their edges."""
    kept = [each.mask > 127 for each in known]
    edges = [max(1, round(_THICKNESS * cells.pixels(each))) for each in known]
    wrong = [_thick(own & (belief < 0), edge) for own, belief, edge in zip(kept, beliefs, edges, strict=True)]
    missed = [~own & (belief > 0) for own, belief in zip(kept, beliefs, strict=True)]
    cut_off = [_thick(part & doubt, edge) for part, doubt, edge in zip(missed, doubtful, edges, strict=True)]
    lost = [part & ~doubt for part, doubt in zip(missed, doubtful, strict=True)]
    for slack in _SLACKS:
        # Shots from few sides leave room around the object that no mask denies; it lies around most masks alike,
        # while a part that one mask has lost is missing there alone.
        lost = [_thick(part, edge * slack) for part, edge in zip(lost, edges, strict=True)]
        if np.median([part.sum() / max(1, own.sum()) for part, own in zip(lost, kept, strict=True)]) < _USUAL:
            break
    lost = [part | back for part, back in zip(lost, cut_off, strict=True)]
    return [
        replace(each, mask=np.where(more, np.uint8(255), np.where(less, np.uint8(0), each.mask)))
        for each, more, less in zip(known, lost, wrong, strict=True)
    ]


def _thick(part: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    def disk(size: int) -> Bytes:
        return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1)).astype(np.uint8)

    core = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, disk(radius))
    return part & (cv2.dilate(core, disk(radius + 1)) > 0)
