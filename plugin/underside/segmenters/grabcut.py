"""Mixture models of the object's and the room's colours, cut apart where the photo has edges."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters import Choices, Segmenter
from underside.segmenters._mixture import first_mixture
from underside.segmenters._seeing import finer, grid_near, shrunk
from underside.segmenters.network import make as make_network

__all__ = ["GrabcutSegmenter", "cut_by_colour", "make"]

_ROUNDS = 5
# What the seed is this sure of, the colours may not overrule.
_SURE = 0.98
# The colours' word against the seed's, where they differ.
_WEIGHT = 0.8


@dataclass(frozen=True)
class GrabcutSegmenter:
    """Starts from another segmenter's matte."""

    seed: Segmenter
    name: str = "grabcut"
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The method and its seed's."""
        return {**self.seed.fingerprint, "segmenter": self.name, "revision": "2"}

    @property
    def notes(self) -> tuple[str, ...]:
        """The seed's, which are this one's too."""
        return self.seed.notes

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """About 512 x 512 pixels, or what the seed looks at if that is more."""
        return finer(grid_near(width, height), self.seed.grid(width, height))

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The seed's matte, put right by the colours."""
        return cut_by_colour(picture, self.seed.matte(picture))


def make(choices: Choices) -> GrabcutSegmenter:
    """Seeded by the network."""
    return GrabcutSegmenter(make_network(choices))


def cut_by_colour(
    picture: NDArray[np.uint8],
    matte: NDArray[np.float32],
    *,
    side: int = 512,
    rounds: int = _ROUNDS,
    sure: float = _SURE,
) -> NDArray[np.float32]:
    """A matte of the same picture, put right by the colours; on a grid of about ``side`` x ``side`` pixels.

    What the matte is ``sure`` of stays.
    """
    small = shrunk(picture, grid_near(picture.shape[1], picture.shape[0], side=side))
    seed = cv2.resize(matte, small.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    labels = np.where(seed > 0.5, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    labels[seed >= sure] = cv2.GC_FGD
    labels[seed <= 1 - sure] = cv2.GC_BGD
    object_ = seed > 0.5
    if not object_.any() or object_.all():
        return seed
    colours = np.ascontiguousarray(small[..., ::-1])
    room, thing = first_mixture(colours[~object_]), first_mixture(colours[object_])
    cv2.grabCut(colours, labels, (0, 0, 1, 1), room, thing, rounds, cv2.GC_EVAL)
    kept = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return _WEIGHT * cv2.GaussianBlur(kept, (0, 0), 0.8).astype(np.float32) + (1 - _WEIGHT) * seed
