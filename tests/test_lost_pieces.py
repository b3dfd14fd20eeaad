"""Pieces of the object that were lost: told from openings and bays through which the room is seen, and from things."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from test_ring import FRAME, WHOLE, Mask, Pixels, disc, learnt, matte_of, ring_of, room, shoot

from underside.looks import Found
from underside.ring import RingKnowledge, observe
from underside.ring.clues import Clues
from underside.ring.lost_pieces import with_lost_pieces

Layer = NDArray[np.float32]

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


def test_without_a_plate_a_hole_of_the_objects_own_colour_is_object() -> None:
    ring = learnt(ring_of([BODY] * 12, room()))
    assert share_kept(ring, shoot(room(), BODY, 99), HOLE, said=0.0001) == 1
    assert share_kept(ring, shoot(room(), BODY & ~HOLE, 99), disc(120, 90, 11), said=0.0001) == 0


def everywhere(value: float) -> Layer:
    return np.full(BODY.shape, value, np.float32)


# Nothing is known of what stands behind, and nothing speaks for the object.
NOTHING_KNOWN = Clues(
    pixels=np.full((*BODY.shape, 3), 200, np.uint8),
    network=everywhere(0.1),
    colour=everywhere(-1.5),
    around=everywhere(7),
    in_no_light=everywhere(np.nan),
    apart=True,
    pale=False,
)
WHITE_IN_WHITE = replace(NOTHING_KNOWN, colour=everywhere(0), apart=False, pale=True)


def test_a_slit_is_told_by_its_middle_not_by_its_blurred_sides() -> None:
    slit = np.zeros_like(BODY)
    slit[70:110, 118:121] = True
    middle = np.zeros_like(BODY)
    middle[71:109, 119] = True
    clues = replace(NOTHING_KNOWN, in_no_light=np.where(middle, np.float32(0.5), np.float32(5)))
    matte = matte_of(BODY & ~slit)
    assert np.array_equal(with_lost_pieces(matte, clues), matte)


def fading(spot: Mask, width: float) -> Pixels:
    """A lighter spot on a plain surface, whose outline is so wide."""
    soft = cv2.GaussianBlur(spot.astype(np.float32), (0, 0), width)
    return np.repeat((150 + 30 * soft)[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("width", "said", "closes"),
    [
        pytest.param(8, 0.9, True, id="a highlight"),
        pytest.param(1, 0.9, False, id="what has an edge"),
        pytest.param(8, 0.3, False, id="what the network does not take for object"),
    ],
)
def test_a_highlight_as_pale_as_the_room_is_no_opening(width: float, said: float, closes: bool) -> None:
    clues = replace(NOTHING_KNOWN, pixels=fading(HOLE, width), network=everywhere(said), in_no_light=everywhere(0))
    matte = matte_of(BODY & ~HOLE)
    closed = with_lost_pieces(matte, clues)
    assert (closed[HOLE] > 0.5).all() if closes else np.array_equal(closed, matte)


BAY = np.zeros_like(BODY)
BAY[82:98, 140:] = True
BITTEN = matte_of(BODY & ~BAY)


@pytest.mark.parametrize(
    "clues",
    [
        pytest.param(replace(WHITE_IN_WHITE, around=everywhere(1)), id="a label"),
        pytest.param(
            replace(WHITE_IN_WHITE, around=everywhere(1), in_no_light=everywhere(9)), id="a label before a known room"
        ),
        pytest.param(replace(NOTHING_KNOWN, colour=everywhere(3.5)), id="the object's own colour"),
    ],
)
def test_a_bay_that_cannot_be_the_room_is_object_as_far_as_the_outline_leads_on(clues: Clues) -> None:
    kept = with_lost_pieces(BITTEN, clues) > 0.5
    assert (kept & BAY & BODY).sum() > 0.8 * (BAY & BODY).sum()
    assert not (kept & ~disc(120, 90, 42)).any()


@pytest.mark.parametrize(
    "clues",
    [
        pytest.param(WHITE_IN_WHITE, id="colours of the room"),
        pytest.param(replace(WHITE_IN_WHITE, around=everywhere(1), in_no_light=everywhere(0.2)), id="the room is seen"),
        pytest.param(replace(WHITE_IN_WHITE, around=everywhere(1), pale=False), id="noise, or as many colours around"),
        pytest.param(replace(NOTHING_KNOWN, colour=everywhere(2)), id="a colour met around the object too"),
    ],
)
def test_any_other_bay_stays_as_it_is(clues: Clues) -> None:
    assert np.array_equal(with_lost_pieces(BITTEN, clues), BITTEN)


def test_a_wide_bay_is_the_objects_shape() -> None:
    wide = np.zeros_like(BODY)
    wide[:, 120:] = True
    matte = matte_of(disc(120, 90, 60) & ~(disc(120, 90, 45) & wide) & ~(disc(150, 90, 45) & wide))
    kept = with_lost_pieces(matte, replace(WHITE_IN_WHITE, around=everywhere(1))) > 0.5
    assert kept[disc(150, 90, 20)].mean() < 0.1


LIMB = np.zeros_like(BODY)
LIMB[84:96, 155:190] = True
APART = np.zeros_like(BODY)
APART[84:96, 170:190] = True


def coloured(piece: Mask, *, colour: float = 3.5, in_no_light: float = 9) -> Clues:
    """One piece has a colour of the object's, and looks so unlike what stands behind it."""
    on_it = np.where(piece, np.float32(colour), np.float32(-1.5))
    return replace(NOTHING_KNOWN, colour=on_it, in_no_light=everywhere(in_no_light))


def test_a_limb_of_the_objects_colour_before_a_known_room_is_object() -> None:
    kept = with_lost_pieces(matte_of(BODY), coloured(LIMB)) > 0.5
    assert kept[LIMB].all()
    assert not (kept & ~(LIMB | disc(120, 90, 42))).any()


def test_a_hole_that_a_limb_closes_is_asked_what_it_shows_too() -> None:
    pocket, loop = np.zeros_like(BODY), np.zeros_like(BODY)
    loop[76:104, 150:190] = True
    pocket[84:96, 166:180] = True
    unlike = coloured(loop & ~pocket)
    assert (with_lost_pieces(matte_of(BODY), unlike) > 0.5)[pocket].all()
    seen = replace(unlike, in_no_light=np.where(pocket, np.float32(1), unlike.in_no_light))
    assert (with_lost_pieces(matte_of(BODY), seen) > 0.5)[pocket].mean() < 0.1


@pytest.mark.parametrize(
    "clues",
    [
        pytest.param(coloured(APART), id="a thing beside it"),
        pytest.param(coloured(LIMB, in_no_light=1), id="the room is seen"),
        pytest.param(coloured(LIMB, in_no_light=np.nan), id="nobody knows what stands behind"),
        pytest.param(coloured(LIMB, colour=2.7), id="a colour met around the object too"),
    ],
)
def test_what_sticks_out_and_may_be_the_room_stays_out(clues: Clues) -> None:
    assert np.array_equal(with_lost_pieces(matte_of(BODY), clues), matte_of(BODY))


def test_nothing_stays_nothing() -> None:
    assert not with_lost_pieces(everywhere(0), replace(WHITE_IN_WHITE, around=everywhere(1))).any()
