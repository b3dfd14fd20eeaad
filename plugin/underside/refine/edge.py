"""Where the photo's own edge lies, seen from every step of a walk along the matte's outline."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.refine.outline import RUN_UP, Grid, Walk, smoothed

__all__ = ["find_edge"]

Floats = NDArray[np.float32]

# Tuned in November 2026 on eight synthetic 24-megapixel scenes, and on the sample capture as it is and enlarged to
# 27 megapixels. The optimum is flat: docs/edges.md says what each does when halved or doubled.
_REACH = 4.0
"""Cells of the matte to look inwards and outwards."""
_SAMPLES_PER_CELL = 4.0
_COLOUR_WINDOW = 4.0
"""Cells along the outline, each way, over which object and backdrop are taken to keep their colours."""
_COLOUR_NOISE = 4.0
"""Grey levels that are never worth anything: sensor noise and JPEG."""
_OVERLAP = np.float32(0.5)
"""Squared distance of the two colours, in their spreads, at which they count for half: paint may set them apart."""
_COLOUR_WEIGHT = 0.25
"""Weight of the colours' log-odds, per photo pixel: neighbours repeat each other."""
_MOST_LOG_ODDS = 4.0
_SLACK = 1.0
"""Cells that the matte's outline may be off: so far its vote is evened out."""
_MATTE_WEIGHT = 3.0
"""Weight of the matte's doubt (-1 to 1), per cell."""
_DROP_WEIGHT = 8.0
"""For an edge where the log-odds drop steeply, against one where they fade."""
_BEND_COST = 0.8
"""For moving a sample in or out between one step and the next."""
_MOST_BEND = 2
_EDGE_SMOOTHING = 0.5
"""Cells along the outline."""
_RIDGE = 0.08
"""Beyond a fall of the matte on the way in, or a rise on the way out, lies another edge."""

_BLOCK = 8192
"""Steps taken at once: bounds the memory, whatever the outline's length."""
_STRETCH = 96
"""Steps over which one path is sought; all stretches of a block are walked side by side."""
_FORBIDDEN = np.float32(1e4)


@dataclass(frozen=True)
class _Rays:
    """What is met on the way out, (samples, steps)."""

    matte: Floats
    usable: NDArray[np.bool_]
    """Not beyond another edge."""
    colours: tuple[Floats, Floats, Floats]


def find_edge(
    walk: Walk,
    matte: Floats,
    grid: Grid,
    guide: NDArray[np.uint8],
    guide_scale: tuple[float, float],
    finer: int,
    rim: float,
) -> Floats:
    """Photo pixels from each step outwards to the edge."""
    total = len(walk.at)
    spacing = max(grid.step / _SAMPLES_PER_CELL, 0.5 / min(guide_scale))
    half = int(np.ceil(_REACH * grid.step / spacing))
    offsets = (np.arange(-half, half + 1, dtype=np.float32) * np.float32(spacing))[:, None]
    slack = round(max(_SLACK * grid.step, rim) / spacing)
    found = np.empty(total, np.float32)
    for first in range(0, total, _BLOCK):
        last = min(total, first + _BLOCK)
        around = slice(max(0, first - RUN_UP), min(total, last + RUN_UP))
        rays = _look_along(walk.at[around], walk.outward[around], offsets, slack, matte, grid, guide, guide_scale)
        cost = _cost(rays, spacing, grid.step, finer)
        edges = (_cheapest_path(cost) - half - 0.5) * np.float32(spacing)
        found[first:last] = edges[first - around.start : last - around.start]
    return smoothed(found, _EDGE_SMOOTHING * finer)


def _look_along(
    at: Floats,
    outward: Floats,
    offsets: Floats,
    slack: int,
    matte: Floats,
    grid: Grid,
    guide: NDArray[np.uint8],
    guide_scale: tuple[float, float],
) -> _Rays:
    cells = (1 / grid.step_x, 1 / grid.step_y)
    met = _sampled(matte, (at - (grid.left, grid.top)) * cells, outward * cells, offsets)
    colours = _sampled(guide, at * guide_scale, outward * guide_scale, offsets)
    half = len(met) // 2
    going_in, going_out = met[half::-1], met[half:]
    highest, lowest = np.maximum.accumulate(going_in), np.minimum.accumulate(going_out)
    past_ridge = np.logical_or.accumulate(going_in < highest - _RIDGE)
    past_valley = np.logical_or.accumulate(going_out > lowest + _RIDGE)
    usable = ~np.concatenate([past_ridge[:0:-1], past_valley])
    # Beyond another edge it goes on as it was before: thin parts would be evened away.
    onward = np.concatenate([highest[:0:-1], lowest])
    evened_out = np.asarray(cv2.blur(onward, (1, 2 * slack + 1), borderType=cv2.BORDER_REPLICATE), np.float32)
    red, green, blue = (colours[..., i].astype(np.float32) for i in range(3))
    return _Rays(evened_out, usable, (red, green, blue))


