"""Climb step by step until the verdict is good or nothing more helps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ladder.rungs import Lenders, Rung
from underside.looks import Found
from underside.manifest import Step
from underside.masker import Masked, Masker
from underside.ring import Agreement, Silhouette, silhouette_of_mask
from underside.verdict import Grade, Signs, Verdict, judge, read_signs

__all__ = ["Agreed", "Ahead", "Climbed", "Ladder"]

Mask = NDArray[np.uint8]
Agreed = Callable[[Silhouette], Agreement | None]
"""How well a mask of that silhouette goes with its neighbours' in the ring; nothing where it has none."""


@dataclass(frozen=True)
class Climbed:
    """The best mask, how far it can be trusted, and all that was tried."""

    mask: Mask
    verdict: Verdict
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Tried:
    """What is known of a mask once its photo is gone."""

    signs: Signs
    silhouette: Silhouette
    change: float = 0.0
    """Against the best mask before it."""


@dataclass(frozen=True)
class Ahead:
    """A climb without the neighbours' word, while the photo was at hand: it holds where they have nothing to add."""

    first: _Tried
    tried: Mapping[str, _Tried | None]
    """By the steps' names; nothing for a step that had nothing to say."""
    taken: tuple[bool, ...]


class _GoesOnError(Exception):
    """A climb goes on where the one ahead had ended."""


@dataclass(frozen=True)
class Ladder:
    """The steps, in the order in which they are tried."""

    masker: Masker
    rungs: Sequence[Rung] = ()

    @property
    def fingerprint(self) -> list[str]:
        """Everything that may change what a climb ends with, besides the masker's own."""
        return [rung.name for rung in self.rungs]

    def asks_for(self, verdict: Verdict) -> bool:
        """Whether a mask of that verdict is to be tried again.

        Without a ring hardly any mask can be called very good: then a good one will do.
        """
        if not self.rungs or self.masker.effort == "best":
            return bool(self.rungs)
        enough = Grade.GOOD if verdict.ring is None else Grade.VERY_GOOD
        return verdict.grade not in (enough, Grade.VERY_GOOD)

    def climb(self, masked: Masked, agreed: Agreed, lenders: Lenders) -> Climbed:
        """The best mask that any step gives; ``lenders`` are asked only where the shot breaks its ring's pattern."""
        climber = _Climber(self.masker, masked, lenders)
        signs = self.signs(masked, masked.found, masked.mask)
        first = _Tried(signs, silhouette_of_mask(masked.mask, masked.look.frame.orientation))
        verdict, steps = self._climb(first, agreed, climber.attempt, climber.take)
        return Climbed(climber.mask, verdict, steps)

    def climb_ahead(self, masked: Masked, signs: Signs) -> tuple[Ahead, Mask]:
        """Climb before the neighbours are known, and the best mask; ``signs`` are those of the one that there is."""
        climber = _Climber(self.masker, masked, list)
        first = _Tried(signs, silhouette_of_mask(masked.mask, masked.look.frame.orientation))
        tried: dict[str, _Tried | None] = {}

        def attempt(rung: Rung) -> _Tried | None:
            tried[rung.name] = climber.attempt(rung)
            return tried[rung.name]

        _, steps = self._climb(first, lambda _: None, attempt, climber.take)
        return Ahead(first, tried, tuple(step.taken for step in steps)), climber.mask

    def settle(self, ahead: Ahead, agreed: Agreed) -> tuple[Verdict, tuple[Step, ...]] | None:
        """How the climb ends now that the neighbours are known; nothing where they lead it another way."""

        def tried_then(rung: Rung) -> _Tried | None:
            if rung.name not in ahead.tried:
                raise _GoesOnError
            return ahead.tried[rung.name]

        try:
            verdict, steps = self._climb(ahead.first, agreed, tried_then, lambda: None)
        except _GoesOnError:
            return None
        return (verdict, steps) if tuple(step.taken for step in steps) == ahead.taken else None

    def _climb(
        self, first: _Tried, agreed: Agreed, attempt: Callable[[Rung], _Tried | None], take: Callable[[], None]
    ) -> tuple[Verdict, tuple[Step, ...]]:
        verdict, steps = judge(first.signs, agreed(first.silhouette)), list[Step]()
        for rung in self.rungs if self.asks_for(verdict) else ():
            tried = attempt(rung)
            if tried is None:
                continue
            other = judge(tried.signs, agreed(tried.silhouette))
            taken = other.odds < verdict.odds - rung.worth and tried.change <= rung.reach
            steps.append(Step(rung.name, round(other.doubt, 4), taken, round(tried.change, 4)))
            if taken:
                take()
                verdict = other
            if self._is_enough(verdict):
                break
        return verdict, tuple(steps)

    @staticmethod
    def signs(masked: Masked, found: Found, mask: Mask) -> Signs:
        """What a mask of the photo, cut from that matte, shows of its faults."""
        look = masked.look
        return read_signs(
            frame=look.frame, pixels=look.pixels, first=look.first, found=found, mask=mask, ring=look.ring
        )

    def _is_enough(self, verdict: Verdict) -> bool:
        """A good one is tried by the first steps, and then left: further ones seldom win."""
        return self.masker.effort != "best" and verdict.grade is not Grade.INSUFFICIENT


class _Climber:
    """Tries steps on one photo, and keeps the best mask so far."""

    def __init__(self, masker: Masker, masked: Masked, lenders: Lenders) -> None:
        self._masker = masker
        self._masked = masked
        self._lenders = lenders
        self._best = self._last = (masked.mask, masked.found)

    @property
    def mask(self) -> Mask:
        """The best mask."""
        return self._best[0]

    def attempt(self, rung: Rung) -> _Tried | None:
        """The step's mask, from the best so far; nothing where it has nothing to say."""
        found = rung.find(self._masked, self._best[1], self._lenders)
        if found is None:
            return None
        mask = self._masker.cut(self._masked.look, found)
        self._last = (mask, found)
        signs = Ladder.signs(self._masked, found, mask)
        silhouette = silhouette_of_mask(mask, self._masked.look.frame.orientation)
        return _Tried(signs, silhouette, _change(self.mask, mask))

    def take(self) -> None:
        """The last attempt's mask is the best."""
        self._best = self._last


def _change(before: Mask, after: Mask) -> float:
    either = cv2.countNonZero(cv2.bitwise_or(before, after))
    return cv2.countNonZero(cv2.bitwise_xor(before, after)) / either if either else 0.0
