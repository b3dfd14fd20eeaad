"""Holes in a mask: openings, through which the room is seen, and pieces of the object that were lost."""

import numpy as np
import pytest
from test_ring import FRAME, WHOLE, Mask, Pixels, disc, learnt, matte_of, ring_of, room, shoot

from underside.looks import Found
from underside.ring import RingKnowledge, observe
from underside.ring.openings import Clues, closed

BODY, HOLE = disc(120, 90, 40), disc(120, 90, 14)


@pytest.fixture(scope="module")
def ring() -> RingKnowledge:
    """Of an object that always covers the same place: what is behind it, only a plate knows."""
    builder = ring_of([BODY] * 12, room())
    builder.add_plate(observe(FRAME, shoot(room(), np.zeros_like(BODY), 50), None))
    return learnt(builder)


def share_kept(ring: RingKnowledge, shot: Pixels, place: Mask, said: float = 0.02) -> float:
    """How much of a place is kept where the network takes it for a hole in the object."""
    holed = Found(np.where(HOLE, np.float32(said), matte_of(BODY)).astype(np.float32), WHOLE)
    return float((ring.correct(holed, FRAME, shot).matte[place] > 0.5).mean())


def printed(colour: tuple[int, int, int]) -> Pixels:
    shot = shoot(room(), BODY, 99)
    shot[HOLE] = colour
    return shot


def test_a_hole_that_no_light_on_the_plate_explains_is_object(ring: RingKnowledge) -> None:
    assert share_kept(ring, printed((20, 200, 30)), HOLE) == 1


@pytest.mark.parametrize("light", [1.0, 0.5])
def test_a_hole_that_shows_the_plate_stays_open_in_shadow_too(ring: RingKnowledge, light: float) -> None:
    shot = shoot(room(), BODY & ~HOLE, 99)
    shot[HOLE] = (shot[HOLE] * light).astype(np.uint8)
    assert share_kept(ring, shot, disc(120, 90, 11)) == 0


def test_a_bay_stays_as_it_is_whatever_is_seen_in_it(ring: RingKnowledge) -> None:
    matte = matte_of(BODY & ~(HOLE | disc(145, 90, 20)))
    unlike = np.full(matte.shape, 50, np.float32)
    assert np.array_equal(closed(matte, Clues(unlike, unlike, unlike), ring.colours, noisy=False), matte)


def test_without_a_plate_a_hole_of_the_objects_own_colour_is_object() -> None:
    ring = learnt(ring_of([BODY] * 12, room()))
    assert share_kept(ring, shoot(room(), BODY, 99), HOLE, said=0.0001) == 1
    assert share_kept(ring, shoot(room(), BODY & ~HOLE, 99), disc(120, 90, 11), said=0.0001) == 0


def test_a_slit_is_told_by_its_middle_not_by_its_blurred_sides(ring: RingKnowledge) -> None:
    slit = np.zeros_like(BODY)
    slit[70:110, 118:121] = True
    middle = np.zeros_like(BODY)
    middle[71:109, 119] = True
    colour = np.full(BODY.shape, -1.5, np.float32)
    in_no_light = np.where(middle, np.float32(0.5), np.float32(5))
    matte = matte_of(BODY & ~slit)
    assert np.array_equal(closed(matte, Clues(colour, colour, in_no_light), ring.colours, noisy=False), matte)
