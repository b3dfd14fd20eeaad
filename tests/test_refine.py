"""From a matte on a small grid to a mask whose edge is the photo's."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from conftest import overlap
from numpy.typing import NDArray

from underside.errors import SettingsError
from underside.refine import Box, EdgeOptions, refine

Bytes = NDArray[np.uint8]
Matte = NDArray[np.float32]

WIDTH, HEIGHT = 1600, 1200
STEP = 8
"""Photo pixels in a cell of the mattes made here."""


def drawn(*shapes: tuple[str, tuple[int, ...], int]) -> Bytes:
    """A mask of circles and boxes; a pixel more or less does not matter here."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for kind, numbers, value in shapes:
        if kind == "circle":
            x, y, radius = numbers
            cv2.circle(mask, (x, y), radius, value, -1)
        else:
            left, top, right, bottom = numbers
            mask[top:bottom, left:right] = value
    return mask


def photo_of(truth: Bytes, *, contrast: float = 60.0) -> Bytes:
    """Texture on both sides, a gradient over all, lens blur and noise."""
    random = np.random.default_rng(7)
    texture = cv2.resize(random.normal(0, 12, (HEIGHT // 5, WIDTH // 5, 3)), (WIDTH, HEIGHT))
    light = 90 + 30 * np.linspace(0, 1, WIDTH)[None, :, None]
    picture = cv2.GaussianBlur(light + texture + contrast * (truth > 0)[..., None], (0, 0), 1.5)
    noisy: Bytes = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    return noisy


def soft(truth: Bytes, *, step: int = STEP, shake: float = 1.0) -> Matte:
    """What a network makes of it: small, blurred, its edge off by a cell or so."""
    height, width = truth.shape[0] // step, truth.shape[1] // step
    small = cv2.resize(truth, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    random = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    shifts = [
        cv2.resize(random.normal(0, shake, (height // 6, width // 6)), (width, height)).astype(np.float32)
        for _ in range(2)
    ]
    shaken = cv2.remap(small, x + shifts[0], y + shifts[1], cv2.INTER_LINEAR)
    return cv2.GaussianBlur(shaken, (0, 0), 1.3).astype(np.float32)


def bilinear(matte: Matte) -> Bytes:
    return np.where(cv2.resize(matte, (WIDTH, HEIGHT)) > 0.5, 255, 0).astype(np.uint8)


def refined(matte: Matte, guide: Bytes, options: EdgeOptions | None = None) -> Bytes:
    return refine(matte, (0, 0, WIDTH, HEIGHT), guide, (WIDTH, HEIGHT), options or EdgeOptions())


def off_by(mask: Bytes, truth: Bytes) -> NDArray[np.float32]:
    """Distances of both edges' pixels to the other edge."""
    edges = [(m > 0) & (cv2.erode(m, np.ones((3, 3), np.uint8)) == 0) for m in (mask, truth)]
    away = [cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5) for edge in edges]
    return np.concatenate([away[1][edges[0]], away[0][edges[1]]])


def parts_of(mask: Bytes) -> int:
    return int(cv2.connectedComponents(mask)[0]) - 1


VASE = drawn(("circle", (800, 620, 330), 255), ("circle", (800, 620, 120), 0), ("box", (700, 100, 760, 330), 255))
BLANK = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
"""A photo that says nothing: what is tested with it follows from the matte alone."""


def test_the_edge_is_the_photos_within_two_pixels_and_half_of_what_upsampling_gives() -> None:
    matte = soft(VASE)
    ours, upsampled = off_by(refined(matte, photo_of(VASE)), VASE), off_by(bilinear(matte), VASE)
    assert np.median(ours) <= 2
    assert np.median(ours) <= np.median(upsampled) / 2
    assert np.percentile(ours, 90) <= np.percentile(upsampled, 90) / 2


@pytest.mark.parametrize("contrast", [-60, 15])
def test_dark_and_faint_objects_have_exact_edges_too(contrast: float) -> None:
    assert np.median(off_by(refined(soft(VASE), photo_of(VASE, contrast=contrast)), VASE)) <= 2


def test_half_the_photo_gives_a_whole_mask_with_edges_nearly_as_exact() -> None:
    half = cv2.resize(photo_of(VASE), (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask = refined(soft(VASE), half)
    assert mask.shape == (HEIGHT, WIDTH)
    assert np.median(off_by(mask, VASE)) <= 2


def test_where_the_photo_says_nothing_the_edge_stays_the_mattes() -> None:
    matte = soft(VASE)
    assert overlap(refined(matte, BLANK), bilinear(matte)) > 0.99


def test_paint_inside_the_object_does_not_attract_the_edge() -> None:
    """A line around the object, two cells inside its edge, stronger than the edge itself."""
    truth = drawn(("circle", (800, 600, 350), 255))
    photo = photo_of(truth)
    cv2.circle(photo, (800, 600), 335, (20, 20, 20), 4)
    assert np.percentile(off_by(refined(soft(truth, shake=0.5), photo), truth), 90) <= 2


def test_an_edge_that_the_matte_is_sure_of_is_not_moved() -> None:
    matte = np.zeros((HEIGHT // STEP, WIDTH // STEP), np.float32)
    matte[40:110, 60:140] = 1
    sure = drawn(("box", (480, 320, 1120, 880), 255))
    elsewhere = drawn(("box", (456, 296, 1144, 904), 255))
    distances = off_by(refined(matte, photo_of(elsewhere)), sure)
    assert np.percentile(distances, 90) <= STEP


def test_the_thresholds_say_where_the_matte_is_sure_and_where_it_is_cut() -> None:
    matte = soft(drawn(("circle", (800, 600, 300), 255)), shake=0)
    areas = [
        int((refined(matte, BLANK, EdgeOptions(foreground=high, background=low)) > 0).sum())
        for high, low in ((250, 200), (240, 15), (60, 5))
    ]
    assert areas == sorted(areas)
    assert areas[2] - areas[0] > 1000


def test_foreground_must_lie_above_background() -> None:
    with pytest.raises(SettingsError, match="below foreground"):
        EdgeOptions(foreground=15, background=15)


def test_masks_are_zero_or_255_and_as_large_as_the_photo() -> None:
    mask = refined(soft(VASE), photo_of(VASE))
    assert mask.dtype == np.uint8
    assert mask.shape == (HEIGHT, WIDTH)
    assert set(np.unique(mask)) == {0, 255}


def test_outside_the_box_is_background_to_the_pixel() -> None:
    box: Box = (400, 200, 1200, 1000)
    matte = np.ones((100, 100), np.float32)
    mask = refine(matte, box, BLANK, (WIDTH, HEIGHT))
    assert np.array_equal(mask > 0, drawn(("box", box, 255)) > 0)


def test_an_object_cut_by_the_frame_reaches_the_frame() -> None:
    truth = drawn(("box", (500, 400, 900, HEIGHT), 255))
    mask = refined(soft(truth, shake=0.3), photo_of(truth))
    assert mask[-1, 520:880].all()
    assert not mask[-1, :480].any()
    assert not mask[-1, 920:].any()


def test_where_there_is_no_object_the_mask_is_empty() -> None:
    assert not refined(np.full((150, 200), 0.4, np.float32), photo_of(VASE)).any()


SEVERAL = drawn(
    ("circle", (400, 500, 250), 255),
    ("circle", (850, 600, 150), 255),
    ("circle", (1300, 300, 40), 255),
)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (EdgeOptions(), [True, True, False]),
        (EdgeOptions(specks=0), [True, True, True]),
        (EdgeOptions(specks=0.5), [True, False, False]),
        (EdgeOptions(keep="largest"), [True, False, False]),
        (EdgeOptions(keep="centre"), [False, True, False]),
    ],
    ids=["default", "no specks", "large specks", "largest", "centre"],
)
def test_parts_are_kept_as_asked(options: EdgeOptions, parts: list[bool]) -> None:
    mask = refined(soft(SEVERAL, shake=0), photo_of(SEVERAL), options)
    assert [bool(mask[y, x]) for x, y in ((400, 500), (850, 600), (1300, 300))] == parts
    assert parts_of(mask) == sum(parts)


def test_soft_pinholes_are_filled_and_openings_stay() -> None:
    truth = drawn(("circle", (800, 600, 450), 255), ("circle", (800, 400, 80), 0))
    matte = soft(truth, shake=0)
    doubt = np.s_[90:93, 100:103]
    matte[doubt] = 0.3
    photo = photo_of(truth)
    mask = refined(matte, photo)
    assert mask[732, 812] == 255
    assert mask[400, 800] == 0
    assert refined(matte, photo, EdgeOptions(pinholes=0))[732, 812] == 0
    assert refined(matte, photo, EdgeOptions(pinholes=0.1))[400, 800] == 0, "the matte is sure of that one"
    matte[doubt] = 0
    assert refined(matte, photo)[732, 812] == 0, "and now of this one"


def test_a_part_within_an_opening_is_kept() -> None:
    truth = drawn(("circle", (800, 600, 500), 255), ("circle", (800, 600, 350), 0), ("circle", (800, 600, 200), 255))
    mask = refined(soft(truth, shake=0), photo_of(truth))
    assert [int(mask[600, x]) for x in (800, 1075, 1225)] == [255, 0, 255]


@pytest.mark.parametrize("pixels", [-20, -3, 3, 20])
def test_growing_moves_the_edge_by_so_many_pixels(pixels: int) -> None:
    truth = drawn(("circle", (800, 600, 300), 255))
    matte, photo = soft(truth, shake=0.3), photo_of(truth)
    plain, grown = (refined(matte, photo, EdgeOptions(grow=by)) for by in (0, pixels))
    radii = [float(np.sqrt((mask > 0).sum() / np.pi)) for mask in (plain, grown)]
    assert radii[1] - radii[0] == pytest.approx(pixels, abs=0.6)


def test_shrinking_leaves_the_photos_frame_alone() -> None:
    truth = drawn(("box", (500, 400, 900, HEIGHT), 255))
    mask = refined(soft(truth, shake=0), photo_of(truth), EdgeOptions(grow=-40))
    assert mask[-1, 560:840].all()
    assert not mask[:430].any()


def test_the_same_input_gives_the_same_bytes_in_any_thread() -> None:
    matte, photo = soft(VASE), photo_of(VASE)
    before = refined(matte, photo).tobytes()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: refined(matte, photo).tobytes(), range(4)))
    assert results == [before] * 4


def test_24_megapixels_cost_little_more_memory_than_the_mask() -> None:
    size = (6000, 4000)
    guide = np.zeros((size[1], size[0], 3), np.uint8)
    matte = soft(VASE)
    tracemalloc.start()
    mask = refine(matte, (0, 0, *size), guide, size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mask.nbytes + 40_000_000


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (40_000, 8), (8, 40_000), (65_535, 8), (140_000, 8)], ids=str)
def test_photos_of_odd_sizes_are_masked_too(size: tuple[int, int]) -> None:
    guide = np.full((size[1], size[0], 3), 90, np.uint8)
    matte = np.ones((64, 64), np.float32)
    assert refine(matte, (0, 0, *size), guide, size).all()
    assert not refine(0 * matte, (0, 0, *size), guide, size).any()


def test_a_matte_as_fine_as_the_photo_is_hardly_changed() -> None:
    truth = drawn(("circle", (800, 600, 300), 255))
    matte = cv2.GaussianBlur(truth, (0, 0), 1).astype(np.float32) / np.float32(255)
    assert np.percentile(off_by(refined(matte, photo_of(truth)), truth), 90) <= 1


def test_a_rim_that_was_taken_for_object_is_given_back_to_the_photo() -> None:
    truth = drawn(("circle", (800, 600, 300), 255), ("box", (1080, 590, 1400, 598), 255))
    photo: Bytes = cv2.GaussianBlur(photo_of(truth), (0, 0), 1.0).astype(np.uint8)
    kept = cv2.dilate(truth, np.ones((3, 3), np.uint8)).astype(np.float32) / np.float32(255)
    box, size = (0, 0, WIDTH, HEIGHT), (WIDTH, HEIGHT)
    as_it_is, found = (refine(kept, box, photo, size, rim=rim) for rim in (0.0, 3.0))
    assert overlap(found, truth) > 0.995 > overlap(as_it_is, truth)
    assert found[594, 1100:1390].all(), "a thin part is not evened away"


def test_sensitivity_moves_the_level_and_leaves_what_is_sure() -> None:
    doubtful = drawn(("box", (900, 500, 1200, 800), 255))
    sure = drawn(("circle", (500, 600, 250), 255))
    matte = np.maximum(soft(sure, shake=0), 0.3 * soft(doubtful, shake=0))
    masks = {share: refined(matte, BLANK, EdgeOptions(sensitivity=share, specks=0)) for share in (0, 0.2, 0.5, 0.9, 1)}
    shares = [overlap(mask, np.minimum(mask, doubtful)) > 0.1 for mask in masks.values()]
    assert shares == [False, False, False, True, True], "a third of a matte is object for the sensitive only"
    inner = cv2.erode(sure, np.ones((9 * STEP, 9 * STEP), np.uint8)) > 0
    outer = cv2.dilate(sure | doubtful, np.ones((9 * STEP, 9 * STEP), np.uint8)) == 0
    for mask in masks.values():
        assert mask[inner].all()
        assert not mask[outer].any()
    sizes = [int((mask > 0).sum()) for mask in masks.values()]
    assert sizes == sorted(sizes)


def test_mask_blur_evens_a_jagged_outline_and_keeps_thin_parts_and_area() -> None:
    truth = drawn(("box", (300, 300, 900, 900), 255), ("box", (900, 590, 1400, 602), 255))
    for y in range(300, 900, 40):
        truth[y : y + 20, 300:312] = 0
    photo = photo_of(truth)
    jagged, even = (refined(soft(truth, step=4, shake=0), photo, EdgeOptions(mask_blur=blur)) for blur in (0, 10))
    assert set(np.unique(even)) == {0, 255}
    left = [np.argmax(mask[340:860] > 0, axis=1).astype(float) for mask in (jagged, even)]
    assert np.std(left[1]) < 0.5 * np.std(left[0])
    assert (even[560:640, 1100] > 0).any(), "the thin part is still there"
    assert abs(int((even > 0).sum()) - int((jagged > 0).sum())) < 0.02 * (jagged > 0).sum()
