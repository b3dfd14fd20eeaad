"""The steps of the ladder: each finds another matte of the same photo."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import UndersideError
from underside.looks import Found, resampled, seen_through
from underside.masker import Masked, Masker
from underside.ring.lending import lent_matte
from underside.ring.observation import BEARABLE_NOISE, noise_of
from underside.segmenters import Segmenter
from underside.segmenters.grabcut import cut_by_colour

__all__ = ["ByColour", "FromNeighbours", "Lenders", "NetworkAlone", "Other", "Rung"]

Lenders = Callable[[], Sequence[Masked]]
"""Masks the nearest shots of the ring that can be trusted, where this one breaks the ring's pattern."""

# What the matte is this sure of, the colours may not overrule. Measured on nine tuning captures, November 2026, with
# .98, .95, .90 and .85: the first two win more on small things and lose up to .01 on the sample.
_SURE = 0.85
_COLOUR_GRID, _COLOUR_ROUNDS = 384, 3
# A matte that is lent is that of another moment: a picture of so many pixels shows where it belongs.
_LENT_GRID = 512


class Rung(Protocol):
    """One step."""

    @property
    def name(self) -> str:
        """The step's name in the manifest."""

    @property
    def worth(self) -> float:
        """By how much its mask's odds of being wrong must be lower, as a logarithm, for it to be taken.

        Verdicts are made to tell right masks from wrong ones, and tell less well which of two ways was right.
        """

    @property
    def reach(self) -> float:
        """The greatest share of both masks that may differ, for it to be taken."""

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        """Another matte, perhaps from the best one so far; none where this step has nothing to say."""


class ByColour:
    """The best matte so far, put right by the colours in and around it, cut apart along the photo's edges.

    Noise leads it astray: a noisy photo is left as it is.
    """

    name = "the colours"
    worth = 1.0
    reach = 1.0

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        """The matte, cut again."""
        if noise_of(masked.look.pixels) > BEARABLE_NOISE:
            return None
        picture = seen_through(masked.look.frame, masked.look.pixels, best.box, best.matte.shape)
        matte = cut_by_colour(picture, best.matte, side=_COLOUR_GRID, rounds=_COLOUR_ROUNDS, sure=_SURE)
        return Found(resampled(matte, best.box, best.box, best.matte.shape), best.box)


class FromNeighbours:
    """The mattes of the shots before and after it, moved to where their pixels are now."""

    name = "its neighbours"
    worth = 1.0
    reach = 1.0

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        """The matte lent; none where nothing is suspect, or nobody can lend."""
        others = lenders()
        if not others:
            return None
        own, _ = _small(masked)
        matte = lent_matte([_small(other) for other in others], own)
        whole = masked.look.frame.whole
        return Found(resampled(matte, whole, best.box, best.matte.shape), best.box)


class NetworkAlone:
    """What the network says alone, where a ring or the photo's colours had a say."""

    name = "the network alone"
    worth = 1.0
    reach = 1.0

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        """The network's own."""
        return None if masked.found is masked.alone else masked.alone


class Other:
    """Another segmenter, loaded when it is first asked for."""

    worth = 3.0
    reach = 0.1

    def __init__(self, name: str, masker: Masker, load: Callable[[], Segmenter], *, closer: bool = False) -> None:
        """``closer``: it is the usual one and looks closer; where to, its first look and the ring have told already."""
        self.name = name
        self._masker = masker
        self._load = load
        self._closer = closer
        self._segmenter: Segmenter | None = None
        self._loading = threading.Lock()

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        """The other segmenter's matte."""
        look = masked.look
        try:
            with self._loading:
                self._segmenter = self._segmenter or self._load()
            found = self._masker.find(look, self._segmenter, first=look.first if self._closer else None)
        except UndersideError:  # nobody asked for it: what it cannot do is not an error
            return None
        return self._masker.put_right(look, found) if self._closer else found


def _small(masked: Masked) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The whole photo as stored, and its matte, on one small grid."""
    frame, found = masked.look.frame, masked.found
    scale = min(1.0, _LENT_GRID / (frame.width * frame.height) ** 0.5)
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    pixels = cv2.resize(masked.look.pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return pixels, resampled(found.matte, found.box, frame.whole, (size[1], size[0]), outside=0.0)
