"""Previews as a person sees them: the object clear, its surroundings veiled, its outline visible on any colour."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from underside.preview import PREVIEW_SIDE, draw_preview, preview_path, shrink

Picture = NDArray[np.uint8]


def disc(width: int, height: int) -> Picture:
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), height // 3, 255, cv2.FILLED)
    return mask


def flat(width: int, height: int, colour: tuple[int, int, int]) -> Picture:
    return np.full((height, width, 3), colour, np.uint8)


def seen(preview: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(preview, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)


def test_a_preview_keeps_the_aspect_and_a_long_side_of_320_pixels() -> None:
    assert seen(draw_preview(flat(1200, 800, (90, 90, 90)), disc(1200, 800))).shape == (213, 320, 3)
    assert seen(draw_preview(flat(400, 1600, (90, 90, 90)), disc(400, 1600))).shape == (320, 80, 3)


def test_a_photo_smaller_than_a_preview_is_not_enlarged() -> None:
    assert seen(draw_preview(flat(1, 1, (90, 90, 90)), np.zeros((1, 1), np.uint8))).shape == (1, 1, 3)
    assert seen(draw_preview(flat(40, 30, (90, 90, 90)), disc(40, 30))).shape == (30, 40, 3)


def test_photo_and_mask_may_have_different_sizes() -> None:
    preview = seen(draw_preview(flat(300, 200, (200, 60, 60)), disc(6000, 4000)))
    assert preview.shape == (200, 300, 3)
    assert np.abs(preview[100, 150].astype(int) - (200, 60, 60)).max() < 8


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (0, 229, 255), (128, 128, 128), (150, 80, 40)])
def test_the_outline_is_seen_on_any_colour(colour: tuple[int, int, int]) -> None:
    preview = seen(draw_preview(flat(960, 640, colour), disc(960, 640))).astype(int)
    row = preview[preview.shape[0] // 2, :160]
    steps = np.abs(np.diff(row, axis=0)).sum(axis=1)
    assert steps.max() > 120
    assert abs(int(steps.argmax()) - (160 - 71)) <= 3


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (150, 80, 40)])
def test_the_object_is_left_as_it_is_and_its_surroundings_are_veiled(colour: tuple[int, int, int]) -> None:
    preview = seen(draw_preview(flat(960, 640, colour), disc(960, 640))).astype(int)
    assert np.abs(preview[107, 160] - colour).max() < 6
    assert np.abs(preview[10, 10] - colour).max() > 25


def test_an_empty_mask_leaves_only_the_veil() -> None:
    preview = seen(draw_preview(flat(640, 480, (200, 200, 200)), np.zeros((480, 640), np.uint8)))
    assert preview.std() < 3


def test_even_noise_gives_a_preview_that_five_hundred_times_fits_into_a_page() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), np.uint8)
    assert len(draw_preview(noise, disc(320, 240))) <= 16_000


def test_shrinking_first_gives_the_same_picture() -> None:
    photo = cv2.GaussianBlur(np.random.default_rng(6).integers(0, 256, (900, 1200, 3), np.uint8), (0, 0), 12)
    at_once = seen(draw_preview(np.asarray(photo, np.uint8), disc(1200, 900))).astype(int)
    shrunk = seen(draw_preview(shrink(np.asarray(photo, np.uint8)), shrink(disc(1200, 900)))).astype(int)
    assert at_once.shape == (PREVIEW_SIDE * 3 // 4, PREVIEW_SIDE, 3)
    assert np.abs(at_once - shrunk).mean() < 1


def test_two_photos_never_meet_in_one_preview() -> None:
    out = Path("out")
    assert preview_path(out, "upright/IMG_1.jpg") != preview_path(out, "upright/IMG_1.tif")
    assert preview_path(out, "upright/IMG_1.jpg") != preview_path(out, "flipped/IMG_1.jpg")


@pytest.mark.parametrize("size", [(20_000, 6), (3, 16_000), (9000, 1)])
def test_a_strip_of_a_picture_is_shrunk_to_one_too(size: tuple[int, int]) -> None:
    width, height = size
    small = shrink(flat(width, height, (200, 100, 50)))
    assert max(small.shape[:2]) == PREVIEW_SIDE
    assert np.abs(small.astype(int) - (200, 100, 50)).max() < 2
