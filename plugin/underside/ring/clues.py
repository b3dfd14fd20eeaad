"""What tells a lost piece of the object from the room, where a mask has a gap."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.colours import Colours
from underside.ring.evidence import View, colour_term

__all__ = ["Clues"]

# Through an opening the room is seen, in whatever light: of 413 true ones of fourteen tuning captures and the sample
# eleven were further than this from their plate, with .1 % of their area; of 161 lost pieces of objects 74 were, with
# 87 % of theirs. Without plates no opening was further from a room that was seen there. November 2026.
_NOT_THE_ROOM = 2.2
# Where nothing is known of what stands behind, colours must tell: no opening had colours so much more usual on the
# object.
_OF_THE_OBJECT = 1.5
# Beside an object there is more room than object. No bay of the same captures up to .15 wide had such colours,
# and of those up to .25 four, with a tenth of what is won.
_SURELY_OF_THE_OBJECT = 3.0
# Of 52 pieces beside the masks of seventeen tuning captures and the sample that have such colours, made of places
# above the second number, and do not look like the room, a tenth of the area is not the object, in slivers along it.
_COLOURED = 2.5
_KNOWN = 0.8
# White in white, what is printed on the object tells: so many percent of a lost piece have a colour so unusual around
# it, and it does not look like the room. On two tuning captures this finds 216 of 240 lost pieces in holes and none of
# 24 openings, and in bays a two-hundredth of what it wins is lost.
_PRINTED, _UNUSUAL, _THE_ROOM = 20, 1.3, 1.0
# A highlight on a plain object is as pale as the platter, but fades away: what the network takes for object, and no
# edge surrounds (in levels from one place to the next), is no opening. Five pieces of the same captures, no opening.
_OBJECT, _EDGE = 0.6, 3.0
_SMOOTHED = 0.7

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Clues:
    """A shot, place by place."""

    pixels: Pixels
    network: Layer
    """The network's own matte."""
    colour: Layer
    """How much more usual its colour is on the object than around it."""
    around: Layer
    """How usual its colour is around the object."""
    in_no_light: Layer
    """Deviations from what any light on what stands behind would look like; NaN where that is not known."""
    apart: bool
    """Whether colours tell the object from its surroundings."""
    pale: bool
    """Whether both have the same few, as in a white tent, and no noise drowns them."""

    @classmethod
    def of(
        cls, view: View, colours: Colours, pixels: Pixels, network: Layer, in_no_light: Layer, *, noisy: bool
    ) -> "Clues":
        """What a view shows, by the colours that it is seen by."""
        return cls(
            pixels=pixels,
            network=network,
            colour=colour_term(view),
            around=view.near_object,
            in_no_light=in_no_light,
            apart=colours.trust > 0,
            pale=colours.pale and not noisy,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.around.shape

    def within(self, part: tuple[slice, slice]) -> "Clues":
        """The clues of some rows and columns."""
        return replace(
            self,
            pixels=self.pixels[part],
            network=self.network[part],
            colour=self.colour[part],
            around=self.around[part],
            in_no_light=self.in_no_light[part],
        )

    def no_opening(self, hole: Mask) -> bool:
        """Whether a hole in the mask shows the object."""
        middle = _middle(hole)
        if self.network[middle].mean() > _OBJECT and _edge_around(hole, self.pixels) < _EDGE:
            return True
        if self.pale:
            return self._printed(middle)
        unlike = self._unlike_the_room(middle)
        if unlike is not None:
            return unlike > _NOT_THE_ROOM
        return self.apart and bool(self.colour[middle].mean() > _OF_THE_OBJECT)

    def no_bay(self, bay: Mask) -> bool:
        """Whether what lies in a bay of the mask's outline is the object."""
        middle = _middle(bay)
        if self.pale:
            return self._printed(middle)
        return self.apart and bool(self.colour[middle].mean() > _SURELY_OF_THE_OBJECT)

    @property
    def coloured(self) -> Bits:
        """1 where colours are met that hardly anything around the object has."""
        return (self.colour > _COLOURED).astype(np.uint8)

    def is_limb(self, piece: Mask) -> bool:
        """Whether a piece beside the mask is the object: both its colours and what stands behind must say so."""
        middle = _middle(piece)
        unlike = self._unlike_the_room(middle)
        return (
            unlike is not None and unlike > _NOT_THE_ROOM and bool(self.colour[middle].mean() > _SURELY_OF_THE_OBJECT)
        )

    def _printed(self, middle: Mask) -> bool:
        unlike = self._unlike_the_room(middle)
        if unlike is not None and unlike < _THE_ROOM:
            return False
        return bool(np.percentile(self.around[middle], _PRINTED) < _UNUSUAL)

    def _unlike_the_room(self, middle: Mask) -> float | None:
        """None where too little of what stands behind is known."""
        unlike = self.in_no_light[middle]
        return float(np.nanmedian(unlike)) if np.isfinite(unlike).mean() > _KNOWN else None


def _middle(gap: Mask) -> Mask:
    """Without its outline, which is a mixture of both sides; all of it where nothing else is left."""
    # Padded: to OpenCV a gap would go on beyond the picture's border.
    padded = np.pad(gap.astype(np.uint8), 1)
    middle = cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(np.bool_)
    return middle if middle.any() else gap


def _edge_around(hole: Mask, pixels: Pixels) -> float:
    smooth = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), _SMOOTHED)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    steps = np.sqrt((across**2 + down**2).sum(axis=2))
    # The mask's outline may lie beside the edge.
    strongest = cv2.dilate(steps, np.ones((5, 5), np.uint8))
    outline = cv2.morphologyEx(hole.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float(np.median(strongest[outline > 0]))
