"""What a mask shows right when it is made: plain numbers from which its verdict follows."""

from dataclasses import dataclass, replace
from typing import TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame
from underside.ring import RingKnowledge, rim_of
from underside.verdict.opinion import opinion
from underside.verdict.outline import colouring, outline
from underside.verdict.scene import Layer, Pixels, Scene, lay_out
from underside.views import with_lights_spread

__all__ = ["Signs", "read_signs"]

# A matte between these is unsure of itself.
_UNSURE_FROM, _UNSURE_TO = 0.1, 0.9
# Of the ring's shots that have the object at a place.
_RARELY, _OFTEN = 0.03, 0.8


@dataclass(frozen=True)
class Signs:
    """Numbers to be kept as JSON; "unlike" is 1 less intersection over union, mattes weighed softly."""

    area: float
    """Area of the mask, as a share of the photo; 0 if it is empty."""
    looks: int
    """2 where the first look is another than the matte that was cut."""
    matte_unlike: float
    """Mask and the matte that it was cut from."""
    first_unlike: float
    """Mask and the first look."""
    looks_unlike: float
    """First look and the matte."""
    unsure: float
    """Pixels where the matte is neither object nor room, for each of the mask."""
    first_unsure: float
    """How unsure the first look is."""
    left_out: float
    """What the matte or the first look see outside the mask, for each pixel of the mask."""
    sureness: float
    """Mean of the matte inside the mask."""
    first_sureness: float
    """Mean of the first look inside the mask."""
    slenderness: float
    """Length of the outline over the square root of the area: a circle has 3.5, thin legs 20."""
    off_edges: float
    """Share of the outline that lies on no edge of the photo."""
    beside_edges: float
    """Share of the outline with a stronger edge beside it."""
    faint: float
    """Share of the outline whose two sides look alike."""
    overlap: float
    """How much of the object's colours is met around it."""
    object_like: float
    """Surroundings that have the object's colours rather than their own, for each pixel of the mask."""
    room_like: float
    """Share of the mask that has the colours of the surroundings."""
    borders: tuple[str, ...]
    """Borders of the photo that the mask touches, those that it touches most first."""
    on_border: float
    """Length along those borders, over the square root of the area."""
    cut: float
    """Length along the sides of the matte's box that the object runs through, over the square root of the area."""
    parts: float
    """Share of the mask that is not in its largest part."""
    plate: bool = False
    """Whether the ring knows its plate."""
    ring_unlike: float | None = None
    """Mask and the first look put right by the ring; none without a ring, as below."""
    unled_unlike: float | None = None
    """Mask and what the ring says without the network."""
    ring_outside: float | None = None
    """What the ring sees outside the mask, for each pixel of it."""
    ring_inside: float | None = None
    """Share of the mask that the ring takes for room."""
    ring_unsure: float | None = None
    """Pixels of which the ring cannot tell whether they are object, for each of the mask."""
    never: float | None = None
    """Share of the mask where the ring's other shots have no object."""
    missing: float | None = None
    """Share of the places where nearly all of them have the object that the mask leaves out."""


def read_signs(
    *, frame: Frame, pixels: Pixels, first: Found | None, found: Found, mask: Pixels, ring: RingKnowledge | None
) -> Signs:
    """Measure a mask (0 or 255, full grid) against its photo (stored grid, RGB, full or reduced) and its mattes.

    ``first`` is the first look at the whole photo, if one was taken; ``found`` the matte that was cut.
    """
    scene = lay_out(frame, pixels, first or found, found, mask)
    hard = scene.mask > 0.5
    cells = max(float(scene.mask.sum()), 1.0)
    side = cells**0.5
    box = np.array(scene.box)
    at_border = box == frame.whole
    # White edges in a white room are few levels high, and the mask was found by what spreading them shows.
    spread = replace(scene, view=with_lights_spread(scene.view))
    line, colours = outline(spread, at_border), colouring(spread)
    touched = _touched(hard) * at_border
    names = np.array(("left", "top", "right", "bottom"))[np.argsort(-touched, kind="stable")]
    per_cell = (box[2] - box[0]) * (box[3] - box[1]) / scene.mask.size
    said = _ring_signs(scene, frame, ring, first or found, cells) if ring else _Ring()
    return Signs(
        area=float(scene.mask.sum() * per_cell / (frame.width * frame.height)),
        looks=1 if first is None or first is found else 2,
        matte_unlike=_unlike(scene.mask, scene.matte),
        first_unlike=_unlike(scene.mask, scene.first),
        looks_unlike=_unlike(scene.matte, scene.first),
        unsure=_unsure(scene.matte) / cells,
        first_unsure=_unsure(scene.first) / cells,
        left_out=float((np.maximum(scene.matte, scene.first) * (1 - scene.mask)).sum()) / cells,
        sureness=float((scene.matte * scene.mask).sum()) / cells,
        first_sureness=float((scene.first * scene.mask).sum()) / cells,
        slenderness=line.length / side,
        off_edges=line.off_edges,
        beside_edges=line.beside_edges,
        faint=line.faint,
        overlap=colours.overlap,
        object_like=colours.object_like,
        room_like=colours.room_like,
        borders=tuple(str(name) for name in names[: np.count_nonzero(touched)]),
        on_border=float(touched.sum()) / side,
        cut=_cut(scene, found, frame) / side,
        parts=_in_other_parts(hard),
        **said,
    )


