"""From the bytes of a photo to the bytes of the answer."""

import numpy as np
from numpy.typing import NDArray

from underside.cutout.plain import plain_cutout
from underside.photo import Photo, decode, turn_upright
from underside.photo.photo import photo_of
from underside.png import encode_png
from underside.serve.fields import Wish
from underside.serve.shelf import Shelf

__all__ = ["picture_for"]


def picture_for(data: bytes, wish: Wish, shelf: Shelf, *, name: str, max_megapixels: float) -> bytes:
    """The cut-out or the mask, upright and without metadata, as rembg gives it."""
    photo = photo_of(data, name=name, max_megapixels=max_megapixels)
    stored, decoded = _masked(photo, wish, shelf)
    mask = turn_upright(stored, photo.orientation)
    if wish.only_mask:
        return encode_png(mask)
    # The fastest effort has looked at half the photo only.
    pixels = decoded if decoded.shape[:2] == stored.shape else decode(photo)
    return plain_cutout(turn_upright(pixels, photo.orientation), mask, wish.background)


def _masked(photo: Photo, wish: Wish, shelf: Shelf) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The mask that ``underside mask`` makes of this photo alone, and the pixels it looked at."""
    with shelf.lent(wish.model, asked_in=wish.where) as ladder:
        masked = ladder.masker.mask_photo(photo)
        mask = ladder.climb(masked, lambda _: None, list).mask if ladder.rungs else masked.mask
    return mask, masked.look.pixels
