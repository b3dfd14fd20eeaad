"""A platter that masks keep is cut off pass by pass, and only where the passes truly join without it."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from test_flip import facts_of, model_of, ring

from underside.errors import SettingsError
from underside.files import sha256_of
from underside.flip import Answer, Coverage, Finding, Outcome, Proof, Proven, prove_and_keep, proving
from underside.flip.agreement.agree import Correction
from underside.flip.agreement.hull import silhouette_of
from underside.flip.platter.cut import cut_at_platter
from underside.flip.proof.answer import Kind
from underside.flip.proof.mapping import Model, Place
from underside.flip.proving import is_proven
from underside.flip.trial import Trial
from underside.manifest import Manifest, ShotRecord, State, save
from underside.masks import mask_name
from underside.png import encode_png

Bytes = NDArray[np.uint8]
SIZE = (480, 640)
TABLE, PLATTER, RADIUS = -0.1, 0.25, 0.1


def seen_by(camera: Place, texture: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """A red ball on a patterned disc in a grey room: the picture, the ball's mask, the disc's."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    lens = camera.lens
    ways = np.stack([(columns + 0.5 - lens.x) / lens.focal, (rows + 0.5 - lens.y) / lens.focal, np.ones(SIZE)], -1)
    ways = ways @ camera.turn
    met = camera.centre + ways * ((TABLE - camera.centre[2]) / ways[..., 2])[..., None]
    disc = np.hypot(met[..., 0], met[..., 1]) < PLATTER
    at = np.clip((met[..., :2] / PLATTER + 1) / 2 * len(texture), 0, len(texture) - 1).astype(int)
    nearest = np.linalg.norm(np.cross(camera.centre, ways), axis=-1) / np.linalg.norm(ways, axis=-1)
    ball = nearest < RADIUS
    picture = np.full((*SIZE, 3), 120, np.uint8)
    picture[disc] = texture[at[..., 1], at[..., 0]][disc]
    picture[ball] = (40, 40, 190)
    return picture, np.where(ball, np.uint8(255), np.uint8(0)), np.where(disc, np.uint8(255), np.uint8(0))


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Model, dict[str, Bytes]]:
    """One pass whose masks keep the platter, and the ball's true masks."""
    random = np.random.default_rng(3)
    texture = cv2.resize(random.integers(0, 255, (24, 24, 3), np.uint8), (400, 400), interpolation=cv2.INTER_NEAREST)
    places, true = [], {}
    for each in ring("upright", height=35):
        picture, ball, disc = seen_by(each, np.asarray(texture, np.uint8))
        photo, mask = tmp_path / f"{each.shot.name}.jpg", tmp_path / f"{each.shot.name}.png"
        photo.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(photo), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        cv2.imwrite(str(mask), ball | disc)
        true[each.shot.name] = ball
        places.append(replace(each, shot=replace(each.shot, photo=photo, mask=mask)))
    directions = random.normal(size=(300, 3))
    points = (RADIUS * directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    return replace(model_of(places), points=points, seen_in=((),) * 300), true


def test_a_platter_in_every_mask_of_a_pass_goes_and_the_object_before_it_stays(
    scene: tuple[Model, dict[str, Bytes]],
) -> None:
    model, true = scene
    cuts = cut_at_platter(model)
    assert len(cuts) == len(true)
    for each in cuts:
        left, top, right, bottom = each.wanted.box
        found = cv2.resize(each.wanted.mask, (right - left, bottom - top)) > 127
        ball = true[each.own.place.shot.name][top:bottom, left:right] > 0
        assert (found & ball).sum() / (found | ball).sum() > 0.9


def test_masks_of_the_object_alone_have_no_platter_to_cut(scene: tuple[Model, dict[str, Bytes]]) -> None:
    model, true = scene
    for each in model.places:
        cv2.imwrite(str(each.shot.mask), true[each.shot.name])
    assert cut_at_platter(model) == []


def proof(outcome: Outcome, *kinds: Kind) -> Proof:
    findings = tuple(Finding(kind, outcome, kind, "") for kind in kinds)
    places = ring("upright", height=35)
    return Proof(
        answer=Answer(outcome, findings),
        shots=len(places),
        registered=len(places),
        models=(len(places),),
        passes=tuple(facts_of(places)),
        error=0.5,
        unions=(),
        weakest=None,
        coverage=Coverage(0.0, 0.0, ()),
        seconds=1.0,
        model=model_of(places),
    )


@dataclass(frozen=True)
class Kept:
    """An output folder whose masks keep the platter, one of them changed by hand; and the cuts."""

    out: Path
    cuts: tuple[Correction, ...]

    def hashes(self) -> dict[Path, str]:
        return {path: sha256_of(path) for path in sorted(self.out.glob("masks/*/*.png"))}


@pytest.fixture
def kept(scene: tuple[Model, dict[str, Bytes]], tmp_path: Path) -> Kept:
    model, true = scene
    out = tmp_path / "out"
    records, cuts = [], []
    for number, place in enumerate(model.places):
        name = f"{place.shot.name}.jpg"
        mask = cv2.imread(str(place.shot.mask), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        path = out / mask_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(np.asarray(mask, np.uint8)))
        of_shot = ShotRecord(name, "upright", State.MASKED, width=SIZE[1], height=SIZE[0], mask=mask_name(name))
        by_hand = replace(of_shot, state=State.BY_HAND, mask_sha256="of another mask", hand_sha256=sha256_of(path))
        records.append(replace(of_shot, mask_sha256=sha256_of(path)) if number else by_hand)
        here = replace(place, shot=replace(place.shot, name=name, mask=path))
        own = silhouette_of(here, np.asarray(mask, np.uint8), model.points, 450)
        assert own is not None
        left, top, right, bottom = own.box
        ball = cv2.resize(true[place.shot.name][top:bottom, left:right], own.mask.shape[::-1])
        cuts.append(Correction(own, replace(own, mask=np.asarray(ball, np.uint8))))
    save(Manifest(str(tmp_path), {}, tuple(records)), out)
    return Kept(out, tuple(cuts))


class NoMemoryError(SettingsError):
    """What is said of a process that was killed."""

    def __init__(self) -> None:
        super().__init__("The process has died, perhaps for lack of memory", "Run it on its own")


def answering(monkeypatch: pytest.MonkeyPatch, *answers: Proof | Trial | type[Exception]) -> list[float]:
    """What the processes that are asked will say, in turn; and how many seconds each was given."""
    left, given = list(answers), list[float]()

    def ask(*_: object, seconds: float = 0.0, **__: object) -> Proof | Trial:
        given.append(seconds)
        answer = left.pop(0)
        if isinstance(answer, type):
            raise answer()
        return answer

    monkeypatch.setattr(proving, "ask_apart", ask)
    return given


def mended(kept: Kept) -> Proven:
    found = prove_and_keep(kept.out, mend=True)
    assert found is not None
    return found


NEVER_TURNED = proof(Outcome.NO, Kind.NEVER_TURNED)


def test_a_cut_that_makes_the_join_true_is_written_but_never_over_a_persons_hand(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.hashes()
    answering(monkeypatch, NEVER_TURNED, Trial(kept.cuts, proof(Outcome.YES)))
    found = mended(kept)
    assert found.proof.answer.outcome is Outcome.YES
    assert len(found.cut) == len(before) - 1
    changed = [path for path, sha256 in before.items() if sha256_of(path) != sha256]
    assert changed == sorted(before)[1:]
    assert all("platter was cut off" in record.notes[0] for record in found.manifest.shots[1:])
    assert all(record.mask_sha256 == sha256_of(kept.out / record.mask) for record in found.manifest.shots[1:])
    told = found.manifest.proof
    assert told is not None
    assert (told.answer, len(told.repaired or ())) == ("yes", len(before) - 1)
    assert "the answer was no (never turned)" in told.notes[0]


def test_after_a_cut_all_is_asked_again_as_long_as_that_puts_masks_right(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shot that the platter had misplaced has its mask put right only once better masks have placed it."""
    *others, last = kept.cuts
    stray = replace(proof(Outcome.UNSAFE, Kind.STRAYS), corrections=(others[-1],))
    true = replace(proof(Outcome.YES), corrections=(last,))
    given = answering(monkeypatch, NEVER_TURNED, Trial(tuple(others), stray), true, proof(Outcome.YES))
    found = mended(kept)
    assert len(given) == 4
    assert found.proof.answer.outcome is Outcome.YES
    assert "The platter was cut off" in found.proof.notes[0]
    assert len(found.cut) == len(others) - 1
    assert {each.photo for each in found.repaired} == {
        others[-1].own.place.shot.name,
        last.own.place.shot.name,
    }


def test_the_page_shows_every_mask_from_before_the_cut_to_the_end(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only what the last round changed."""
    joined = replace(proof(Outcome.UNSAFE, Kind.STRAYS), corrections=kept.cuts[1:2])
    answering(monkeypatch, NEVER_TURNED, Trial(kept.cuts, joined), proof(Outcome.YES))
    found = mended(kept)
    page = found.page.read_text()
    assert page.count("Mask before") == page.count("Mask after") == len(found.cut) == len(kept.cuts) - 1
    assert f"{len(found.cut)}\N{NO-BREAK SPACE}masks were put right" in page
    areas = {each.photo: each.area_before for each in found.cut}
    again = found.repaired[0]
    assert f"Mask before, {100 * areas[again.photo]:.2f}" in page
    assert f"Mask after, {100 * again.area_after:.2f}" in page


@pytest.mark.parametrize("joined", [True, False])
def test_masks_put_right_have_their_answer_even_if_a_further_proof_fails(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, joined: bool
) -> None:
    """Such as for want of memory."""
    true = replace(proof(Outcome.YES), corrections=kept.cuts[1:2])
    last = replace(proof(Outcome.UNSAFE, Kind.STRAYS), corrections=kept.cuts[2:3])
    further = [] if joined else [last]
    answering(monkeypatch, NEVER_TURNED, Trial(kept.cuts, true), *further, NoMemoryError)
    found = mended(kept)
    assert found.manifest.proof is not None
    assert found.manifest.proof.answer == ("yes" if joined else "unsafe")
    assert len(found.manifest.proof.repaired or ()) == len(kept.cuts) - 1
    assert [note.split(".")[0] for note in found.proof.notes] == [
        f"The platter was cut off in {len(kept.cuts)} masks; with it, the answer was no (never turned)",
        "Whether the better masks show more could not be determined",
    ]
    assert is_proven(found.manifest, mend=True)


def test_masks_that_better_masks_do_not_join_are_told_as_they_are(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = replace(proof(Outcome.UNSAFE, Kind.STRAYS), corrections=kept.cuts[1:2])
    answering(monkeypatch, NEVER_TURNED, Trial(kept.cuts, joined), proof(Outcome.UNSAFE, Kind.DISPUTED))
    found = mended(kept)
    assert found.proof.answer.outcome is Outcome.UNSAFE
    assert found.manifest.proof is not None
    assert len(found.manifest.proof.repaired or ()) == len(kept.cuts) - 1


def test_a_cut_that_does_not_make_the_join_true_is_not_written(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.hashes()
    answering(monkeypatch, NEVER_TURNED, Trial(kept.cuts, proof(Outcome.UNSAFE, Kind.DISPUTED)))
    found = mended(kept)
    assert found.proof.answer == NEVER_TURNED.answer
    assert found.cut == found.repaired == ()
    assert "does not make the join true" in found.proof.notes[0]
    assert kept.hashes() == before


def test_looking_for_a_platter_is_given_up_after_a_while_and_that_is_said(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.hashes()
    given = answering(monkeypatch, replace(NEVER_TURNED, seconds=100.0), TimeoutError)
    found = mended(kept)
    assert found.proof.answer == NEVER_TURNED.answer
    assert "could not be determined within 600 seconds" in found.proof.notes[0]
    assert given[1] == 600
    assert kept.hashes() == before


def test_a_join_that_is_false_for_another_reason_is_left_alone(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, proof(Outcome.NO, Kind.ROOM_KEPT))
    assert mended(kept).cut == ()


def test_what_was_proven_without_a_repair_is_tried_without_the_platter_once_a_repair_is_wanted(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, NEVER_TURNED)
    asked = prove_and_keep(kept.out, mend=False)
    assert asked is not None
    assert is_proven(asked.manifest, mend=False)
    assert not is_proven(asked.manifest, mend=True)
    answering(monkeypatch, NEVER_TURNED, Trial())
    assert is_proven(mended(kept).manifest, mend=True)
