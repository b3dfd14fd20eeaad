"""How a photo is shown to a network that learnt turntables: with the lights of bright rooms spread, too.

It was trained on photos whose object is of middling brightness. White things in white rooms differ in their last few
levels only, and it does not see them; spread out, these levels are plain. Figures: docs/quality.md.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters import Segmenter

__all__ = ["matte_of", "with_lights_spread"]

Picture = NDArray[np.uint8]
Matte = NDArray[np.float32]

# A picture whose middle level is above the first of these is shown once more, with that level brought to the second.
# Tried on two white captures (seeds 1 and 3, November 2026): .3 to .6 for the second do alike, and so does no more
# than a tenth power.
_BRIGHT, _MIDDLING, _STEEPEST = 0.7, 0.5, 10.0
# Levels under this are black once lights are spread: what is so dark was seen well as it was. An object is taken from
# the spread picture where more than so much of it is lighter, wholly where more than the other.
_BLACK = 0.2
_SOME_LIGHT, _MOSTLY_LIGHT = 0.5, 0.75


def matte_of(segmenter: Segmenter, view: Picture) -> Matte:
    """What the segmenter sees in an upright picture, of a whole photo or of a part."""
    columns, rows = segmenter.grid(view.shape[1], view.shape[0])
    if columns >= view.shape[1] or rows >= view.shape[0]:
        seen = view
    else:
        seen = cv2.resize(view, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    matte = segmenter.matte(seen)
    table = _spreading(grey)
    if table is None:
        return matte
    spread = segmenter.matte(cv2.LUT(seen, table).astype(np.uint8, copy=False))
    weight = _lightness(np.maximum(matte, spread), cv2.LUT(grey, table).astype(np.uint8, copy=False))
    return (weight * spread + (1 - weight) * matte).astype(np.float32, copy=False)


def with_lights_spread(view: Picture) -> Picture:
    """A bright picture as the network is shown it a second time; any other as it is."""
    table = _spreading(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False))
    return view if table is None else cv2.LUT(view, table).astype(np.uint8, copy=False)


def _spreading(grey: Picture) -> Picture | None:
    """The level that each level becomes in a bright picture; none for a picture that is not bright."""
    middle = _middle(grey)
    if middle <= _BRIGHT:
        return None
    power = min(_STEEPEST, float(np.log(_MIDDLING) / np.log(min(middle, 0.999))))
    return np.rint(255 * (np.arange(256) / 255) ** power).astype(np.uint8)


def _middle(grey: Picture) -> float:
    """The level that half of the picture is darker than, 0 to 1; counted, which is faster than sorting."""
    darker = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return float(np.searchsorted(darker, grey.size / 2)) / 255


def _lightness(object_: Matte, spread: Picture) -> float:
    """How far the object is light, 0 to 1."""
    size = (object_.shape[1], object_.shape[0])
    levels = cv2.resize(spread, size, interpolation=cv2.INTER_AREA)[object_ > 0.5]
    if levels.size == 0:
        return 0.0
    share = float((levels > 255 * _BLACK).mean())
    return min(1.0, max(0.0, (share - _SOME_LIGHT) / (_MOSTLY_LIGHT - _SOME_LIGHT)))
