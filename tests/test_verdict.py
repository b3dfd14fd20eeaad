"""Verdicts: right masks are trusted, wrong ones are not, and the reasons say why."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from underside.looks import Found, Frame
from underside.ring import Agreement, RingBuilder, RingKnowledge, observe
from underside.verdict import Grade, Signs, Verdict, judge, read_signs
from underside.verdict.faults import faults
from underside.verdict.weights import DOUBT, EMPTINESS

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 480
WHOLE = (0, 0, WIDTH, HEIGHT)
FRAME = Frame(WIDTH, HEIGHT)
SHOTS = 8


def room() -> Pixels:
    """A wall with soft stains, and a grey disc in it."""
    random = np.random.default_rng(1)
    stains = cv2.GaussianBlur(random.normal(0, 300, (HEIGHT, WIDTH, 3)), (0, 0), 15)
    picture = np.clip(150 + stains, 0, 255).astype(np.uint8)
    return cv2.ellipse(picture, (320, 380), (220, 60), 0, 0, 360, (90, 90, 95), -1).astype(np.uint8)


def truth(turn: float = 0.0, *, at: tuple[int, int] = (320, 260)) -> Pixels:
    """A lopsided thing; ``turn`` in degrees."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, at, (70 + round(10 * np.cos(np.radians(turn))), 120), 0, 0, 360, 255, -1)
    cv2.circle(mask, (at[0] + round(60 * np.sin(np.radians(turn))), at[1] + 60), 50, 255, -1)
    return mask


