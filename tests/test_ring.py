"""What a ring knows, on small scenes made here and on a ring of the shared sample."""

from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from underside.looks import Found, Frame, find_object
from underside.photo import decode, open_photo
from underside.ring import (
    Observation,
    RingBuilder,
    RingKnowledge,
    agreement,
    camera_positions,
    glance,
    lent_matte,
    observe,
    silhouette_of_mask,
    split_rings,
)
from underside.ring.colours import numbers_of_levels
from underside.segmenters.network import load_segmenter

WIDTH, HEIGHT = 240, 180
WHOLE = (0, 0, WIDTH, HEIGHT)
FRAME = Frame(WIDTH, HEIGHT)
ORANGE = (220, 120, 40)

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def room(seed: int = 0) -> Pixels:
    """Soft grey-blue blotches: a wall with things on it."""
    random = np.random.default_rng(seed)
    blotches = random.integers(0, 120, (15, 20, 3)).astype(np.uint8) + np.array([10, 40, 70], np.uint8)
    return np.asarray(cv2.resize(blotches, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def disc(x: float, y: float, radius: float) -> Mask:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 < radius**2)


def shoot(behind: Pixels, mask: Mask, seed: int, *, gain: float = 1.0) -> Pixels:
    """The object before the room, with noise."""
    picture = behind.astype(np.float32)
    picture[mask] = ORANGE
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(picture * gain + noise, 0, 255).astype(np.uint8)


def matte_of(mask: Mask) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) * 0.98 + 0.01, (0, 0), 1.0), np.float32)


def swinging(step: int) -> Mask:
    """An object of two balls, one of which goes round the other."""
    angle = 2 * np.pi * step / 12
    return disc(120, 90, 28) | disc(120 + 45 * np.cos(angle), 90 + 12 * np.sin(angle), 14)


def ring_of(masks: list[Mask], behind: Pixels, *, gains: dict[int, float] | None = None) -> RingBuilder:
    builder = RingBuilder()
    for step, mask in enumerate(masks):
        shot = shoot(behind, mask, step, gain=(gains or {}).get(step, 1.0))
        builder.add(observe(FRAME, shot, Found(matte_of(mask), WHOLE)))
    return builder


def learnt(builder: RingBuilder) -> RingKnowledge:
    ring = builder.build()
    assert ring is not None
    return ring


def overlap(found: Found, truth: Mask) -> float:
    mask = found.matte > 0.5
    return float((mask & truth).sum() / (mask | truth).sum())


@pytest.fixture(scope="module")
def ring() -> RingKnowledge:
    return learnt(ring_of([swinging(step) for step in range(12)], room()))


def test_a_part_that_the_network_missed_is_found_by_its_difference_from_the_room(ring: RingKnowledge) -> None:
    truth = swinging(0)
    doubted = np.where(disc(120, 90, 28), matte_of(truth), np.minimum(matte_of(truth), np.float32(0.3)))
    missed = Found(doubted, WHOLE)
    assert overlap(missed, truth) < 0.9
    assert overlap(ring.correct(missed, FRAME, shoot(room(), truth, 99)), truth) > 0.96


def test_room_that_the_network_took_for_object_is_left_out(ring: RingKnowledge) -> None:
    truth = swinging(0)
    leaking = Found(np.where(disc(60, 60, 20), np.float32(0.8), matte_of(truth)), WHOLE)
    assert overlap(ring.correct(leaking, FRAME, shoot(room(), truth, 99)), truth) > 0.96


def test_what_holds_the_object_is_left_out_where_the_network_is_sure_of_it(ring: RingKnowledge) -> None:
    truth, held = swinging(0), disc(60, 130, 24)
    # It has the object's colour, and no other shot has seen it: the ring takes it for object.
    shot = shoot(room(), truth | held, 99)
    doubted = Found(np.where(held, np.float32(0.3), matte_of(truth)), WHOLE)
    sure = Found(np.where(held, np.float32(0.005), matte_of(truth)), WHOLE)
    assert overlap(ring.correct(doubted, FRAME, shot), truth | held) > 0.9
    assert overlap(ring.correct(sure, FRAME, shot), truth) > 0.96


