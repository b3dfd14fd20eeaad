"""How well each silhouette of a ring goes with its neighbours: the object turns, so it changes little by little."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame
from underside.photo import turn_upright

__all__ = ["Agreement", "Silhouette", "agreement", "silhouette", "silhouette_of_mask"]

# Neighbours on each side that say what to expect.
_REACH = 2
# Fewer shots than this have no pattern to break.
_FEWEST = 5
# Residuals of natural logarithms of area and height, and of the centre's place in object heights: less than this
# is no news, nor is less than three deviations of the ring itself, whose object may be long and thin.
_NO_NEWS = 0.12
_DEVIATIONS = 3 * 1.4826
# At so many times what is no news, nothing is left of the agreement.
_BROKEN = 3.0

# Rows or columns of a mask that are enough to tell what it looks like from afar.
_SEEN_AT = 600


@dataclass(frozen=True)
class Silhouette:
    """What an upright matte looks like from afar; shares of the photo."""

    area: float
    height: float
    across: float
    down: float
    """Of its middle."""


@dataclass(frozen=True)
class Agreement:
    """Of one shot with its ring."""

    score: float
    """1 where it goes with its neighbours, 0 where it cannot be right."""
    reason: str
    """What is wrong, in words; empty where nothing is."""


def silhouette(found: Found, frame: Frame) -> Silhouette:
    """Of a matte, seen upright; all zero where there is no object."""
    left, top, right, bottom = found.box
    share = (right - left) * (bottom - top) / (frame.width * frame.height * found.matte.size)
    whole = np.zeros((_steps(frame.height, found, 0), _steps(frame.width, found, 1)), np.uint8)
    y, x = round(top * found.matte.shape[0] / (bottom - top)), round(left * found.matte.shape[1] / (right - left))
    object_ = (found.matte > 0.5).astype(np.uint8)[: whole.shape[0] - y, : whole.shape[1] - x]
    whole[y : y + object_.shape[0], x : x + object_.shape[1]] = object_
    rows, columns = np.nonzero(turn_upright(whole, frame.orientation))
    if len(rows) == 0:
        return Silhouette(0, 0, 0, 0)
    upright = turn_upright(whole, frame.orientation).shape
    return Silhouette(
        area=len(rows) * share,
        height=float(np.ptp(rows) + 1) / upright[0],
        across=float(columns.mean()) / upright[1],
        down=float(rows.mean()) / upright[0],
    )


def silhouette_of_mask(mask: NDArray[np.uint8], orientation: int) -> Silhouette:
    """Of a mask on the stored grid; all zero where there is no object."""
    step = max(1, max(mask.shape) // _SEEN_AT)
    upright = turn_upright(mask[step // 2 :: step, step // 2 :: step], orientation)
    rows, columns = np.nonzero(upright)
    if len(rows) == 0:
        return Silhouette(0, 0, 0, 0)
    height, width = upright.shape
    return Silhouette(
        area=round(len(rows) / upright.size, 6),
        height=round(float(np.ptp(rows) + 1) / height, 6),
        across=round(float(columns.mean()) / width, 6),
        down=round(float(rows.mean()) / height, 6),
    )


def agreement(ring: Sequence[Silhouette]) -> list[Agreement]:
    """Of every shot of a ring, in the order in which they were taken."""
    if len(ring) < _FEWEST:
        return [Agreement(1.0, "") for _ in ring]
    usual = float(np.median([shot.height for shot in ring])) or 1.0
    values = np.array(
        [(np.log(max(s.area, 1e-6)), np.log(max(s.height, 1e-4)), s.across / usual, s.down / usual) for s in ring]
    )
    off = np.array([values[i] - np.median(values[_neighbours(i, len(ring))], axis=0) for i in range(len(ring))])
    bearable = np.maximum(_NO_NEWS, _DEVIATIONS * np.median(np.abs(off), axis=0))
    return [_judged(residual, residual / bearable) for residual in off]


def _neighbours(i: int, count: int) -> NDArray[np.intp]:
    near = [j for j in range(i - _REACH, i + _REACH + 1) if j != i and 0 <= j < count]
    return np.array(near, np.intp)


def _judged(off: NDArray[np.float64], times: NDArray[np.float64]) -> Agreement:
    worst = int(np.abs(times).argmax())
    score = float(np.clip((_BROKEN - abs(times[worst])) / (_BROKEN - 1), 0, 1))
    if score == 1:
        return Agreement(1.0, "")
    if worst >= 2:
        return Agreement(score, "stands elsewhere than in its neighbours")
    share = abs(np.expm1(off[worst]))
    where = "below" if off[worst] < 0 else "above"
    return Agreement(score, f"{('area', 'height')[worst]} {share:.0%} {where} its neighbours".replace("%", " %"))


def _steps(length: int, found: Found, axis: int) -> int:
    extent = found.box[3] - found.box[1] if axis == 0 else found.box[2] - found.box[0]
    return max(1, int(length * found.matte.shape[axis] / extent + 0.5))
