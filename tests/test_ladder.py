"""The ladder: other ways to a mask where its verdict is poor, and never a worse one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from conftest import Run
from numpy.typing import NDArray
from PIL import Image

from underside.capture import Shot
from underside.cutout import CutoutWorkers
from underside.ladder import Climbed, Ladder
from underside.ladder.rungs import ByColour, FromNeighbours, Lenders
from underside.looks import Found, Frame
from underside.manifest import State
from underside.masker import Effort, Look, Masked, Masker
from underside.promises import Promises
from underside.ring import Agreement
from underside.settings import Settings
from underside.shotwork import ShotWork, engine_facts
from underside.verdict import Grade

WIDTH, HEIGHT = 320, 240
WHOLE = (0, 0, WIDTH, HEIGHT)

Matte = NDArray[np.float32]


@dataclass(frozen=True)
class Same:
    """A segmenter that always answers with one matte."""

    answer: Matte
    name: str = "same"
    notes: tuple[str, ...] = ()
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return {"segmenter": self.name}

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return WIDTH, HEIGHT

    def matte(self, picture: NDArray[np.uint8]) -> Matte:
        return self.answer


@dataclass(frozen=True)
class Offers:
    """A step that offers one matte."""

    matte: Matte
    name: str = "an offer"
    worth: float = 1.0
    reach: float = 1.0

    def find(self, masked: Masked, best: Found, lenders: Lenders) -> Found | None:
        return Found(self.matte, WHOLE)


def disc(*, left: float = 1.0, at: tuple[int, int] = (160, 120)) -> Matte:
    """The matte of a disc; ``left`` of it, counted from its left side."""
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(matte, at, 60, 1.0, cv2.FILLED)
    matte[:, round(at[0] - 60 + 120 * left) :] = 0
    return matte


def picture(*, at: tuple[int, int] = (160, 120)) -> NDArray[np.uint8]:
    """A red, patterned disc before a grey wall."""
    random = np.random.default_rng(3)
    pixels = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    cv2.circle(pixels, at, 60, (180, 50, 40), cv2.FILLED)
    for x, y in random.integers(-35, 35, (30, 2)):
        cv2.circle(pixels, (int(at[0] + x), int(at[1] + y)), 4, (230, 200, 60), cv2.FILLED)
    return np.clip(pixels + random.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)


def masked(masker: Masker, matte: Matte, *, at: tuple[int, int] = (160, 120)) -> Masked:
    found = Found(matte, WHOLE)
    look = Look(Frame(WIDTH, HEIGHT), picture(at=at), None, found)
    return Masked(masker.cut(look, found), found, found, look)


def climb(start: Matte, *offers: Offers, effort: Effort = "normal") -> Climbed:
    masker = Masker(Same(start), effort=effort)
    return Ladder(masker, offers).climb(masked(masker, start), lambda _: None, list)


def overlap(mask: NDArray[np.uint8], matte: Matte) -> float:
    one, other = mask > 127, matte > 0.5
    return float((one & other).sum() / (one | other).sum())


def test_a_better_mask_is_taken_and_logged() -> None:
    climbed = climb(disc(left=0.4), Offers(disc()))
    assert overlap(climbed.mask, disc()) > 0.97
    assert [(step.name, step.taken) for step in climbed.steps] == [("an offer", True)]
    assert 0.5 < climbed.steps[0].change < 0.7


def test_a_worse_mask_is_never_taken() -> None:
    climbed = climb(disc(left=0.7), Offers(disc(left=0.2)), effort="best")
    assert overlap(climbed.mask, disc(left=0.7)) > 0.97
    assert [step.taken for step in climbed.steps] == [False]


def test_a_step_that_may_change_little_changes_little() -> None:
    climbed = climb(disc(left=0.4), Offers(disc(), reach=0.1))
    assert [step.taken for step in climbed.steps] == [False]


def test_a_very_good_mask_is_left_alone_unless_every_step_is_asked_for() -> None:
    masker = Masker(Same(disc()))
    ladder = Ladder(masker, [Offers(disc())])
    verdict = climb(disc(left=0.4)).verdict
    assert ladder.asks_for(replace(verdict, grade=Grade.INSUFFICIENT))
    assert ladder.asks_for(replace(verdict, grade=Grade.GOOD, ring=0.9))
    assert not ladder.asks_for(replace(verdict, grade=Grade.GOOD, ring=None))
    assert not ladder.asks_for(replace(verdict, grade=Grade.VERY_GOOD))
    best = Ladder(Masker(Same(disc()), effort="best"), [Offers(disc())])
    assert best.asks_for(replace(verdict, grade=Grade.VERY_GOOD))
    assert not Ladder(masker).asks_for(replace(verdict, grade=Grade.INSUFFICIENT))


def test_a_climb_while_the_photo_is_at_hand_ends_as_one_made_later() -> None:
    masker = Masker(Same(disc(left=0.4)), effort="best")
    ladder = Ladder(masker, [Offers(disc(left=0.2), name="worse"), Offers(disc(), name="better")])
    start = masked(masker, disc(left=0.4))
    ahead, mask = ladder.climb_ahead(start, ladder.signs(start, start.found, start.mask))
    later = ladder.climb(start, lambda _: None, list)
    assert ladder.settle(ahead, lambda _: None) == (later.verdict, later.steps)
    assert np.array_equal(mask, later.mask)
    assert [step.taken for step in later.steps] == [False, True]


def test_a_climb_that_goes_another_way_once_the_neighbours_are_known_is_made_again() -> None:
    masker = Masker(Same(disc(left=0.8)))
    ladder = Ladder(masker, [Offers(disc())])
    start = masked(masker, disc(left=0.8))
    ahead, _ = ladder.climb_ahead(start, ladder.signs(start, start.found, start.mask))
    settled = ladder.settle(ahead, lambda _: None)
    # By itself the mask is good enough to be left alone; in a ring it is not.
    assert settled is not None
    assert settled[1] == ()
    assert ladder.settle(ahead, lambda _: Agreement(1.0, "")) is None


def test_neighbours_lend_the_matte_that_a_shot_has_lost() -> None:
    masker = Masker(Same(disc()))
    lost = masked(masker, disc(left=0.3))
    neighbours = [masked(masker, disc(at=(x, 120)), at=(x, 120)) for x in (154, 166)]
    lent = FromNeighbours().find(lost, lost.found, lambda: neighbours)
    assert lent is not None
    assert overlap((lent.matte * 255).astype(np.uint8), disc()) > 0.9
    assert FromNeighbours().find(lost, lost.found, list) is None


def test_colours_have_no_say_in_a_noisy_photo() -> None:
    masker = Masker(Same(disc(left=0.6)))
    quiet = masked(masker, disc(left=0.6))
    noise = np.random.default_rng(5).normal(0, 9, quiet.look.pixels.shape)
    pixels = np.clip(quiet.look.pixels + noise, 0, 255).astype(np.uint8)
    noisy = replace(quiet, look=replace(quiet.look, pixels=pixels))
    assert ByColour().find(quiet, quiet.found, list) is not None
    assert ByColour().find(noisy, noisy.found, list) is None


def test_a_better_mask_is_known_as_ours_though_its_cut_out_could_not_be_made(tmp_path: Path) -> None:
    path = tmp_path / "capture" / "shot.png"
    path.parent.mkdir()
    Image.fromarray(picture()).save(path)
    shot = Shot(path, path.name, "")
    ladder = Ladder(Masker(Same(disc(left=0.6)), effort="normal"), (Offers(disc()),))
    settings = Settings(cutout="black")
    out = tmp_path / "out"
    with CutoutWorkers(1) as workers:
        engine = engine_facts(settings, ladder)
        work = ShotWork(out, ladder, settings, engine, Promises(out), cutout_workers=workers)
        first = work.do(shot, None).record
        cutout = out / first.cutout
        cutout.unlink()
        (cutout / "in the way").mkdir(parents=True)
        failed = work.climb(shot, first, None, lambda _: None, (), lambda _: None).record
        assert "could not be looked at again" in failed.reasons[0]
        (cutout / "in the way").rmdir()
        cutout.rmdir()
        again = work.do(shot, failed).record
    assert again.state is State.MASKED
    assert again.mask_sha256 == failed.mask_sha256 != first.mask_sha256
    assert cutout.is_file()
    assert not again.judged


def test_every_step_is_in_the_manifest_and_told_of(run: Run, capture: Path, tmp_path: Path) -> None:
    done = run("mask", capture, "-o", "out", "--effort", "best", "--events")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    judged = [event for event in events if event["event"] == "judged"]
    assert {event["photo"] for event in judged} == {e["photo"] for e in events if e["event"] == "shot"}
    shots = json.loads((tmp_path / "out" / "capture.json").read_text())["shots"]
    for shot in shots:
        assert shot["judged"]
        assert shot["verdict"] in tuple(Grade)
        assert "the colours" in [step["name"] for step in shot["steps"]]
    assert sum(events[-1]["verdicts"].values()) == len(shots)
    again = run("mask", capture, "-o", "out", "--effort", "best")
    assert "4 shots already done" in again.stdout


def test_the_summary_counts_the_verdicts(run: Run, capture: Path) -> None:
    done = run("mask", capture, "-o", "out", "--effort", "fast")
    assert "\nVerdicts: " in done.stdout