def test_the_colour_of_room_that_the_network_took_for_object_is_none_of_the_objects() -> None:
    green = (60, 200, 60)
    behind = room()
    behind[140:] = green
    builder = RingBuilder()
    for step in range(12):
        leaking = swinging(step) | disc(30 + 16 * step, 160, 14)
        builder.add(observe(FRAME, shoot(behind, swinging(step), step), Found(matte_of(leaking) * 0.8, WHOLE)))
    colours = learnt(builder).colours
    of_leaks, of_object = (numbers_of_levels(np.full((1, 1, 3), colour, np.uint8)) for colour in (green, ORANGE))
    assert colours.on_object(of_leaks).item() < 0 < colours.near_object(of_leaks).item()
    assert colours.on_object(of_object).item() > 4


def test_colours_are_the_objects_where_the_matte_is_surest() -> None:
    green = (60, 200, 60)
    builder = RingBuilder()
    opening, behind = disc(120, 90, 14), room()
    behind[opening] = green
    for step in range(12):
        # In every shot the network fills the opening, with less certainty.
        matte = np.where(opening, np.float32(0.8), matte_of(swinging(step)))
        builder.add(observe(FRAME, shoot(behind, swinging(step) & ~opening, step), Found(matte, WHOLE)))
    colours = learnt(builder).colours
    of_opening, of_object = (numbers_of_levels(np.full((1, 1, 3), colour, np.uint8)) for colour in (green, ORANGE))
    assert colours.on_object(of_opening).item() < 0
    assert colours.on_object(of_object).item() > 4


def test_a_plate_may_lie_in_the_objects_shadow() -> None:
    builder = ring_of([swinging(step) for step in range(12)], room())
    builder.add_plate(observe(FRAME, shoot(room(), np.zeros((HEIGHT, WIDTH), np.bool_), 50), None))
    ring = learnt(builder)
    opening = disc(120, 90, 16)
    truth = swinging(0) & ~opening
    shaded = room()
    shaded[opening] = shaded[opening] * 0.6
    filled = Found(np.where(opening, np.float32(0.8), matte_of(truth)), WHOLE)
    corrected = ring.correct(filled, FRAME, shoot(shaded, truth, 99)).matte > 0.5
    assert corrected[disc(120, 90, 11)].mean() < 0.05
    assert corrected[truth].mean() > 0.97


def test_a_part_of_the_object_with_the_rooms_colours_is_no_shadow() -> None:
    behind, part = room(), disc(120, 118, 22)
    builder = RingBuilder()

    def shot(step: int) -> Pixels:
        picture = shoot(behind, swinging(step) & ~part, step)
        picture[part] = np.roll(behind, 60, axis=1)[part] * 0.7
        return picture

    for step in range(12):
        builder.add(observe(FRAME, shot(step), Found(matte_of(swinging(step) | part), WHOLE)))
    builder.add_plate(observe(FRAME, shoot(behind, np.zeros((HEIGHT, WIDTH), np.bool_), 50), None))
    truth = swinging(3) | part
    assert overlap(learnt(builder).correct(Found(matte_of(truth), WHOLE), FRAME, shot(3)), truth) > 0.97


def test_a_matte_that_is_nowhere_sure_teaches_colours_too() -> None:
    builder = RingBuilder()
    for step in range(12):
        builder.add(observe(FRAME, shoot(room(), swinging(step), step), Found(matte_of(swinging(step)) * 0.7, WHOLE)))
    assert learnt(builder).colours.on_object(numbers_of_levels(np.full((1, 1, 3), ORANGE, np.uint8))).item() > 4


def test_an_empty_frame_in_which_nothing_is_doubtful_stays_empty(ring: RingKnowledge) -> None:
    nothing = Found(np.zeros((HEIGHT, WIDTH), np.float32), (0, 0, 40, 40))
    assert ring.correct(nothing, FRAME, shoot(room(), np.zeros((HEIGHT, WIDTH), np.bool_), 99)).matte.max() < 0.5


