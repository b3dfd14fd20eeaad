"""A shot as it is judged in space: its mask and its photo, reduced to one grid."""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.hull import Silhouette, silhouette_of
from underside.flip.proof.mapping import Model
from underside.masks import read_mask
from underside.photo import decode, open_photo, to_srgb

__all__ = ["View", "views_of"]

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """One shot."""

    silhouette: Silhouette
    colours: Bytes
    """(rows, columns, 3), as the mask's grid."""


def views_of(model: Model, *, without: Collection[str] = ()) -> list[View]:
    """All shots of a model that are trusted and whose masks are not empty, reduced alike."""
    places = [place for place in model.places if place.shot.name not in without]
    masks = [read_mask(p.shot.mask, width=p.shot.width, height=p.shot.height) for p in places]
    side = max((max(cv2.boundingRect(mask)[2:]) for mask in masks), default=0)
    found = [silhouette_of(place, mask, model.points, side) for place, mask in zip(places, masks, strict=True)]
    return [View(each, _colours(each)) for each in found if each is not None]


def _colours(silhouette: Silhouette) -> Bytes:
    photo = open_photo(silhouette.place.shot.photo)
    reduce = next(by for by in (4, 2, 1) if silhouette.step >= by or by == 1)
    pixels = decode(photo, reduce=reduce)
    across, down = pixels.shape[1] / photo.width, pixels.shape[0] / photo.height
    left, top, right, bottom = silhouette.box
    part = pixels[round(top * down) : round(bottom * down), round(left * across) : round(right * across)]
    rows, columns = silhouette.mask.shape
    view = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return to_srgb(view, photo.icc)
