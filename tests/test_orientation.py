"""The eight orientations, there and back."""

import numpy as np
import pytest
from photo_files import picture
from PIL import Image, ImageOps

from underside.photo import turn_stored, turn_upright, upright_size

ORIENTATIONS = pytest.mark.parametrize("orientation", range(1, 9))


@ORIENTATIONS
def test_upright_is_what_other_programs_show(orientation: int) -> None:
    stored = picture(7, 5)
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = orientation
    upright = turn_upright(stored, orientation)
    assert np.array_equal(upright, np.asarray(ImageOps.exif_transpose(image)))
    assert upright.shape[1::-1] == upright_size(7, 5, orientation)


@ORIENTATIONS
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.bool_])
def test_the_way_back_leads_to_the_stored_grid(orientation: int, kind: type[np.generic]) -> None:
    stored = (np.random.default_rng(1).random((5, 7)) * 200 > 90).astype(kind)
    upright = turn_upright(stored, orientation)
    assert upright.dtype == stored.dtype
    assert np.array_equal(turn_stored(upright, orientation), stored)
