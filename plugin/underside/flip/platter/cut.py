"""Masks that keep the platter, cut in a pass by itself: what shows the plane on which the object stands goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.agree import Correction
from underside.flip.agreement.hull import Silhouette, beliefs, cells_of
from underside.flip.agreement.views import View, views_of
from underside.flip.platter.plane import Plane, find_plane, on_plane
from underside.flip.proof.mapping import Model
from underside.flip.proof.turntable import turning_of

__all__ = ["cut_at_platter"]

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

# Tuned in November 2026 on flip-sample with masks that keep the platter.
_CELLS = 384
_IN_MOST = 0.5
"""Share of the masks that hold a place of the disc."""
_AGREE = 0.5
"""Share of the shots that must show a place alike, for its colour to be known: the object hides it in many, and may
be all of one colour."""
_SURE = 8.0
"""Grey levels from their mean, in those shots."""
_LIKE = 14.0
"""Grey levels from the plane's colours at which a pixel may as well be object."""
_PER_LEVEL = 10.0
"""Change, out of 255, for each grey level more or less."""
_PLATTER, _UNKNOWN, _OBJECT = 20, 140, 235
"""What a pixel says, of 255: colours alone are never quite sure."""
_LIGHT = 0.04
"""Share of the picture's side over which light and shadow are even."""
_BRIGHTEST = 1.5
_MOST_VIEWS = 36
_OVER = 0.02
"""Height above the plane, as a share of the reach, at which points are on the object."""
_FEWEST_POINTS = 20
_LEAST, _MOST = 0.02, 0.97
"""Share of the masks that is left; more means that no platter was in them, less that no object was found on it."""
_FIRMEST = 0.3
"""Share of a pass's steps that may stand still, and that must turn about one axis, for its places to be believed."""


@dataclass(frozen=True)
class _Picture:
    """The plane as most shots show it."""

    plane: Plane
    low: Floats
    high: Floats
    """(cells, cells, 3): the colours around each place."""
    known: Flags
    disc: Flags
    """Places that most masks hold."""


