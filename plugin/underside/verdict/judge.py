"""From signs to a verdict: a calibrated doubt, what it is made of, and the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, log1p

from underside.ring import Agreement
from underside.verdict.signs import Signs

__all__ = ["BASE", "WEIGHTS", "WEIGHTS_WITH_RING", "Grade", "Verdict", "faults", "judge"]

BASE = "at all"
"""What weighs on every mask."""
# Not yet fitted.
WEIGHTS: Mapping[str, float] = {BASE: -4.0, "matte": 1.0, "first look": 1.0}
WEIGHTS_WITH_RING: Mapping[str, float] = {BASE: -4.0, "matte": 1.0, "ring": 2.0}

# Doubt up to which a grade is given.
_VERY_GOOD, _GOOD = 0.2, 0.6


# Shares below this hardly count.
_SMALL = 0.02
# Outline over the square root of the area, of a disc; usual shares of the photo.
_CIRCLE = 3.5
_USUAL_LEAST, _USUAL_MOST = 0.01, 0.4


class Grade(StrEnum):
    """How far a mask can be trusted."""

    VERY_GOOD = "very good"
    GOOD = "good"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True)
class Verdict:
    """On one mask."""

    grade: Grade
    doubt: float
    """The chance that less than .95 of mask and truth is common to both."""
    residue: float
    """1 where nothing of the object seems left out, and nothing else kept; 0 where nothing is right. So are all."""
    edges: float
    """The outline lies on edges of the photo."""
    completeness: float
    """Whole, in one piece, inside the photo."""
    ring: float | None
    """It goes with the ring; none where there is no ring."""
    reasons: tuple[str, ...]
    """What is wrong, in words, worst first."""
    empty: bool = False
    """No object was found: the platter seems empty."""


def judge(signs: Signs, agreement: Agreement | None) -> Verdict:
    """``agreement`` is that of the shot's silhouette with its ring, where it has one."""
    weights = WEIGHTS if signs.ring_unlike is None else WEIGHTS_WITH_RING
    wrong = faults(signs, agreement)
    doubt = 1 / (1 + exp(-sum(weight * wrong[name] for name, weight in weights.items())))
    grade = Grade.VERY_GOOD if doubt <= _VERY_GOOD else Grade.GOOD if doubt <= _GOOD else Grade.INSUFFICIENT
    return Verdict(
        grade=grade,
        doubt=doubt,
        residue=1 - min(1.0, signs.matte_unlike),
        edges=1 - signs.off_edges,
        completeness=1 - min(1.0, signs.on_border),
        ring=None if signs.ring_unlike is None else 1 - signs.ring_unlike,
        reasons=(agreement.reason,) if agreement and agreement.reason else (),
        empty=signs.area == 0,
    )


def faults(signs: Signs, agreement: Agreement | None) -> dict[str, float]:
    """All that may be wrong, each 0 where nothing is, more where more is."""
    wrong = {
        BASE: 1.0,
        "matte": _much(signs.matte_unlike),
        "first look": _much(signs.first_unlike),
        "looks": _much(signs.looks_unlike),
        "unsure": _much(signs.unsure),
        "first look unsure": _much(signs.first_unsure),
        "left out": _much(signs.left_out),
        "doubtful": _much(1 - signs.sureness),
        "first look doubtful": _much(1 - signs.first_sureness),
        "slender": log(max(signs.slenderness, _CIRCLE) / _CIRCLE),
        "off edges": _much(signs.off_edges),
        "beside edges": _much(signs.beside_edges),
        "faint": _much(signs.faint),
        "overlap": _much(signs.overlap),
        "object-like": _much(signs.object_like),
        "room-like": _much(signs.room_like),
        "on border": _much(signs.on_border),
        "cut": _much(signs.cut),
        "parts": _much(signs.parts),
        "tiny": max(0.0, log(_USUAL_LEAST / max(signs.area, 1e-5))),
        "huge": max(0.0, log(signs.area / _USUAL_MOST)) if signs.area else 0.0,
        "neighbours": 1 - agreement.score if agreement else 0.0,
    }
    if signs.ring_unlike is not None:
        wrong |= {
            "ring": _much(signs.ring_unlike),
            "unled": _much(signs.unled_unlike or 0.0),
            "ring outside": _much(signs.ring_outside or 0.0),
            "ring inside": _much(signs.ring_inside or 0.0),
            "where never": _much(signs.never or 0.0),
            "missing": _much(signs.always or 0.0),
        }
    return wrong


def _much(share: float) -> float:
    """Nearly as it is while small, by its logarithm when large."""
    return log1p(share / _SMALL)
