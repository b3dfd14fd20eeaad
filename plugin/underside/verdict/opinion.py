"""What a ring says of a mask, seen small: a matte from all its evidence, and one from which the network is left out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Frame
from underside.refine import Box
from underside.ring import RingKnowledge
from underside.ring.clues import Clues
from underside.ring.evidence import View, corrected, differences, general
from underside.ring.lost_pieces import with_lost_pieces
from underside.ring.room import evened, gain_between, hidden_by
from underside.ring.weights import usual_weights
from underside.verdict.scene import Layer, Scene

__all__ = ["Opinion", "opinion"]


@dataclass(frozen=True)
class Opinion:
    """A second opinion, on the scene's grid."""

    matte: Layer
    """The first look's, with all that the ring knows."""
    unled: Layer
    """What the ring and the photo say without any network's word on this shot."""
    cover: Layer
    """How often each place is object in the ring."""


def opinion(scene: Scene, frame: Frame, ring: RingKnowledge) -> Opinion:
    """The ring's opinion of the same place in the same photo."""

    def here(layer: NDArray[np.uint8] | Layer) -> Layer:
        return _part(layer, frame.whole, scene).astype(np.float32)

    middle, known = here(ring.room.middle), here(ring.room.known) > 0.99
    free = ~hidden_by(np.maximum(scene.first, scene.mask)) & known
    gain = gain_between(scene.view[::2, ::2], middle[::2, ::2].astype(np.uint8), free[::2, ::2])
    finer = scene.view.shape[1] / (scene.box[2] - scene.box[0]) * frame.width / ring.room.middle.shape[1]
    view = View(evened(scene.view, gain), ring.colours, smoothing=ring.smoothing * min(finer, 1.0))
    cover, noise = here(ring.cover), here(ring.room.noise)
    terms = general(view, scene.first, cover)
    terms |= differences("room", view, here(ring.room.low), here(ring.room.high), noise, known)
    if ring.plate is not None:
        plate = here(ring.plate)
        terms |= differences("plate", view, plate, plate, noise, np.ones_like(known))
    # Where colours are alike, the ring takes the network at its word: no second opinion.
    weights = usual_weights(ring.colours, with_plate=ring.plate is not None)
    # Gaps are told by colours alone here: what room and plate look like in other light is not worked out.
    unknown = np.full(scene.mask.shape, np.nan, np.float32)
    clues = Clues.of(view, ring.colours, scene.view, scene.first, unknown, noisy=ring.smoothing > 0)
    matte = with_lost_pieces(corrected(terms, weights), clues)
    terms["network"] = np.zeros_like(terms["network"])
    unled = corrected(terms, weights)
    if ring.support:
        support = ring.support.shows_in(scene.view)
        matte[support] = unled[support] = 0
    return Opinion(matte, unled, cover)


def _part(layer: NDArray[np.uint8] | Layer, whole: Box, scene: Scene) -> cv2.typing.MatLike:
    """A layer of the ring on the scene's grid, which is hardly ever coarser: nothing is gained by an average."""
    rows, columns = layer.shape[:2]
    across, down = columns / whole[2], rows / whole[3]
    left, top = int(scene.box[0] * across), int(scene.box[1] * down)
    right, bottom = max(left + 1, round(scene.box[2] * across)), max(top + 1, round(scene.box[3] * down))
    return cv2.resize(layer[top:bottom, left:right], scene.mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
