"""The flip's geometry, on cameras that are made up: axes, strays, coverage, and what the masks agree on."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import overlap
from numpy.typing import NDArray

from underside.flip.agreement.agree import agreed_silhouettes
from underside.flip.agreement.colours import colour_odds, palette_of
from underside.flip.agreement.hull import Silhouette, silhouette_of
from underside.flip.agreement.views import View
from underside.flip.agreement.witness import weights_of
from underside.flip.proof.answer import Outcome, PassFacts, answer_of, pass_facts
from underside.flip.proof.coverage import coverage_of, covered
from underside.flip.proof.features import Features
from underside.flip.proof.links import Tie, doubted_shots, ties_of
from underside.flip.proof.mapping import Lens, Link, Model, Place
from underside.flip.proof.sources import FlipShot
from underside.flip.proof.turntable import angle_between, turning_of

Floats = NDArray[np.float64]

LENS = Lens(900.0, 320.0, 240.0)
STEPS = 12


def about(axis: str, degrees: float) -> Floats:
    """A turn about the x or the z axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def place(name: str, pass_name: str, *, around: float, height: float, pose: Floats | None = None) -> Place:
    """A camera 1 away that looks at the middle, ``pose`` having been done to the object before."""
    a, e = np.radians(around), np.radians(height)
    ahead = -np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    turn = np.array([right, np.cross(ahead, right), ahead])
    shot = FlipShot(name, pass_name, Path(name), Path(name), 640, 480, 1, "one", LENS.focal)
    return Place(shot, turn @ (np.eye(3) if pose is None else pose), np.array([0.0, 0.0, 1.0]), LENS)


def ring(pass_name: str, *, height: float, pose: Floats | None = None, first: int = 0) -> list[Place]:
    """A pass of one ring, or part of a pass of several."""
    return [
        place(f"{pass_name}/{first + i:02}", pass_name, around=i * 360 / STEPS, height=height, pose=pose)
        for i in range(STEPS)
    ]


def model_of(places: Sequence[Place]) -> Model:
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (200, 3)).astype(np.float32)
    return Model(tuple(places), points, np.zeros((200, 3), np.uint8), ((),) * 200, 0.5)


def facts_of(places: list[Place]) -> list[PassFacts]:
    return pass_facts([(each.shot.name, each.shot.pass_name) for each in places], model_of(places))


def tie(first: Place, second: Place, agree: float = 1.0) -> Tie:
    return Tie(first, second, 80, agree)


def sound_ties(places: list[Place]) -> list[Tie]:
    return [tie(a, b) for a in places for b in places if a.shot.name < b.shot.name]


def test_cameras_are_level_and_see_the_middle() -> None:
    camera = place("a", "upright", around=40, height=20)
    assert np.linalg.det(camera.turn) == pytest.approx(1)
    assert camera.draw(np.zeros((1, 3)))[0].tolist() == [320, 240]
    assert camera.up[2] > 0.9


@pytest.mark.parametrize("flip", [180.0, 144.0, 90.0])
def test_a_pass_that_was_turned_over_has_another_axis(flip: float) -> None:
    places = ring("upright", height=20) + ring("flipped", height=20, pose=about("x", flip))
    upright, flipped = facts_of(places)
    assert upright.turned == 0
    assert flipped.turned == pytest.approx(flip, abs=0.5)
    assert answer_of([upright, flipped], [model_of(places)], sound_ties(places), 900).outcome is Outcome.YES


@pytest.mark.parametrize(
    ("flipped", "upright"),
    [("flipped", "upright"), ("upside down", "standing"), ("dessous", "dessus"), ("rig/boca abajo", "rig/boca arriba")],
)
def test_under_is_counted_from_the_upright_pass_in_any_language(flipped: str, upright: str) -> None:
    places = ring(flipped, height=20, pose=about("x", 180)) + ring(upright, height=20)
    assert [(each.name, each.turned) for each in facts_of(places)] == [(upright, 0), (flipped, 180)]


def test_a_pass_placed_as_if_never_turned_is_no() -> None:
    places = ring("upright", height=20) + ring("flipped", height=35)
    answer = answer_of(facts_of(places), [model_of(places)], sound_ties(places), 900)
    assert answer.outcome is Outcome.NO
    assert [each.kind for each in answer.findings] == ["never turned"]
    assert len(answer.findings[0].shots) == STEPS


def test_cameras_that_stand_in_one_place_are_no() -> None:
    still = [place(f"{name}/{i}", name, around=0.1 * i, height=20) for name in ("flipped", "upright") for i in range(8)]
    answer = answer_of(facts_of(still), [model_of(still)], sound_ties(still), 900)
    assert answer.outcome is Outcome.NO
    assert {each.kind for each in answer.findings} == {"room kept"}


