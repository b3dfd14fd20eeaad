"""A shot as it is judged in space: its mask and its photo, reduced to one grid."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.hull import Silhouette, silhouette_of
from underside.flip.proof.mapping import Model, Place
from underside.masks import mask_name, read_mask
from underside.photo import decode, open_known, part_of, to_srgb

__all__ = ["View", "views_of"]

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """One shot."""

    silhouette: Silhouette
    colours: Bytes
    """(rows, columns, 3), as the mask's grid."""
    doubtful: Flags
    """Where the mask's own word that there is no object counts for nothing."""


def views_of(model: Model, *, without: Collection[str] = (), cut_from: Path | None = None) -> list[View]:
    """All shots of a model that are trusted and whose masks are not empty, reduced alike.

    ``cut_from`` is the output folder with the masks from which something was cut off to make these: what was cut off is
    doubtful.
    """
    places = [place for place in model.places if place.shot.name not in without]
    masks = [_read(place, place.shot.mask) for place in places]
    side = max((max(cv2.boundingRect(mask)[2:]) for mask in masks), default=0)
    found = [silhouette_of(place, mask, model.points, side) for place, mask in zip(places, masks, strict=True)]
    return [View(each, _colours(each), _doubtful(each, cut_from)) for each in found if each is not None]


def _read(place: Place, path: Path) -> Bytes:
    return read_mask(path, width=place.shot.width, height=place.shot.height)


def _doubtful(silhouette: Silhouette, cut_from: Path | None) -> Flags:
    if cut_from is None:
        return np.zeros(silhouette.mask.shape, np.bool_)
    whole = _read(silhouette.place, cut_from / mask_name(silhouette.place.shot.name))
    left, top, right, bottom = silhouette.box
    rows, columns = silhouette.mask.shape
    before = cv2.resize(whole[top:bottom, left:right], (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray((before > 127) & (silhouette.mask <= 127))


def _colours(silhouette: Silhouette) -> Bytes:
    photo = open_known(silhouette.place.shot.photo, silhouette.place.shot)
    reduce = next(by for by in (4, 2, 1) if silhouette.step >= by or by == 1)
    pixels = decode(photo, reduce=reduce)
    part = part_of(pixels, silhouette.box, (photo.width, photo.height))
    rows, columns = silhouette.mask.shape
    view = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return to_srgb(view, photo.icc)