def test_an_object_that_looks_the_same_from_every_side_is_not_eaten() -> None:
    vase = disc(120, 100, 40) | disc(120, 50, 18)
    ring = learnt(ring_of([vase] * 10, room()))
    corrected = ring.correct(Found(matte_of(vase), WHOLE), FRAME, shoot(room(), vase, 99))
    assert overlap(corrected, vase) > 0.97


def test_a_shot_brighter_than_the_others_is_no_object(ring: RingKnowledge) -> None:
    truth = swinging(5)
    bright = shoot(room(), truth, 99, gain=1.25)
    assert overlap(ring.correct(Found(matte_of(truth), WHOLE), FRAME, bright), truth) > 0.97


def test_exposure_steps_within_a_ring_leave_the_room_as_it_is(ring: RingKnowledge) -> None:
    masks = [swinging(step) for step in range(12)]
    stepped = learnt(ring_of(masks, room(), gains={1: 1.2, 4: 0.8, 7: 1.2}))
    known = ring.room.known > 0
    off = cv2.absdiff(stepped.room.middle, ring.room.middle)[known]
    assert float(np.median(off)) <= 1
    assert float(np.median(stepped.room.noise)) < 1.5 * float(np.median(ring.room.noise))


def test_a_plate_shows_the_room_where_the_object_always_stands() -> None:
    builder = ring_of([swinging(step) for step in range(12)], room())
    builder.add_plate(observe(FRAME, shoot(room(), np.zeros((HEIGHT, WIDTH), np.bool_), 50, gain=1.1), None))
    ring = learnt(builder)
    truth = disc(120, 90, 28) & ~disc(120, 90, 10) | disc(165, 90, 14)
    filled = Found(np.where(disc(120, 90, 10), np.float32(0.7), matte_of(truth)), WHOLE)
    assert overlap(ring.correct(filled, FRAME, shoot(room(), truth, 99)), truth) > 0.95


def test_two_shots_tell_nothing_of_a_room() -> None:
    assert ring_of([swinging(0), swinging(1)], room()).build() is None


def test_a_ring_of_any_length_is_learnt_from_a_bounded_number_of_shots() -> None:
    builder = RingBuilder()
    small = Observation(np.zeros((12, 16, 3), np.uint8), np.zeros((12, 16), np.float32))
    for _ in range(500):
        builder.add(small)
    assert len(builder._kept) <= 16


def test_knowledge_read_from_a_file_corrects_to_the_same_bytes(ring: RingKnowledge, tmp_path: Path) -> None:
    ring.save(tmp_path / "ring.npz")
    truth = swinging(2)
    found, shot = Found(matte_of(truth), WHOLE), shoot(room(), truth, 99)
    again = RingKnowledge.load(tmp_path / "ring.npz").correct(found, FRAME, shot)
    assert again.matte.tobytes() == ring.correct(found, FRAME, shot).matte.tobytes()


def test_a_ring_ends_where_the_camera_moved() -> None:
    places = [room(1)] * 5 + [room(2)] * 4
    assert split_rings(glances(places)) == [range(5), range(5, 9)]


def test_a_camera_that_moved_at_every_shot_makes_rings_of_one() -> None:
    assert split_rings(glances([room(seed) for seed in range(4)])) == [range(i, i + 1) for i in range(4)]


def test_two_passes_from_the_same_place_share_their_room() -> None:
    places = [room(1)] * 3 + [room(2)] * 3 + [room(1)] * 3
    assert camera_positions(glances(places)) == [[0, 1, 2, 6, 7, 8], [3, 4, 5]]


def glances(places: list[Pixels]) -> list:  # type: ignore[type-arg]
    masks = [swinging(step) for step in range(len(places))]
    return [
        glance(observe(FRAME, shoot(behind, mask, step), Found(matte_of(mask), WHOLE)))
        for step, (behind, mask) in enumerate(zip(places, masks, strict=True))
    ]


def test_a_silhouette_much_smaller_than_its_neighbours_is_suspect() -> None:
    masks = [swinging(step) for step in range(12)]
    masks[6] = masks[6] & disc(120, 70, 25)
    judged = agreement([silhouette_of_mask(mask.astype(np.uint8), 1) for mask in masks])
    assert judged[6].score < 0.5
    assert "below its neighbours" in judged[6].reason
    assert min(shot.score for i, shot in enumerate(judged) if i not in (4, 5, 6, 7, 8)) == 1