def _sampled(picture: NDArray[Any], at: NDArray[Any], outward: NDArray[Any], offsets: Floats) -> NDArray[Any]:
    """(offsets, steps): the picture at every offset along every ray, all in its own pixels."""
    x, y = (
        offsets * way.astype(np.float32) + (start - 0.5).astype(np.float32)
        for start, way in zip(at.T, outward.T, strict=True)
    )
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _cost(rays: _Rays, spacing: float, step: float, finer: int) -> Floats:
    """(samples + 1, steps): what it costs to put the edge before each sample, or after the last."""
    log_odds = _log_odds(rays, finer)
    drop = cv2.blur(np.maximum(log_odds[:-1] - log_odds[1:], 0), (5, 3))
    np.clip(log_odds, -_MOST_LOG_ODDS, _MOST_LOG_ODDS, out=log_odds)
    belief = log_odds * np.float32(_COLOUR_WEIGHT * spacing)
    belief += (2 * rays.matte - 1) * np.float32(_MATTE_WEIGHT * spacing / step)
    belief *= rays.usable
    cost = np.empty((len(belief) + 1, belief.shape[1]), np.float32)
    cost[0] = 0
    np.cumsum(belief, axis=0, out=cost[1:])
    cost *= -2
    cost[1:-1] -= drop / (drop + 1) * rays.usable[1:] * np.float32(_DROP_WEIGHT)

    half = len(belief) // 2
    lost_object = np.logical_or.accumulate((rays.matte[half::-1] >= 1) | ~rays.usable[half::-1])[::-1]
    kept_backdrop = np.logical_or.accumulate((rays.matte[half:] <= 0) | ~rays.usable[half:])
    cost[: half + 1] += lost_object * _FORBIDDEN
    cost[half + 1 :] += kept_backdrop * _FORBIDDEN
    return cost


def _log_odds(rays: _Rays, finer: int) -> Floats:
    """How much more each sample looks like the object than like the backdrop, as far as colour tells them apart.

    Two Gaussians of one covariance a step (a linear discriminant), learnt where the matte is sure.
    """
    # Every second sample of every second step is plenty for means over a window.
    some = np.s_[::2, ::2]
    sureness = np.clip((rays.matte[some] - 0.5) * 2.5, -1, 1)
    sureness *= rays.usable[some]
    colours = [plane[some] - 128 for plane in rays.colours]
    inner = np.square(np.maximum(sureness, 0))
    outer = np.square(np.minimum(sureness, 0))
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    both = inner + outer
    sums = [inner.sum(0), outer.sum(0)]
    sums += [np.einsum("jn,jn->n", weight, colour) for weight in (inner, outer) for colour in colours]
    weighted = [both * colour for colour in colours]
    sums += [np.einsum("jn,jn->n", weighted[i], colours[k]) for i, k in pairs]
    window = 2 * round(_COLOUR_WINDOW * finer / 2) + 1
    sums = list(cv2.blur(np.stack(sums), (window, 1), borderType=cv2.BORDER_REPLICATE))

    n_inner, n_outer = sums[0] + 1e-3, sums[1] + 1e-3
    of_object = np.stack(sums[2:5]) / n_inner
    of_backdrop = np.stack(sums[5:8]) / n_outer
    total = n_inner + n_outer
    spread = [
        (s - n_inner * of_object[i] * of_object[k] - n_outer * of_backdrop[i] * of_backdrop[k]) / total
        for s, (i, k) in zip(sums[8:], pairs, strict=True)
    ]
    difference = of_object - of_backdrop
    direction = _solved(spread, difference)
    apart = (direction * difference).sum(0)
    direction *= apart / (apart + _OVERLAP) * (np.minimum(n_inner, n_outer) > 0.1)
    middle = (direction * (of_object + of_backdrop)).sum(0) / 2 + 128 * direction.sum(0)
    steps = rays.matte.shape[1]
    red, green, blue, middle = (np.repeat(row, 2)[:steps] for row in (*direction, middle))
    log_odds: Floats = rays.colours[0] * red
    log_odds += rays.colours[1] * green
    log_odds += rays.colours[2] * blue
    log_odds -= middle
    return log_odds


def _solved(spread: list[Floats], difference: Floats) -> Floats:
    """The covariances' inverses times the differences, by cofactors: three by three, one a step."""
    noise = np.float32(_COLOUR_NOISE**2)
    a, b, c, d, e, f = spread[0] + noise, spread[1], spread[2], spread[3] + noise, spread[4], spread[5] + noise
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    dd, ee, ff = a * f - c * c, b * c - a * e, a * d - b * b
    x, y, z = difference
    solved = np.stack([aa * x + bb * y + cc * z, bb * x + dd * y + ee * z, cc * x + ee * y + ff * z])
    inverted: Floats = solved / (a * aa + b * bb + c * cc)
    return inverted


def _cheapest_path(cost: Floats) -> NDArray[np.int64]:
    """For each step the row of the path that is cheapest over all, bends included."""
    rows, steps = cost.shape
    stretches = -(-steps // _STRETCH)
    length = _STRETCH + 2 * RUN_UP
    starts = np.arange(stretches) * _STRETCH - RUN_UP
    taken = (starts + np.arange(length)[:, None]).clip(0, steps - 1)
    sums = np.full((length, rows + 2 * _MOST_BEND, stretches), _FORBIDDEN * 1000, np.float32)
    middle = slice(_MOST_BEND, _MOST_BEND + rows)
    sums[0, middle] = cost[:, taken[0]]
    for i in range(1, length):
        before, now = sums[i - 1], sums[i, middle]
        np.minimum(before[1 : rows + 1], before[3 : rows + 3], out=now)
        now += _BEND_COST
        np.minimum(now, before[middle], out=now)
        far = np.minimum(before[:rows], before[4:])
        far += 2 * _BEND_COST
        np.minimum(now, far, out=now)
        now += cost[:, taken[i]]
    bends = np.arange(-_MOST_BEND, _MOST_BEND + 1)[:, None]
    bend_costs = np.float32(_BEND_COST) * np.abs(bends)
    path = np.empty((length, stretches), np.int64)
    path[-1] = sums[-1, middle].argmin(0)
    columns = np.arange(stretches)
    for i in range(length - 1, 0, -1):
        choices = path[i] + bends
        cheapest = (sums[i - 1, choices + _MOST_BEND, columns] + bend_costs).argmin(0)
        path[i - 1] = choices[cheapest, columns]
    return path[RUN_UP : RUN_UP + _STRETCH].T.reshape(-1)[:steps]