class _Ring(TypedDict, total=False):
    plate: bool
    ring_unlike: float
    unled_unlike: float
    ring_outside: float
    ring_inside: float
    ring_unsure: float
    never: float
    missing: float


def _ring_signs(scene: Scene, frame: Frame, ring: RingKnowledge, first: Found, cells: float) -> _Ring:
    said = opinion(scene, frame, ring)
    reach = _rim(scene, first)
    matte, unled = (_but_for_the_rim(layer, scene.mask, reach) for layer in (said.matte, said.unled))
    often = said.cover > _OFTEN
    width, height = scene.box[2] - scene.box[0], scene.box[3] - scene.box[1]
    covered = float((scene.mask * often).sum()) * width * height / scene.mask.size
    everywhere = float((ring.cover > _OFTEN).mean()) * frame.width * frame.height
    return {
        "plate": ring.plate is not None,
        "ring_unlike": _unlike(scene.mask, matte),
        "unled_unlike": _unlike(scene.mask, unled),
        "ring_outside": float((matte * (1 - scene.mask)).sum()) / cells,
        "ring_inside": float(((1 - matte) * scene.mask).sum()) / cells,
        "ring_unsure": _unsure(matte) / cells,
        "never": float((scene.mask * (said.cover < _RARELY)).sum()) / cells,
        "missing": max(0.0, 1 - covered / everywhere) if everywhere else 0.0,
    }


def _rim(scene: Scene, first: Found) -> int:
    """Pixels of the grid along an outline by which a ring may be off without being at odds with it."""
    pixel = (scene.box[2] - scene.box[0]) / scene.mask.shape[1]
    return max(0, int(rim_of(first) / pixel - 0.5))


def _but_for_the_rim(layer: Layer, mask: Layer, reach: int) -> Layer:
    """The layer, but along the mask's outline, where it is the mask."""
    if reach == 0:
        return layer
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    rim = cv2.morphologyEx((mask > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, around) > 0
    return np.where(rim, mask, layer)


def _unlike(one: Layer, other: Layer) -> float:
    either = float(np.maximum(one, other).sum())
    return 1 - float(np.minimum(one, other).sum()) / either if either else 1.0


def _unsure(matte: Layer) -> float:
    return float(np.count_nonzero((matte > _UNSURE_FROM) & (matte < _UNSURE_TO)))


def _touched(hard: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Object along the left, top, right and bottom of the grid."""
    return np.array([hard[:, 0].sum(), hard[0].sum(), hard[:, -1].sum(), hard[-1].sum()])


def _cut(scene: Scene, found: Found, frame: Frame) -> float:
    """Object along those sides of the matte's box that are not the photo's."""
    object_ = found.matte > 0.5
    inner = np.array(found.box) != (0, 0, frame.width, frame.height)
    per_x = (found.box[2] - found.box[0]) / object_.shape[1] * scene.mask.shape[1] / (scene.box[2] - scene.box[0])
    per_y = (found.box[3] - found.box[1]) / object_.shape[0] * scene.mask.shape[0] / (scene.box[3] - scene.box[1])
    return float((_touched(object_) * inner * (per_y, per_x, per_y, per_x)).sum())


def _in_other_parts(hard: NDArray[np.bool_]) -> float:
    count, _, facts, _ = cv2.connectedComponentsWithStats(hard.astype(np.uint8))
    areas = facts[1:, cv2.CC_STAT_AREA]
    return 1 - float(areas.max()) / float(areas.sum()) if count > 1 else 0.0
