"""From signs to a verdict: a calibrated doubt, what it is made of, and the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp

from underside.ring import Agreement
from underside.verdict.signs import Signs

__all__ = ["WEIGHTS", "WEIGHTS_WITH_RING", "Grade", "Verdict", "faults", "judge"]

# Not yet fitted.
WEIGHTS: Mapping[str, float] = {"always": -4.0, "matte_unlike": 20.0, "first_unlike": 10.0}
WEIGHTS_WITH_RING: Mapping[str, float] = {"always": -4.0, "matte_unlike": 15.0, "ring_unlike": 15.0}

# Doubt up to which a grade is given.
_VERY_GOOD, _GOOD = 0.2, 0.6


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
        residue=1 - min(1.0, wrong["matte_unlike"]),
        edges=1 - signs.off_edges,
        completeness=1 - min(1.0, signs.on_border),
        ring=None if signs.ring_unlike is None else 1 - signs.ring_unlike,
        reasons=(agreement.reason,) if agreement and agreement.reason else (),
        empty=signs.area == 0,
    )


def faults(signs: Signs, agreement: Agreement | None) -> dict[str, float]:
    """All that may be wrong, each 0 where nothing is."""
    return {
        "always": 1.0,
        "matte_unlike": signs.matte_unlike,
        "first_unlike": signs.first_unlike,
        "ring_unlike": signs.ring_unlike or 0.0,
    }
