"""How well each silhouette of a ring goes with its neighbours: the object turns, so it changes little by little."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from underside.photo import turn_upright

__all__ = ["Agreement", "Silhouette", "agreement", "silhouette_of_mask"]

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
_MOST_TOLD = 10.0

# Rows or columns of a mask that are enough to tell what it looks like from afar.
_SEEN_AT = 600


@dataclass(frozen=True)
class Silhouette:
    """What an upright mask looks like from afar; shares of the photo."""

    area: float
    height: float
    across: float
    down: float
    """How far down its middle is."""


@dataclass(frozen=True)
class Agreement:
    """The agreement of one shot with its ring."""

    score: float
    """1 where it goes with its neighbours, 0 where it cannot be right."""
    reason: str
    """What is wrong, in words; empty where nothing is."""


def silhouette_of_mask(mask: NDArray[np.uint8], orientation: int) -> Silhouette:
    """The silhouette of a mask on the stored grid; all zero if there is no object."""
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
    """The agreement of every shot of a ring, in the order in which they were taken."""
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
        return Agreement(score, "stands in a different place from its neighbours")
    share = abs(np.expm1(off[worst]))
    where = "below" if off[worst] < 0 else "above"
    # Of neighbours that are lost there is hardly anything: no share of it tells more.
    told = f"{share:.0%}".replace("%", " %") if share <= _MOST_TOLD else "far"
    return Agreement(score, f"{('area', 'height')[worst]} {told} {where} its neighbours")
