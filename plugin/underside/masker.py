"""One photo, from pixels to a hard mask: the engine without files, folders or threads."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame, find_object
from underside.photo import Photo, decode
from underside.refine import EdgeOptions, refine
from underside.ring import RingKnowledge, by_own_colours
from underside.segmenters import Segmenter
from underside.survey import Seen

__all__ = ["REVISION", "Effort", "Look", "Masked", "Masker"]

REVISION = 14
"""Counts the changes to the way from matte to mask: older masks are then made again."""

Effort = Literal["fast", "normal", "best"]
"""``fast``: one look, edges at half resolution; ``normal``: two looks, edges at full resolution, further steps where
the verdict is poor; ``best``: every step of the ladder for every shot."""


@dataclass(frozen=True)
class Look:
    """A photo at hand, as it was decoded for its mask, and what a survey of its pass has seen."""

    frame: Frame
    pixels: NDArray[np.uint8]
    """RGB, stored grid, in full or reduced."""
    ring: RingKnowledge | None
    first: Found
    """The first look, at the whole photo."""


@dataclass(frozen=True)
class Masked:
    """A mask, and what was seen on the way."""

    mask: NDArray[np.uint8]
    """0 or 255, on the photo's stored pixel grid."""
    found: Found
    """The matte that the mask was cut from."""
    alone: Found
    """The segmenter's matte, before a ring or the photo's own colours had their say."""
    look: Look


class Masker:
    """Masks photos, one at a time, from any number of threads at once."""

    def __init__(self, segmenter: Segmenter, *, effort: Effort = "normal", edges: EdgeOptions | None = None) -> None:
        self.segmenter = segmenter
        self.effort = effort
        self._looks = 2 if segmenter.closer_look and effort != "fast" else 1
        self._reduce = 2 if effort == "fast" else 1
        self._edges = edges or EdgeOptions()

    @property
    def learns(self) -> bool:
        """Whether a survey of the whole pass, and a photo's own colours, make its masks better.

        The weights of what they tell were fitted to mattes of networks that learnt to leave the platter out.
        """
        return self._looks == 2

    def mask_photo(self, photo: Photo, seen: Seen | None = None) -> Masked:
        """Mask a photo opened by ``open_photo``, with what a survey of its pass has seen."""
        frame = Frame.of(photo)
        pixels = decode(photo, reduce=self._reduce)
        if seen is None:
            return self._mask(pixels, frame)
        first = seen.first(self.segmenter, frame, pixels, photo.camera)
        return self._mask(pixels, frame, first, seen.ring)

    def mask(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Mask an upright RGB picture held in memory: 255 where the object is, 0 elsewhere."""
        if not isinstance(picture, np.ndarray):
            raise TypeError(
                f"a picture must be an array, (height, width, 3) of uint8, not a {type(picture).__name__}; "
                "mask_photo(open_photo(path)) masks a file"
            )
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
            raise ValueError(f"an RGB picture is (height, width, 3) of uint8, not {picture.shape} of {picture.dtype}")
        return self._mask(picture, Frame(picture.shape[1], picture.shape[0])).mask

    def find(self, look: Look, segmenter: Segmenter | None = None, *, first: Found | None = None) -> Found:
        """The object's matte, by another segmenter where one is given; nothing that a ring knows is in it.

        ``first`` is the other one's first look, or what stands for it.
        """
        if segmenter is None or segmenter is self.segmenter:
            found = find_object(self.segmenter, look.frame, look.pixels, looks=self._looks, first=look.first)
        else:
            looks = 2 if segmenter.closer_look else 1
            found = find_object(segmenter, look.frame, look.pixels, looks=looks, first=first)
        return look.ring.without_support(found, look.frame, look.pixels) if look.ring else found

    def put_right(self, look: Look, found: Found) -> Found:
        """The matte with what the ring knows or, where there is none, what the photo's own colours tell."""
        if look.ring:
            return look.ring.correct(found, look.frame, look.pixels)
        return by_own_colours(found, look.frame, look.pixels) if self.learns else found

    def cut(self, look: Look, found: Found) -> NDArray[np.uint8]:
        """A matte as a mask, its edge the photo's."""
        return refine(found.matte, found.box, look.pixels, look.frame.size, self._edges, rim=found.rim)

    def _mask(
        self, pixels: NDArray[np.uint8], frame: Frame, first: Found | None = None, ring: RingKnowledge | None = None
    ) -> Masked:
        look = Look(frame, pixels, ring, first or find_object(self.segmenter, frame, pixels, looks=1))
        alone = self.find(look)
        found = self.put_right(look, alone)
        return Masked(self.cut(look, found), found, alone, look)