def test_shots_that_the_platter_placed_are_named() -> None:
    flip = about("x", 150)
    flipped = ring("flipped", height=20, pose=flip)
    # As if these two had not been turned over: on the other pass's circle.
    for i in (3, 7):
        flipped[i] = place(flipped[i].shot.name, "flipped", around=i * 360 / STEPS, height=20)
    places = ring("upright", height=20) + flipped
    answer = answer_of(facts_of(places), [model_of(places)], sound_ties(places), 900)
    assert answer.outcome is Outcome.UNSAFE
    assert [each.shots for each in answer.findings if each.kind == "strays"] == [("flipped/03", "flipped/07")]


def test_two_rings_of_one_pass_are_no_strays() -> None:
    turning = turning_of(ring("upright", height=15) + ring("upright", height=50, first=STEPS))
    assert turning.strays == ()
    assert angle_between(turning.axis, np.array([0.0, 0.0, 1.0])) < 1


def test_a_camera_that_was_moved_from_shot_to_shot_still_tells_up() -> None:
    random = np.random.default_rng(1)
    around, heights = random.uniform(0, 360, 20), random.uniform(5, 60, 20)
    places = [place(f"{i}", "", around=a, height=h) for i, (a, h) in enumerate(zip(around, heights, strict=True))]
    turning = turning_of(places)
    assert angle_between(turning.axis, np.array([0.0, 0.0, 1.0])) < 2
    assert turning.strays == ()


def test_one_pass_cannot_be_seen_from_below() -> None:
    places = ring("upright", height=20)
    answer = answer_of(facts_of(places), [model_of(places)], [], 900)
    assert answer.outcome is Outcome.NO
    assert "only one pass" in answer.findings[0].what


def test_shots_that_are_not_in_the_model_are_named() -> None:
    places = ring("upright", height=20) + ring("flipped", height=20, pose=about("x", 180))
    facts = pass_facts([(each.shot.name, each.shot.pass_name) for each in places], model_of(places[:-2]))
    answer = answer_of(facts, [model_of(places[:-2])], sound_ties(places[:-2]), 900)
    assert answer.outcome is Outcome.UNSAFE
    assert answer.findings[0].shots == ("flipped/10", "flipped/11")


def test_a_pass_of_another_object_is_no() -> None:
    places = ring("upright", height=20) + ring("upright", height=40, first=STEPS)
    other = ring("flipped", height=20)
    names = [(each.shot.name, each.shot.pass_name) for each in places + other]
    answer = answer_of(pass_facts(names, model_of(places)), [model_of(places), model_of(other)], [], 900)
    assert answer.outcome is Outcome.NO
    assert [each.kind for each in answer.findings] == ["pass missing"]
    assert "make a model of their own, apart from the pass upright" in answer.findings[0].what
    assert "same object" in answer.findings[0].remedy


def test_pairs_that_want_other_places_make_the_join_unsafe() -> None:
    places = ring("upright", height=20) + ring("flipped", height=20, pose=about("x", 180))
    ties = [tie(a, b, agree=0.1 if b is places[-1] else 1.0) for a in places[:STEPS] for b in places[STEPS:]]
    doubt = [tie(a, b, agree=0.1) for a in places[:6] for b in places[STEPS:-1]]
    assert doubted_shots(ties) == ("flipped/11",)
    answer = answer_of(facts_of(places), [model_of(places)], [*ties, *doubt], 900)
    assert answer.outcome is Outcome.UNSAFE
    assert [each.kind for each in answer.findings] == ["disputed"]


def test_shots_of_one_pass_that_fit_elsewhere_make_the_proof_ambiguous() -> None:
    places = ring("upright", height=20) + ring("flipped", height=20, pose=about("x", 180))
    third = STEPS // 3
    ties = [
        tie(a, b, agree=0.2 if i % third == k % third else 1.0)
        for i, a in enumerate(places)
        for k, b in enumerate(places)
        if i < k
    ]
    answer = answer_of(facts_of(places), [model_of(places)], ties, 900)
    assert answer.outcome is Outcome.UNSAFE
    alike = next(each for each in answer.findings if each.kind == "alike")
    assert "ambiguous" in alike.what
    assert "sticker" in alike.remedy


def test_too_few_points_are_said_to_be_too_few() -> None:
    places = ring("upright", height=20)
    facts = pass_facts([(each.shot.name, each.shot.pass_name) for each in places], model_of(places[:2]))
    answer = answer_of(facts, [model_of(places[:2])], [], 60)
    assert answer.outcome is Outcome.NO
    assert "60 points" in answer.findings[0].what


