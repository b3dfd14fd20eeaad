"""How well a mask's outline lies on edges of the photo, and how unlike the two sides of it are."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.colours import learn_colours, numbers_of_levels
from underside.ring.observation import noise_of
from underside.verdict.scene import Layer, Scene

__all__ = ["Colouring", "Outline", "colouring", "outline"]

# Pixels of the grid that are looked at on each side, and so many of them are still the outline itself.
_REACH = 7
_ON_IT = 1.5
# Points along all outlines: more tell nothing new.
_POINTS = 800
# A step of so many times the noise, and of so many levels, is an edge.
_EDGE, _FAINTEST = 4.0, 5.0
# The sides are compared between so many pixels from the outline.
_NEAR, _FAR = 2, 5
# Natural logarithm of how much more usual a colour must be on one side to belong there.
_BELONGS = 1.0


@dataclass(frozen=True)
class Outline:
    """Shares of the outline."""

    length: float
    """Length of all outlines, in pixels of the grid; the photo's own border does not count."""
    off_edges: float
    """No edge of the photo lies there."""
    beside_edges: float
    """The strongest edge lies beside it."""
    faint: float
    """Share of the outline whose two sides look alike."""


@dataclass(frozen=True)
class Colouring:
    """Shares of the mask's area."""

    overlap: float
    """How much of the object's colours is met around it: 0 to 1."""
    object_like: float
    """Outside the mask, of colours that the object has and its surroundings have not."""
    room_like: float
    """Inside, the other way round."""


def outline(scene: Scene, borders: NDArray[np.bool_]) -> Outline:
    """``borders`` says for left, top, right, bottom whether the grid ends there with the photo."""
    points = _points(scene.mask, borders)
    if len(points) < 2:
        return Outline(float(len(points)), 1.0, 1.0, 1.0)
    length = float(len(points))
    points = points[:: -(-len(points) // _POINTS)]
    soft = cv2.GaussianBlur(scene.mask, (0, 0), 1.5)
    down, across = np.gradient(soft)
    column, row = points[:, 0], points[:, 1]
    normal = -np.stack([across[row, column], down[row, column]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    reach = np.arange(-_REACH - 1, _REACH + 2, dtype=np.float32)
    at = (points[:, None] + normal[:, None] * reach[None, :, None]).astype(np.float32)
    colour = cv2.remap(
        scene.view.astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    step = np.abs(colour[:, 2:] - colour[:, :-2]).max(axis=2)
    offset = np.abs(reach[1:-1])
    here = step[:, offset <= _ON_IT].max(axis=1)
    elsewhere = step[:, offset > _ON_IT + 1].max(axis=1)
    least = max(_FAINTEST, _EDGE * noise_of(scene.view))
    inside = colour[:, (reach <= -_NEAR) & (reach >= -_FAR)].mean(axis=1)
    outside = colour[:, (reach >= _NEAR) & (reach <= _FAR)].mean(axis=1)
    return Outline(
        length=length,
        off_edges=float((here < least).mean()),
        beside_edges=float((elsewhere > np.maximum(1.5 * here, least)).mean()),
        faint=float((np.abs(inside - outside).max(axis=1) < 2 * least).mean()),
    )


def colouring(scene: Scene) -> Colouring:
    """By the colours of the mask and of what surrounds it."""
    area = float(scene.mask.sum())
    if area < 1:
        return Colouring(1.0, 0.0, 0.0)
    numbers = numbers_of_levels(scene.view)
    colours = learn_colours([numbers], [scene.mask], noisy=False)
    more = cv2.blur(colours.on_object(numbers) - colours.near_object(numbers), (3, 3))
    inside = scene.mask > 0.5
    return Colouring(
        overlap=_overlap(colours.object, colours.around),
        object_like=float(((more > _BELONGS) & ~inside).sum() / area),
        room_like=float(((more < -_BELONGS) & inside).sum() / area),
    )


def _overlap(object_: Layer, around: Layer) -> float:
    one, other = np.exp(object_), np.exp(around)
    return float(np.minimum(one, other).sum() / max(float(one.sum()), 1e-6))


def _points(mask: Layer, borders: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Columns and rows along all outlines but where the photo ends."""
    hard = (mask > 0.5).astype(np.uint8)
    rows, columns = hard.shape
    found, _ = cv2.findContours(hard, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    if not found:
        return np.zeros((0, 2), np.intp)
    points = np.concatenate(found)[:, 0].astype(np.intp)
    ends = ((0, 0), (1, 0), (0, columns - 1), (1, rows - 1))
    at_end = [(points[:, axis] == end) & border for (axis, end), border in zip(ends, borders, strict=True)]
    return np.asarray(points[~np.any(at_end, axis=0)], np.intp)
