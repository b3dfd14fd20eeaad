"""Other ways to the same mask, step by step, where the verdict is poor; the best is kept, never a worse one."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.catalogue import load_catalogue
from underside.catalogue.pins import is_here, licence_is_accepted
from underside.errors import UndersideError
from underside.looks import Found, resampled, seen_through
from underside.manifest import Step
from underside.masker import Effort, Masked, Masker
from underside.ring import Agreement
from underside.segmenters import Choices, Segmenter
from underside.segmenters.by_name import make_segmenter
from underside.segmenters.grabcut import cut_by_colour
from underside.segmenters.network import NetworkSegmenter
from underside.verdict import Grade, Signs, Verdict, judge, read_signs

__all__ = ["Agreed", "Climbed", "Ladder", "Rung", "make_ladder"]

# The network's usual size times this, for a larger look.
_LARGER = 1.5
# A step must leave so much less doubt to be taken: two masks alike are not worth the change.
_WORTH = 0.05

Mask = NDArray[np.uint8]
Agreed = Callable[[Mask], Agreement | None]
"""How well a mask goes with its neighbours' in the ring; nothing where it has none."""


class Rung(Protocol):
    """One step: another matte of the same photo."""

    @property
    def name(self) -> str:
        """As the manifest calls it."""

    def find(self, masked: Masked, best: Found) -> Found | None:
        """Another matte, perhaps from the best one so far; none where this step has nothing to say."""


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
        """Whether a mask of that verdict is to be tried again."""
        return bool(self.rungs) and (self.masker.effort is Effort.BEST or verdict.grade is not Grade.VERY_GOOD)

    def climb(self, masked: Masked, agreed: Agreed) -> Climbed:
        """Step by step, until the verdict is good or nothing more helps."""
        verdict = judge(self.signs(masked, masked.found, masked.mask), agreed(masked.mask))
        best, found, steps = Climbed(masked.mask, verdict), masked.found, list[Step]()
        for rung in self.rungs if self.asks_for(verdict) else ():
            other = rung.find(masked, found)
            if other is None:
                continue
            mask = self.masker.cut(masked.look, other)
            verdict = judge(self.signs(masked, other, mask), agreed(mask))
            taken = verdict.doubt < best.verdict.doubt - _WORTH
            steps.append(Step(rung.name, round(verdict.doubt, 4), taken, round(_change(best.mask, mask), 4)))
            if taken:
                best, found = Climbed(mask, verdict), other
            if self._is_enough(best.verdict, taken):
                break
        return replace(best, steps=tuple(steps))

    @staticmethod
    def signs(masked: Masked, found: Found, mask: Mask) -> Signs:
        """What a mask of the photo, cut from that matte, shows of its faults."""
        look = masked.look
        return read_signs(
            frame=look.frame, pixels=look.pixels, first=look.first, found=found, mask=mask, ring=look.ring
        )

    def _is_enough(self, verdict: Verdict, taken: bool) -> bool:
        if self.masker.effort is Effort.BEST:
            return False
        return verdict.grade is Grade.VERY_GOOD or (verdict.grade is Grade.GOOD and not taken)


def make_ladder(masker: Masker, choices: Choices) -> Ladder:
    """All steps that can be taken for a capture; none where the effort, or the segmenter chosen, asks for none.

    Networks that were never taught to leave the platter out are left alone unless every step is asked for: their
    verdict would be poor for each shot, and who names one wants its masks.
    """
    network = masker.segmenter
    if not isinstance(network, NetworkSegmenter) or not (masker.learns or masker.effort is Effort.BEST):
        return Ladder(masker)
    rungs: list[Rung] = [_ByColour()]
    if choices.plates:
        rungs.append(_Other("the plate", masker, partial(make_segmenter, "plate", choices)))
    rungs.append(_WithoutRing())
    larger = network.larger(_LARGER)
    if larger is not None:
        rungs.append(_Other("a larger look", masker, lambda: larger, with_ring=True))
    if masker.effort is Effort.BEST:
        # General networks seldom win on a turntable, and each is one more to load.
        rungs += [
            _Other(f"the model {name}", masker, partial(make_segmenter, "network", replace(choices, model=name)))
            for name in _other_models(network)
        ]
    return Ladder(masker, rungs)


def _other_models(network: NetworkSegmenter) -> list[str]:
    """Those for objects that are on this machine and may be used."""
    return [
        model.name
        for model in load_catalogue().models.values()
        if model.name != network.name and not model.refused and is_here(model) and licence_is_accepted(model)
    ]


class _WithoutRing:
    """What the network says alone, where a ring had a say."""

    name = "without the ring"

    def find(self, masked: Masked, best: Found) -> Found | None:
        return masked.alone if masked.look.ring else None


class _Other:
    """Another segmenter, loaded when it is first asked for."""

    def __init__(self, name: str, masker: Masker, load: Callable[[], Segmenter], *, with_ring: bool = False) -> None:
        self.name = name
        self._masker = masker
        self._load = load
        self._with_ring = with_ring
        self._segmenter: Segmenter | None = None
        self._loading = threading.Lock()

    def find(self, masked: Masked, best: Found) -> Found | None:
        look = masked.look
        try:
            with self._loading:
                self._segmenter = self._segmenter or self._load()
            found = self._masker.find(look, self._segmenter)
        except UndersideError:  # nobody asked for it: what it cannot do is no error
            return None
        return look.ring.correct(found, look.frame, look.pixels) if self._with_ring and look.ring else found


class _ByColour:
    """The best matte so far, put right by the colours in and around it, cut apart along the photo's edges.

    The best step of all, above all round small things and thin legs (tuning captures, November 2026: .917 to .963,
    .909 to .921), but noise leads it astray: .935 to .801 on black velvet at ISO 8000.
    """

    name = "the colours"

    def find(self, masked: Masked, best: Found) -> Found | None:
        if masked.look.ring and masked.look.ring.smoothing:
            return None
        picture = seen_through(masked.look.frame, masked.look.pixels, best.box, best.matte.shape)
        matte = cut_by_colour(picture, best.matte)
        return Found(resampled(matte, best.box, best.box, best.matte.shape), best.box)


def _change(before: Mask, after: Mask) -> float:
    either = cv2.countNonZero(cv2.bitwise_or(before, after))
    return cv2.countNonZero(cv2.bitwise_xor(before, after)) / either if either else 0.0
