"""From signs to a verdict: a calibrated doubt, what it is made of, and the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp

from underside.ring import Agreement
from underside.verdict.faults import faults
from underside.verdict.reasons import EMPTY, reasons
from underside.verdict.signs import Signs
from underside.verdict.weights import DOUBT, EMPTINESS, INSUFFICIENT, VERY_GOOD

__all__ = ["Grade", "Verdict", "judge", "known_by", "odds_of"]

# A shot that is called empty is a greater harm than a plate that is not.
_EMPTY = 1.0
# Chances closer to certainty than this are not given.
_CERTAIN = 30.0


class Grade(StrEnum):
    """How far a mask can be trusted."""

    VERY_GOOD = "very good"
    GOOD = "good"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True)
class Verdict:
    """The verdict on one mask. Terms are 1 if nothing is wrong, 0 if nothing is right."""

    grade: Grade
    doubt: float
    """The chance that less than .95 of mask and truth is common to both."""
    odds: float
    """Logarithm of the odds of that chance: tells masks apart of which all are doubted."""
    residue: float
    """How little that may be object lies outside the mask."""
    edges: float
    """How much of the outline lies on edges of the photo."""
    completeness: float
    """Whether it is whole: in one piece, inside the photo and its matte's box."""
    ring: float | None
    """How well it goes with the ring's still room and with its neighbours; none where neither is known."""
    reasons: tuple[str, ...]
    """What is wrong, in words, the worst first, three at most; none where it is very good."""
    empty: bool = False
    """No object was found, or what was found is none."""


def judge(signs: Signs, agreement: Agreement | None) -> Verdict:
    """``agreement`` is that of the shot's silhouette with its ring, where it has one."""
    known = known_by(signs)
    empty = signs.area == 0 or odds_of(EMPTINESS[known], signs, agreement) > _EMPTY
    odds = _CERTAIN if empty else odds_of(DOUBT[known], signs, agreement)
    odds = min(max(odds, -_CERTAIN), _CERTAIN)
    doubt = 1 / (1 + exp(-odds))
    grade = Grade.VERY_GOOD if doubt <= VERY_GOOD[known] else Grade.GOOD
    if doubt > INSUFFICIENT[known]:
        grade = Grade.INSUFFICIENT
    told = () if empty or grade is Grade.VERY_GOOD else reasons(signs, agreement)
    return Verdict(
        grade=grade,
        doubt=doubt,
        odds=odds,
        residue=_left(max(signs.left_out, signs.object_like, signs.ring_outside or 0.0)),
        edges=_left(max(signs.off_edges, signs.beside_edges)),
        completeness=_left(max(signs.on_border, signs.cut, signs.parts, float(signs.area == 0))),
        ring=_ring(signs, agreement),
        reasons=(EMPTY,) if empty else told,
        empty=empty,
    )


def known_by(signs: Signs) -> str:
    """Which weights are for a shot of which so much is known."""
    if signs.ring_unlike is not None:
        return "plate" if signs.plate else "ring"
    return "two looks" if signs.looks > 1 else "one look"


def _ring(signs: Signs, agreement: Agreement | None) -> float | None:
    goes_with = [1.0 - signs.ring_unlike] if signs.ring_unlike is not None else []
    goes_with += [agreement.score] if agreement else []
    return min(goes_with, default=None)


def odds_of(weights: Mapping[str, float], signs: Signs, agreement: Agreement | None) -> float:
    """Logarithm of the odds that faults of such weights give."""
    wrong = faults(signs, agreement)
    return sum(weight * wrong[name] for name, weight in weights.items())


def _left(wrong: float) -> float:
    return max(0.0, 1 - wrong)