def test_a_shot_among_lost_ones_is_told_of_in_words_that_can_be_read() -> None:
    masks = [swinging(step) for step in range(24)]
    for lost in (4, 5, 7, 8):
        masks[lost] = np.zeros_like(masks[lost])
    judged = agreement([silhouette_of_mask(mask.astype(np.uint8), 1) for mask in masks])
    assert judged[6].reason in {"area far above its neighbours", "height far above its neighbours"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (60, 1)])
def test_photos_of_one_row_or_column_have_a_ring_like_others(shape: tuple[int, int]) -> None:
    frame, picture = Frame(shape[1], shape[0]), np.full((*shape, 3), 90, np.uint8)
    found = Found(np.full(shape, 0.4, np.float32), (0, 0, shape[1], shape[0]))
    builder = RingBuilder()
    for _ in range(5):
        builder.add(observe(frame, picture, found))
    builder.add_plate(observe(frame, picture, None))
    ring = builder.build()
    assert ring is not None
    assert np.isfinite(ring.correct(found, frame, picture).matte).all()


def test_an_object_that_turns_is_no_suspect() -> None:
    judged = agreement([silhouette_of_mask(swinging(step).astype(np.uint8), 1) for step in range(12)])
    assert [shot.reason for shot in judged] == [""] * 12


def test_neighbours_lend_a_matte_that_is_better_than_theirs_unmoved() -> None:
    texture = room(5)[:, ::-1]

    def at(shift: int) -> tuple[Pixels, Mask]:
        mask = disc(110 + shift, 90, 30) | disc(110 + shift, 45, 14)
        picture = shoot(room(), mask, shift)
        picture[mask] = np.roll(texture, shift, axis=1)[mask]
        return picture, mask

    own, truth = at(6)
    neighbours = [at(0), at(12)]
    lent = lent_matte([(pixels, matte_of(mask)) for pixels, mask in neighbours], own)
    assert lent.shape == own.shape[:2]
    unmoved = max(overlap(Found(matte_of(mask), WHOLE), truth) for _, mask in neighbours)
    assert overlap(Found(lent, WHOLE), truth) > unmoved + 0.08


def test_a_silhouette_is_the_same_in_a_photo_stored_turned() -> None:
    mask = swinging(1)
    stored = np.ascontiguousarray(np.rot90(mask)).astype(np.uint8)
    upright = silhouette_of_mask(mask.astype(np.uint8), 1)
    assert astuple(silhouette_of_mask(stored, 6)) == pytest.approx(astuple(upright))


def test_a_ring_of_the_sample_gets_better_masks_than_the_network_alone(shared: Path) -> None:
    capture = shared / "data" / "flip-sample" / "spot"
    segmenter = load_segmenter("turntable", device="cpu")
    builder, shots = RingBuilder(), []
    for path in sorted((capture / "upright").glob("*.JPG"))[:9]:
        photo = open_photo(path)
        frame, pixels = Frame(photo.width, photo.height, photo.orientation, photo.icc), decode(photo)
        found = find_object(segmenter, frame, pixels, looks=2)
        builder.add(observe(frame, pixels, found))
        with Image.open(capture / "gt_masks" / "upright" / f"{path.name}.png") as picture:
            truth = np.asarray(picture.convert("L")) > 127
        shots.append((frame, pixels, found, truth))
    ring = learnt(builder)
    before = [scored(found, truth) for _, _, found, truth in shots]
    after = [scored(ring.correct(found, frame, pixels), truth) for frame, pixels, found, truth in shots]
    assert np.mean(after) > np.mean(before)
    assert min(after) > min(before)


def scored(found: Found, truth: Mask) -> float:
    left, top, right, bottom = found.box
    mask = np.zeros(truth.shape, np.bool_)
    mask[top:bottom, left:right] = cv2.resize(found.matte, (right - left, bottom - top)) > 0.5
    return float((mask & truth).sum() / (mask | truth).sum())
