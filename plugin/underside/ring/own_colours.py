"""A photo without a ring: put right by the colours of its own object, and of what is around it."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame
from underside.ring.colours import Colours, learn_colours, numbers_of_levels
from underside.ring.lost_pieces import without_gaps
from underside.ring.observation import BEARABLE_NOISE, Observation, as_seen, observe
from underside.ring.rim import rim_of
from underside.ring.weighing import Behind, Places, Sight, weighed
from underside.ring.weights import weights_alone

__all__ = ["by_own_colours", "own_sight"]

# Neither object nor what is around it.
_UNTOLD = np.float32(0.3)

Pixels = NDArray[np.uint8]


def by_own_colours(found: Found, frame: Frame, pixels: Pixels) -> Found:
    """A matte with what the photo's own colours tell, on its own grid and box; ``pixels`` as for ``find_object``."""
    sight = own_sight(found, frame, pixels)
    if sight is None:
        return found
    return replace(found, matte=weighed(sight, found.matte, weights_alone(sight.colours)), rim=rim_of(found))


def own_sight(found: Found, frame: Frame, pixels: Pixels) -> Sight | None:
    """The photo, and its own colours to see it by; none without object or surroundings, or if noise drowns them."""
    shot = observe(frame, pixels, found)
    if shot.noise > BEARABLE_NOISE or not (shot.matte > 0.5).any():
        return None
    colours = _learnt(shot)
    if colours.around.max() <= 0:
        # It fills the picture, or is too fine: none of its surroundings were seen.
        return None
    return Sight(
        pixels=as_seen(found, frame, pixels),
        gain=np.ones(3, np.float32),
        colours=colours,
        smoothing=0.0,
        behind=_unknown,
    )


def _learnt(shot: Observation) -> Colours:
    shot = _halved(shot)
    kept = (shot.matte > 0.5).astype(np.uint8)
    # What is printed on the object may be missing in the matte: it must not count as surroundings.
    gap = (without_gaps(kept) & ~kept).astype(np.bool_)
    matte = np.where(gap, _UNTOLD, shot.matte)
    return learn_colours([numbers_of_levels(shot.pixels)], [matte], noisy=False)


def _halved(shot: Observation) -> Observation:
    """Colours are as many on a quarter of the pixels."""
    rows, columns = shot.matte.shape
    size = (max(1, columns // 2), max(1, rows // 2))
    pixels, matte = (cv2.resize(layer, size, interpolation=cv2.INTER_AREA) for layer in (shot.pixels, shot.matte))
    return Observation(pixels.astype(np.uint8, copy=False), matte.astype(np.float32, copy=False), shot.noise)


def _unknown(places: Places) -> Behind:
    """Of a single photo nobody knows what is behind the object, or where else it stands."""
    shape = places.shape if places.chosen is None else places.chosen.shape
    return Behind(np.full(shape, 0.5, np.float32), ())