def cut_at_platter(model: Model) -> list[Correction]:
    """Every trusted shot's mask without the platter; nothing where none is found, or nothing on it.

    The model is of one pass alone: platter and object are one rigid scene in it.
    """
    turning = turning_of(model.places)
    if turning.still > _FIRMEST or turning.agreement < _FIRMEST:
        return []
    views = views_of(model, without=turning.strays)
    plane = find_plane(views, model.points, turning.axis) if views else None
    if plane is None:
        return []
    on_object = model.points[plane.above(model.points) > _OVER * plane.reach]
    if len(on_object) < _FEWEST_POINTS:
        return []
    picture = _picture_of(views[:: -(-len(views) // _MOST_VIEWS)], plane, on_object)
    said = [_said(view, picture) for view in views]
    cells = cells_of(said, on_object, lambda points: np.asarray(plane.above(points) > 0))
    if cells is None:
        return []
    cut = [_cut(view.silhouette, belief) for view, belief in zip(views, beliefs(cells, said), strict=True)]
    left = np.median(
        [(new.mask > 127).sum() / (v.silhouette.mask > 127).sum() for new, v in zip(cut, views, strict=True)]
    )
    if not _LEAST < left < _MOST:
        return []
    return [Correction(view.silhouette, new) for view, new in zip(views, cut, strict=True)]


def _picture_of(views: Sequence[View], plane: Plane, on_object: Floats) -> _Picture:
    places = plane.places(_CELLS)
    seen = [on_plane(view, places, _CELLS) for view in views]
    colours, inside = np.stack([c for c, _ in seen]), np.stack([i for _, i in seen])
    disc = inside.mean(axis=0) >= _IN_MOST
    usual, known = np.zeros((_CELLS, _CELLS, 3), np.float32), np.zeros((_CELLS, _CELLS), bool)
    for row in np.flatnonzero(disc.any(axis=1)):
        usual[row], known[row] = _usual(colours[:, row], inside[:, row])
    near = np.ones((3, 3), np.uint8)
    low, high = (np.asarray(way(usual, near), np.float32) for way in (cv2.erode, cv2.dilate))
    return _Picture(plane, low, high, known & disc & ~_footprint(plane, on_object), disc)


def _usual(colours: Bytes, inside: Flags) -> tuple[Floats, Flags]:
    """For every place the colour most shots come near to, of those between which its brightness changes least."""
    brightness = np.where(inside, colours.astype(np.float32).mean(axis=-1), np.float32(1e6))
    order = np.argsort(brightness, axis=0)
    brightness = np.take_along_axis(brightness, order, axis=0)
    few = max(3, int(np.ceil(_AGREE * len(colours))))
    spans = brightness[few - 1 :] - brightness[: len(colours) - few + 1]
    members = np.take_along_axis(order, spans.argmin(axis=0) + np.arange(few)[:, None], axis=0)
    chosen = np.take_along_axis(colours, members[..., None], axis=0).astype(np.float32)
    usual = chosen.mean(axis=0)
    spread = np.abs(chosen - usual).mean(axis=(0, 2))
    return usual, (brightness[few - 1] < 256) & (spread < _SURE)


def _footprint(plane: Plane, on_object: Floats) -> Flags:
    """Places straight under the object: shots show the object there, not the plane."""
    met = np.stack([(on_object - plane.middle) @ way for way in plane.directions], axis=1)
    cells = np.rint((met / plane.reach + 1) / 2 * _CELLS - 0.5).astype(np.int32)
    under = np.zeros((_CELLS, _CELLS), np.uint8)
    cv2.fillConvexPoly(under, cv2.convexHull(cells), 1)
    return under > 0


def _said(view: View, picture: _Picture) -> Silhouette:
    """A shot's mask with what its colours say of the platter."""
    u, v, on_the_near_side = _met(view, picture.plane)

    def met(layer: Floats | Flags) -> Floats:
        layer = np.asarray(layer, np.float32)
        return np.asarray(cv2.remap(layer, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0))

    own = view.silhouette.mask > 127
    known, on_disc = met(picture.known) > 0.5, met(picture.disc) > 0.5
    away = _away(view.colours, met(picture.low), met(picture.high), known & own)
    away = cv2.medianBlur(np.clip(away, 0, 255).astype(np.uint8), 5).astype(np.float32)
    differs = np.clip(127.5 + (away - _LIKE) * _PER_LEVEL, _PLATTER, _OBJECT)
    # The platter's rim is met on the near side; on the far side the mask tells the object from the room.
    says = np.where(known, differs, np.where(on_disc | on_the_near_side, _UNKNOWN, 255))
    return replace(view.silhouette, mask=np.where(own, says, 0).astype(np.uint8))


def _met(view: View, plane: Plane) -> tuple[Floats, Floats, Flags]:
    """Where each pixel's ray meets the plane, in the picture's columns and rows; and whether before its middle."""
    place, (rows, columns) = view.silhouette.place, view.silhouette.mask.shape
    left, top, right, bottom = view.silhouette.box
    x = (left + (np.arange(columns) + 0.5) * (right - left) / columns - place.lens.x) / place.lens.focal
    y = (top + (np.arange(rows) + 0.5) * (bottom - top) / rows - place.lens.y) / place.lens.focal
    towards = plane.middle - place.centre

    def on_rays(direction: NDArray[np.float64]) -> Floats:
        dx, dy, dz = place.turn @ direction
        return np.asarray(x[None, :] * dx + y[:, None] * dy + dz, np.float32)

    down = on_rays(plane.up)
    depth = np.float32(towards @ plane.up) / np.where(np.abs(down) < 1e-6, np.float32(1e-6), down)
    met = [
        np.where(depth > 0, ((depth * on_rays(way) - towards @ way) / plane.reach + 1) / 2 * _CELLS - 0.5, -9)
        for way in plane.directions
    ]
    near = (depth > 0) & (depth < place.turn[2] @ towards)
    return np.asarray(met[0], np.float32), np.asarray(met[1], np.float32), near


def _away(colours: Bytes, low: Floats, high: Floats, known: Flags) -> Floats:
    """Grey levels between what a shot shows and the plane's colours, in this shot's light."""
    seen = cv2.GaussianBlur(colours, (3, 3), 0).astype(np.float32)
    ratio = seen.sum(axis=-1) / np.maximum((low + high).sum(axis=-1) / 2, 1)
    gain = np.ones(known.shape, np.float32)
    for _ in range(2):
        gain = _even_gain(ratio, known & (_outside(seen, low, high, gain) < 2 * _LIKE))
    return _outside(seen, low, high, gain)


def _outside(seen: Floats, low: Floats, high: Floats, gain: Floats) -> Floats:
    times = gain[..., None]
    return np.asarray(np.maximum(low * times - seen, seen - high * times).max(axis=-1))


def _even_gain(ratio: Floats, alike: Flags) -> Floats:
    rows, columns = alike.shape
    small = (max(1, columns // 4), max(1, rows // 4))
    weight = alike.astype(np.float32)
    parts = [cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in (ratio * weight, weight)]
    times, weights = (cv2.GaussianBlur(each, (0, 0), _LIGHT * max(small)) for each in parts)
    gain = np.where(weights > 0.02, times / np.maximum(weights, 1e-3), 1)
    gain = np.clip(gain, 1 / _BRIGHTEST, _BRIGHTEST).astype(np.float32)
    return np.asarray(cv2.resize(gain, (columns, rows), interpolation=cv2.INTER_LINEAR))


def _cut(own: Silhouette, belief: Floats) -> Silhouette:
    even = cv2.GaussianBlur(belief, (0, 0), 1.5) > 0
    whole = _filled(even & (own.mask > 127))
    return replace(own, mask=np.where(whole, own.mask, np.uint8(0)))


def _filled(part: Flags) -> Flags:
    """The cut without the specks and pinholes that single colours leave."""
    part = np.asarray(part, bool)
    few = max(9, int(0.004 * part.sum()))
    for value in (True, False):
        count, parts, facts, _ = cv2.connectedComponentsWithStats((part == value).astype(np.uint8), connectivity=4)
        small = np.flatnonzero(facts[:, cv2.CC_STAT_AREA] < few)
        part = np.where(np.isin(parts, small[small > 0]), not value, part) if count > 1 else part
    return np.asarray(part, bool)