def test_points_agree_with_true_places_and_dispute_wrong_ones() -> None:
    one, other = place("a", "upright", around=0, height=20), place("b", "flipped", around=30, height=20)
    points = np.random.default_rng(2).uniform(-0.1, 0.1, (40, 3))
    features = {
        each.shot.name: Features(
            each.draw(points).astype(np.float32), np.zeros((40, 128), np.uint8), np.zeros((40, 3), np.uint8)
        )
        for each in (one, other)
    }
    link = Link("a", "b", np.stack([np.arange(40), np.arange(40)], axis=1).astype(np.uint32))
    true = ties_of(model_of([one, other]), [link], features)[0]
    wrong = ties_of(model_of([one, place("b", "flipped", around=75, height=50)]), [link], features)[0]
    assert true.agree == 1
    assert true.across
    assert wrong.disputed


def test_a_ring_from_above_sees_nothing_of_the_underside() -> None:
    below = coverage_of(model_of(ring("upright", height=30)), np.array([0.0, 0.0, 1.0]))
    both = coverage_of(
        model_of(ring("upright", height=30) + ring("flipped", height=30, pose=about("x", 180))),
        np.array([0.0, 0.0, 1.0]),
    )
    assert below.underside == 0
    assert both.underside == pytest.approx(both.topside, abs=0.02)
    assert both.underside > 0.5


def test_a_view_from_straight_below_covers_its_cap() -> None:
    # A cap of 25 degrees, of what is more than 10 degrees under the horizon.
    share = (1 - np.cos(np.radians(25))) / (1 - np.sin(np.radians(10)))
    assert covered(np.array([[0.0, 0.0, -1.0]]), below=True) == pytest.approx(share, abs=0.003)
    assert covered(np.array([[0.0, 0.0, -1.0]]), below=False) == 0


def ball(camera: Place) -> NDArray[np.uint8]:
    """A ball of radius .1 as the camera sees it, near enough."""
    mask = np.zeros((480, 640), np.uint8)
    cv2.circle(mask, (320, 240), 90, 255, -1)
    return mask


def view_of(silhouette: Silhouette, picture: NDArray[np.uint8]) -> View:
    return View(silhouette, picture, np.zeros(silhouette.mask.shape, np.bool_))


def test_a_part_that_one_mask_lost_and_a_platter_that_one_kept_are_put_right() -> None:
    heights = [(15, None), (45, None), (15, about("x", 180)), (45, about("x", 180))]
    places = [each for height, pose in heights for each in ring(f"{height}{pose is None}", height=height, pose=pose)]
    masks = [ball(each) for each in places]
    masks[5][:, 330:] = 0
    masks[20][290:340, 220:420] = 255
    points = model_of(places).points
    found = [silhouette_of(each, mask, points, 180) for each, mask in zip(places, masks, strict=True)]
    before: list[Silhouette] = [each for each in found if each is not None]
    # Photos without any colour: the masks' votes alone.
    views = [view_of(each, np.full((*each.mask.shape, 3), 128, np.uint8)) for each in before]
    after = agreed_silhouettes(views, points)
    true = [silhouette_of(each, ball(each), points, 180) for each in places]
    for number in (5, 20):
        wanted = cv2.resize(ball(places[number]), None, fx=1, fy=1)
        left, top, right, bottom = after[number].box
        truth = wanted[top:bottom, left:right] > 127
        assert overlap(before[number].mask > 127, truth) < 0.9
        assert overlap(after[number].mask > 127, truth) > 0.95
    for number in set(range(len(places))) - {5, 20}:
        sound = true[number]
        assert sound is not None
        assert overlap(after[number].mask > 127, sound.mask > 127) > 0.99


@pytest.mark.parametrize("an_opening", [True, False])
def test_what_no_shot_denies_comes_back_only_in_the_objects_colours(an_opening: bool) -> None:
    """A hole that the others cannot see through is taken for lost by their votes."""
    places = [*ring("upright", height=20), *ring("flipped", height=20, pose=about("x", 180), first=100)]
    points, views = model_of(places).points, []
    for number, camera in enumerate(places):
        mask = ball(camera)
        if number == 5:
            cv2.circle(mask, (320, 240), 20, 0, -1)
        silhouette = silhouette_of(camera, mask, points, 180)
        assert silhouette is not None
        shown = (
            silhouette.mask > 127
            if an_opening
            else cv2.morphologyEx(silhouette.mask, cv2.MORPH_CLOSE, np.ones((61, 61), np.uint8)) > 127
        )
        views.append(view_of(silhouette, np.where(shown[..., None], (160, 60, 40), (90, 120, 90)).astype(np.uint8)))
    after = agreed_silhouettes(views, points)[5]
    stays = bool((after.mask > 127).sum() <= (views[5].silhouette.mask > 127).sum() + 20)
    assert stays == an_opening