def small(turn: float) -> Pixels:
    """The same thing, a quarter as large."""
    mask = cv2.resize(truth(turn), (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
    far = np.zeros((HEIGHT, WIDTH), np.uint8)
    far[240 : 240 + HEIGHT // 4, 240 : 240 + WIDTH // 4] = np.where(mask > 127, 255, 0)
    return far


def photo_of(mask: Pixels, seed: int = 0) -> Pixels:
    """The thing, orange, before the room, with the camera's noise."""
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None] / 255
    noise = np.random.default_rng(seed).normal(0, 1.5, (HEIGHT, WIDTH, 3))
    return np.clip(room() * (1 - soft) + np.array([205, 110, 40]) * soft + noise, 0, 255).astype(np.uint8)


def found_as(mask: Pixels, blur: float = 1.5) -> Found:
    """A matte of the whole photo that says what the mask says."""
    return Found(cv2.GaussianBlur(mask, (0, 0), blur).astype(np.float32) / np.float32(255), WHOLE)


def signs_of(mask: Pixels, pixels: Pixels, *, first: Pixels, ring: RingKnowledge | None = None) -> Signs:
    """Of a mask whose own matte agrees with it."""
    return read_signs(frame=FRAME, pixels=pixels, first=found_as(first, 4), found=found_as(mask), mask=mask, ring=ring)


@pytest.fixture(scope="module")
def ring() -> RingKnowledge:
    """What eight shots tell."""
    builder = RingBuilder()
    for i in range(SHOTS):
        mask = truth(45 * i)
        builder.add(observe(FRAME, photo_of(mask, i), found_as(mask, 4)))
    known = builder.build()
    assert known is not None
    return known


def verdict_on(mask: Pixels, ring: RingKnowledge | None, agreement: Agreement | None = None) -> Verdict:
    """Where the first look was right."""
    right = truth()
    return judge(signs_of(mask, photo_of(right), first=right, ring=ring), agreement)


def damaged(sort: str) -> Pixels:
    mask = truth()
    if sort == "half lost":
        mask[:, :320] = 0
    elif sort == "platter kept":
        mask = cv2.ellipse(mask, (320, 380), (220, 60), 0, 0, 360, 255, -1).astype(np.uint8)
    elif sort == "grown":
        mask = cv2.dilate(mask, np.ones((31, 31), np.uint8)).astype(np.uint8)
    elif sort == "shrunk":
        mask = cv2.erode(mask, np.ones((31, 31), np.uint8)).astype(np.uint8)
    elif sort == "moved":
        mask = np.roll(mask, 40, axis=1)
    elif sort == "background kept":
        mask[:200, :250] = 255
    return mask


DAMAGES = ["half lost", "platter kept", "grown", "shrunk", "moved", "background kept"]


def test_a_right_mask_is_very_good_where_the_ring_is_known(ring: RingKnowledge) -> None:
    verdict = verdict_on(truth(), ring, Agreement(1.0, ""))
    assert verdict.grade is Grade.VERY_GOOD
    assert verdict.reasons == ()
    assert not verdict.empty


@pytest.mark.parametrize("sort", DAMAGES)
def test_a_damaged_mask_is_insufficient_and_says_why(sort: str, ring: RingKnowledge) -> None:
    verdict = verdict_on(damaged(sort), ring)
    assert verdict.grade is Grade.INSUFFICIENT
    assert 1 <= len(verdict.reasons) <= 3
    assert all(len(reason) <= 70 for reason in verdict.reasons)


@pytest.mark.parametrize("sort", DAMAGES)
def test_a_damaged_mask_is_doubted_more_in_a_single_photo(sort: str) -> None:
    assert verdict_on(damaged(sort), None).odds > verdict_on(truth(), None).odds + 1


def test_a_right_mask_of_white_on_white_lies_on_edges_and_a_wrong_one_beside_them() -> None:
    right, wrong = truth(), damaged("moved")
    soft = cv2.GaussianBlur(right, (0, 0), 0.8)[..., None] / 255
    noise = np.random.default_rng(2).normal(0, 0.5, (HEIGHT, WIDTH, 3))
    pixels = np.clip(246 - 4 * soft + noise, 0, 255).astype(np.uint8)
    assert signs_of(right, pixels, first=right).off_edges < 0.1
    assert signs_of(wrong, pixels, first=wrong).off_edges > 0.5


def test_a_border_that_the_mask_touches_is_named() -> None:
    mask = truth(at=(60, 260))
    verdict = judge(signs_of(mask, photo_of(mask), first=cv2.erode(mask, np.ones((41, 41))).astype(np.uint8)), None)
    assert "mask touches the left border" in verdict.reasons
    assert verdict.completeness < 1


def test_neighbours_that_look_otherwise_are_told_first(ring: RingKnowledge) -> None:
    agreement = Agreement(0.0, "area 38 % below its neighbours")
    mask = cv2.erode(truth(), np.ones((21, 21), np.uint8)).astype(np.uint8)
    verdict = verdict_on(mask, ring, agreement)
    assert verdict.reasons[0] == "area 38 % below its neighbours"
    assert verdict.ring == 0
    assert verdict.odds >= verdict_on(mask, ring).odds


def test_a_small_things_blurred_rim_is_no_quarrel_with_the_ring() -> None:
    shots = [small(45 * i) for i in range(SHOTS)]
    builder = RingBuilder()
    for i, mask in enumerate(shots):
        builder.add(observe(FRAME, photo_of(mask, i), found_as(mask, 4)))
    photo, ring = photo_of(shots[0]), builder.build()
    headless = shots[0].copy()
    headless[:285] = 0
    right, wrong = (signs_of(mask, photo, first=shots[0], ring=ring).ring_unlike for mask in (shots[0], headless))
    assert right is not None
    assert right < 0.05
    assert wrong is not None
    assert wrong > 0.1


def test_an_empty_mask_is_told_as_an_empty_platter(ring: RingKnowledge) -> None:
    nothing = np.zeros((HEIGHT, WIDTH), np.uint8)
    for known in (None, ring):
        verdict = judge(signs_of(nothing, room(), first=nothing, ring=known), None)
        assert verdict.empty
        assert verdict.grade is Grade.INSUFFICIENT
        assert verdict.reasons == ("no object was found: the platter seems empty",)


def test_an_empty_platter_is_told_though_the_network_keeps_some_of_it(ring: RingKnowledge) -> None:
    random = np.random.default_rng(3)
    unsure = cv2.GaussianBlur(random.random((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 25)
    unsure = np.clip(0.35 + (unsure - unsure.mean()) / unsure.std() * 0.15, 0, 0.9)
    mask = np.where(unsure > 0.6, np.uint8(255), np.uint8(0))
    assert mask.any()
    found = Found(unsure.astype(np.float32), WHOLE)
    signs = read_signs(frame=FRAME, pixels=room(), first=found, found=found, mask=mask, ring=ring)
    assert judge(signs, None).empty


def test_signs_are_plain_numbers_that_survive_json(ring: RingKnowledge) -> None:
    signs = signs_of(truth(), photo_of(truth()), first=truth(), ring=ring)
    content = json.loads(json.dumps(asdict(signs)))
    assert Signs(**{**content, "borders": tuple(content["borders"])}) == signs


@pytest.mark.parametrize("weights", [DOUBT, EMPTINESS], ids=["doubt", "emptiness"])
def test_only_faults_that_are_measured_have_a_weight(
    weights: Mapping[str, Mapping[str, float]], ring: RingKnowledge
) -> None:
    mask = truth()
    with_ring, alone = (
        faults(signs_of(mask, photo_of(mask), first=mask, ring=known), None).keys() for known in (ring, None)
    )
    for known, weighed in weights.items():
        measured = with_ring if known in ("ring", "plate") else alone
        assert weighed.keys() <= measured, f"of the weights for {known}, verdict/faults.py measures no such fault"


def test_a_reduced_photo_and_a_cropped_matte_tell_the_same() -> None:
    mask = truth()
    pixels = photo_of(mask)
    box = (180, 100, 460, 420)
    crop = Found(np.ascontiguousarray(found_as(mask).matte[box[1] : box[3], box[0] : box[2]]), box)
    small = cv2.resize(pixels, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
    full = signs_of(mask, pixels, first=mask)
    reduced = read_signs(frame=FRAME, pixels=small, first=found_as(mask, 4), found=crop, mask=mask, ring=None)
    assert reduced.area == pytest.approx(full.area, rel=0.02)
    assert reduced.matte_unlike == pytest.approx(full.matte_unlike, abs=0.01)
    assert reduced.cut == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_tiny_photos_and_full_masks_are_judged_without_a_crash(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.full((height, width, 3), 128, np.uint8)
    for value in (0, 255):
        mask = np.full((height, width), value, np.uint8)
        found = Found(mask.astype(np.float32) / np.float32(255), (0, 0, width, height))
        signs = read_signs(frame=Frame(width, height), pixels=pixels, first=None, found=found, mask=mask, ring=None)
        assert judge(signs, None).grade is Grade.INSUFFICIENT


def test_a_label_on_white_that_the_network_loses_does_not_count_against_its_mask() -> None:
    label = np.zeros((HEIGHT, WIDTH), np.uint8)
    label[220:290, 300:350] = 255
    stripes = np.broadcast_to(np.where(np.arange(WIDTH) // 6 % 2, 150, 244), label.shape)
    stains = cv2.GaussianBlur(np.random.default_rng(2).normal(0, 30, label.shape), (0, 0), 15)
    white = np.where(truth() > 0, np.where(label > 0, stripes, 244), 242 + stains)

    def shot(seed: int) -> Pixels:
        light = white + np.random.default_rng(seed).normal(0, 0.5, label.shape)
        return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    builder = RingBuilder()
    for i in range(SHOTS):
        builder.add(observe(FRAME, shot(i), found_as(truth(), 4)))
    ring = builder.build()
    assert ring is not None
    assert ring.colours.trust == 0
    lost = truth() & ~label
    whole, holed = (signs_of(mask, shot(9), first=lost, ring=ring) for mask in (truth(), lost))
    assert whole.ring_inside is not None
    assert holed.ring_outside is not None
    assert whole.ring_inside < 0.08
    assert holed.ring_outside > 0.1
