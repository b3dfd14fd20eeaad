"""Climb step by step until the verdict is good or nothing more helps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ladder.rungs import Lenders, Rung
from underside.looks import Found
from underside.manifest import Step
from underside.masker import Effort, Masked, Masker
from underside.ring import Agreement
from underside.verdict import Grade, Signs, Verdict, judge, read_signs

__all__ = ["Agreed", "Climbed", "Ladder"]

Mask = NDArray[np.uint8]
Agreed = Callable[[Mask], Agreement | None]
"""How well a mask goes with its neighbours' in the ring; nothing where it has none."""


@dataclass(frozen=True)
class Climbed:
    """The best mask, how far it can be trusted, and all that was tried."""

    mask: Mask
    verdict: Verdict
    steps: tuple[Step, ...] = ()


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
        if not self.rungs or self.masker.effort is Effort.BEST:
            return bool(self.rungs)
        enough = Grade.GOOD if verdict.ring is None else Grade.VERY_GOOD
        return verdict.grade not in (enough, Grade.VERY_GOOD)

    def climb(self, masked: Masked, agreed: Agreed, lenders: Lenders) -> Climbed:
        """The best mask that any step gives; ``lenders`` are asked only where the shot breaks its ring's pattern."""
        verdict = judge(self.signs(masked, masked.found, masked.mask), agreed(masked.mask))
        best, found, steps = Climbed(masked.mask, verdict), masked.found, list[Step]()
        for rung in self.rungs if self.asks_for(verdict) else ():
            other = rung.find(masked, found, lenders)
            if other is None:
                continue
            mask = self.masker.cut(masked.look, other)
            verdict = judge(self.signs(masked, other, mask), agreed(mask))
            change = _change(best.mask, mask)
            taken = verdict.odds < best.verdict.odds - rung.worth and change <= rung.reach
            steps.append(Step(rung.name, round(verdict.doubt, 4), taken, round(change, 4)))
            if taken:
                best, found = Climbed(mask, verdict), other
            if self._is_enough(best.verdict):
                break
        return replace(best, steps=tuple(steps))

    @staticmethod
    def signs(masked: Masked, found: Found, mask: Mask) -> Signs:
        """What a mask of the photo, cut from that matte, shows of its faults."""
        look = masked.look
        return read_signs(
            frame=look.frame, pixels=look.pixels, first=look.first, found=found, mask=mask, ring=look.ring
        )

    def _is_enough(self, verdict: Verdict) -> bool:
        """A good one is tried by the first steps, and then left: further ones seldom win."""
        return self.masker.effort is not Effort.BEST and verdict.grade is not Grade.INSUFFICIENT


def _change(before: Mask, after: Mask) -> float:
    either = cv2.countNonZero(cv2.bitwise_or(before, after))
    return cv2.countNonZero(cv2.bitwise_xor(before, after)) / either if either else 0.0