def test_what_was_cut_off_a_whole_pass_comes_back_by_the_other_pass_where_the_cut_is_doubtful() -> None:
    places = [*ring("upright", height=20), *ring("flipped", height=20, pose=about("x", 180), first=100)]
    points = model_of(places).points
    denied, doubted = [], []
    for camera in places:
        whole = silhouette_of(camera, ball(camera), points, 180)
        assert whole is not None
        foot = np.zeros(whole.mask.shape, np.bool_)
        if camera.shot.pass_name == "upright":
            foot[-whole.mask.shape[0] // 3 :] = whole.mask[-whole.mask.shape[0] // 3 :] > 127
        cut = Silhouette(camera, whole.box, np.where(foot, 0, whole.mask).astype(np.uint8))
        picture = np.where(whole.mask[..., None] > 127, (160, 60, 40), (90, 120, 90)).astype(np.uint8)
        denied.append(view_of(cut, picture))
        doubted.append(View(cut, picture, foot))
    left, back = (
        [(after.mask > 127).sum() / (ball(camera) > 127).sum() for after, camera in zip(found, places, strict=True)]
        for found in (agreed_silhouettes(denied, points), agreed_silhouettes(doubted, points))
    )
    assert max(left[: len(left) // 2]) < 0.95
    assert min(back) > 0.97


def test_a_pass_is_believed_the_less_the_nearer_a_place_is_to_its_platter() -> None:
    upright, flipped = ring("upright", height=20), ring("flipped", height=20, pose=about("x", 180))
    low_and_high = np.array([(0, 0, -0.1), (0, 0, 0.1)], np.float32)
    weights = weights_of(low_and_high, [*upright, *flipped])
    assert weights[0].tolist() == pytest.approx([0.1, 1])
    assert weights[-1].tolist() == pytest.approx([1, 0.1])
    # Of one pass alone there is no better witness, and one of too few shots does not know where its platter is.
    assert weights_of(low_and_high, upright)[0].tolist() == [1, 1]
    assert weights_of(low_and_high, [*upright, *flipped[:2]])[-1].tolist() == [1, 1]


@pytest.mark.parametrize("painted", [True, False])
def test_what_holds_the_object_in_one_pass_goes_by_the_word_of_the_other(painted: bool) -> None:
    """All masks of a pass hold its stand, and it may have the object's colours: half of all votes are for it."""
    poses = {"upright": np.eye(3), "flipped": about("x", 180)}
    points, views, true = model_of([]).points, [], []
    around = np.linspace(0, 2 * np.pi, 40)
    stand = np.array([(0.03 * np.cos(a), 0.03 * np.sin(a), z) for z in (-0.16, -0.095) for a in around], np.float32)
    for name, pose in poses.items():
        for camera in ring(name, height=20, pose=pose):
            mask = ball(camera)
            outline = cv2.convexHull(np.rint(camera.draw(stand @ pose.astype(np.float32))).astype(np.int32))
            with_stand = cv2.fillConvexPoly(mask.copy(), outline, 255)
            silhouette = silhouette_of(camera, np.asarray(with_stand, np.uint8), points, 180)
            assert silhouette is not None
            left, top, right, bottom = silhouette.box
            true.append(mask[top:bottom, left:right] > 127)
            colour = np.where(true[-1][..., None] | painted, (160, 60, 40), (70, 70, 75))
            shown = np.where(silhouette.mask[..., None] > 127, colour, (90, 120, 90))
            views.append(view_of(silhouette, shown.astype(np.uint8)))
    before = [overlap(view.silhouette.mask > 127, truth) for view, truth in zip(views, true, strict=True)]
    after = [overlap(s.mask > 127, truth) for s, truth in zip(agreed_silhouettes(views, points), true, strict=True)]
    assert max(before) < 0.96
    assert min(after) > (0.95 if painted else 0.98)
    assert all(now > then + 0.03 for then, now in zip(before, after, strict=True))


def test_an_opening_that_every_mask_fills_is_told_by_its_colours() -> None:
    camera = place("a", "upright", around=0, height=20)
    mask = ball(camera)
    picture = np.full((480, 640, 3), (90, 120, 90), np.uint8)
    picture[mask > 0] = (160, 60, 40)
    cv2.circle(picture, (320, 240), 30, (90, 120, 90), -1)
    view = view_of(Silhouette(camera, (0, 0, 640, 480), mask), picture)
    belief = np.where(mask > 0, np.float32(1.5), np.float32(-1.5))
    (odds,) = colour_odds(["upright"], [palette_of(view)], [belief])
    assert odds[240, 320] < -0.5
    assert odds[240, 380] > 1.5
