"""One photo, from pixels to a hard mask: the engine without files, folders or threads."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from underside.looks import Frame, find_object
from underside.photo import Photo, decode
from underside.refine import EdgeOptions, refine
from underside.segmenters import Segmenter
from underside.survey import Seen

__all__ = ["REVISION", "Effort", "Masked", "Masker"]

REVISION = 1
"""Counts the changes to the way from matte to mask: older masks are then made anew."""


class Effort(StrEnum):
    """How hard the engine tries."""

    FAST = "fast"
    """One look, edges at half resolution."""
    NORMAL = "normal"
    """Two looks, edges at full resolution."""


@dataclass(frozen=True)
class Masked:
    """A mask, and what was seen on the way."""

    mask: NDArray[np.uint8]
    """0 or 255, on the photo's stored pixel grid."""
    pixels: NDArray[np.uint8]
    """The photo as it was decoded for the mask: RGB, stored grid, in full or reduced."""


class Masker:
    """Masks photos, one at a time, from any number of threads at once."""

    def __init__(
        self, segmenter: Segmenter, *, effort: Effort = Effort.NORMAL, edges: EdgeOptions | None = None
    ) -> None:
        self.segmenter = segmenter
        self._looks = 2 if segmenter.closer_look and effort is not Effort.FAST else 1
        self._reduce = 2 if effort is Effort.FAST else 1
        self._edges = edges or EdgeOptions()

    @property
    def learns(self) -> bool:
        """Whether a survey of the whole pass makes its masks better.

        The weights of what a ring knows were fitted to mattes of networks that learnt to leave the platter out.
        """
        return self._looks == 2

    def mask_photo(self, photo: Photo, seen: Seen | None = None) -> Masked:
        """Mask a photo opened by ``open_photo``, with what a survey of its pass has seen."""
        frame = Frame(photo.width, photo.height, photo.orientation, photo.icc)
        return self._mask(decode(photo, reduce=self._reduce), frame, seen)

    def mask(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Mask an upright RGB picture held in memory: 255 where the object is, 0 elsewhere."""
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"an RGB picture is (height, width, 3) of uint8, not {picture.shape} of {picture.dtype}")
        return self._mask(picture, Frame(picture.shape[1], picture.shape[0])).mask

    def _mask(self, pixels: NDArray[np.uint8], frame: Frame, seen: Seen | None = None) -> Masked:
        first = seen.first(frame) if seen else None
        found = find_object(self.segmenter, frame, pixels, looks=self._looks, first=first)
        if seen and seen.ring:
            found = seen.ring.correct(found, frame, pixels)
        mask = refine(found.matte, found.box, pixels, (frame.width, frame.height), self._edges)
        return Masked(mask, pixels)
