"""A photo without a ring: what the colours of its own object, and of what is around it, put right."""

import numpy as np
import pytest
from conftest import DEMO
from numpy.typing import NDArray
from test_ring import FRAME, HEIGHT, ORANGE, WHOLE, WIDTH, Mask, Pixels, disc, matte_of, overlap, room, shoot

from underside.engine import load_masker
from underside.ladder.rungs import NetworkAlone
from underside.looks import Found
from underside.masker import Effort
from underside.photo import open_photo
from underside.ring import by_own_colours
from underside.settings import Settings

Layer = NDArray[np.float32]

BODY = disc(120, 90, 40)


def found(matte: Layer) -> Found:
    return Found(matte.astype(np.float32), WHOLE)


def put_right(matte: Layer, shot: Pixels) -> Found:
    return by_own_colours(found(matte), FRAME, shot)


def doubting(place: Mask, said: float) -> Layer:
    """The object's matte, with another word on some place."""
    return np.where(place, np.float32(said), matte_of(BODY))


def test_what_the_network_keeps_of_the_room_goes() -> None:
    kept = disc(172, 90, 14) & ~BODY
    matte = doubting(kept, 0.8)
    assert overlap(found(matte), BODY) < 0.93
    assert overlap(put_right(matte, shoot(room(), BODY, 1)), BODY) > 0.97


def test_what_the_network_loses_of_the_object_comes_back() -> None:
    lost = disc(140, 90, 12)
    matte = doubting(lost, 0.2)
    assert overlap(found(matte), BODY) < 0.93
    assert overlap(put_right(matte, shoot(room(), BODY, 1)), BODY) > 0.98


def test_what_the_network_sees_is_kept_where_colours_tell_nothing() -> None:
    alike = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    assert overlap(put_right(matte_of(BODY), alike), BODY) > 0.98


def test_a_label_on_white_in_white_comes_back() -> None:
    shot = np.full((HEIGHT, WIDTH, 3), 245, np.uint8)
    label = np.zeros_like(BODY)
    label[80:100, 110:130] = True
    shot[label & (np.arange(WIDTH) // 3 % 2 == 0)] = (120, 40, 90)
    matte = np.where(label, np.float32(0.05), matte_of(BODY))
    assert (put_right(matte, shot).matte[label] > 0.5).all()


def test_an_opening_before_many_colours_stays_open() -> None:
    patches = np.random.default_rng(3).integers(0, 256, (HEIGHT // 12, WIDTH // 12, 3)).astype(np.uint8)
    motley = np.kron(patches, np.ones((12, 12, 1), np.uint8)).astype(np.uint8)
    hole = disc(120, 90, 12)
    kept = put_right(np.where(hole, np.float32(0.01), matte_of(BODY)), motley).matte > 0.5
    assert not kept[disc(120, 90, 9)].any()


def test_without_surroundings_colours_say_nothing() -> None:
    before = found(np.full((HEIGHT, WIDTH), 0.95, np.float32))
    assert by_own_colours(before, FRAME, shoot(room(), BODY, 1)) is before


def test_noise_drowns_colours_and_the_network_is_taken_at_its_word() -> None:
    noise = np.random.default_rng(0).normal(0, 25, (HEIGHT, WIDTH, 3))
    shot = np.clip(shoot(room(), BODY, 1) + noise, 0, 255).astype(np.uint8)
    before = found(matte_of(BODY))
    assert by_own_colours(before, FRAME, shot) is before


def test_nothing_found_stays_nothing() -> None:
    before = found(np.full((HEIGHT, WIDTH), 0.2, np.float32))
    assert by_own_colours(before, FRAME, np.full((HEIGHT, WIDTH, 3), ORANGE, np.uint8)) is before


@pytest.mark.parametrize(("effort", "helps"), [("normal", True), ("fast", False)])
def test_photos_alone_are_masked_with_their_colours_but_for_fast_ones(effort: Effort, helps: bool) -> None:
    masked = load_masker(Settings(effort=effort)).mask_photo(open_photo(next(DEMO.glob("upright/*.JPG"))))
    assert (masked.found is not masked.alone) == helps
    assert NetworkAlone().find(masked, masked.found, list) is (masked.alone if helps else None)
    assert (masked.found.rim > 0) == helps
