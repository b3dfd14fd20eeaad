"""``underside prove`` as a user runs it, on a part of the full capture made smaller."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run, overlap
from flip_arc import SHOTS
from flip_folder import Mask, everything, masked, mirrored_pass, reduced_photos, true_mask, with_platter
from made_once import made_once
from opened_page import read

from underside.files import sha256_of
from underside.manifest import Manifest, ShotRecord, load, save
from underside.resources import pip_install

KEPT, CUT, BY_HAND = "flipped/DSC_0053.JPG", "upright/DSC_0010.JPG", "upright/DSC_0008.JPG"


@pytest.fixture(scope="session")
def sample(shared: Path) -> Path:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    return shared / "data" / "flip-full" / "spot"


@pytest.fixture(scope="session")
def photos(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "arc", lambda folder: reduced_photos(sample, folder))


def record_of(out: Path, photo: str) -> ShotRecord:
    manifest = load(out)
    assert manifest is not None
    record = manifest.of_photo(photo)
    assert record is not None
    return record


def mask_of(out: Path, photo: str) -> Mask:
    mask = cv2.imread(str(out / "masks" / f"{photo}.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    return np.asarray(mask, np.uint8)


def test_true_masks_join_and_two_spoiled_ones_are_repaired(
    run: Run, sample: Path, photos: Path, tmp_path: Path
) -> None:
    def spoil(name: str, mask: Mask, platter: Mask) -> Mask:
        mask = mask.copy()
        if name in (KEPT, BY_HAND):
            near = cv2.dilate(mask, np.ones((31, 31), np.uint8)).astype(np.uint8)
            mask |= platter & near
        if name == CUT:
            mask[:, : int(np.nonzero(mask)[1].mean())] = 0
        return mask

    out = masked(photos, sample, tmp_path / "out", spoil)
    by_hand = out / "masks" / f"{BY_HAND}.png"
    by_hand.write_bytes(by_hand.read_bytes() + b"touched")
    hand = sha256_of(by_hand)
    result = run("prove", out, "--repair", "--json")
    facts = json.loads(result.stdout)
    assert (result.returncode, facts["findings"]) == (0, []), result.stderr
    assert facts["answer"] == "yes"
    assert facts["registered"] == SHOTS
    told = {each["photo"]: each for each in facts["disagreements"]}
    assert told[KEPT]["kept"] > 0.03 > told[KEPT]["lost"]
    assert told[CUT]["lost"] > 0.3 > told[CUT]["kept"]
    assert {each["disagreement"]["photo"] for each in facts["repaired"]} >= {KEPT, CUT}
    truth = masked(photos, sample, tmp_path / "truth", true_mask)
    for name in (KEPT, CUT):
        assert overlap(mask_of(out, name), mask_of(truth, name)) > 0.95
    assert sha256_of(by_hand) == hand
    record = record_of(out, CUT)
    assert record.is_put_right
    assert record.mask_sha256 == sha256_of(out / record.mask)
    (note,) = record.notes
    assert "cuts off part of the object" in note
    assert note.endswith("The verdict (good) is of that mask")
    assert json.loads((out / "proof.json").read_text())["answer"] == "yes"
    page = read(out / "coverage.html")
    assert page.all("h3")[0].text == CUT
    (card,) = [each for each in page.all("li", **{"class": "doubt"}) if CUT in each.text]
    assert "put right" in card.text
    assert "Mask before" in card.text
    assert len(page.all("path", **{"class": "view"})) >= SHOTS
    sheet = read(out / "report.html")
    assert sheet.all("a", href="coverage.html")
    (card,) = [each for each in sheet.cards() if each.attributes["data-name"] == CUT]
    assert "put right" in card.text
    assert "The verdict (good) is of that mask" in card.text


def test_masks_that_keep_the_platter_do_not_pass_and_stay_as_they_are_without_repair(
    run: Run, sample: Path, photos: Path, tmp_path: Path
) -> None:
    out = masked(photos, sample, tmp_path / "out", with_platter)
    before = {path: sha256_of(path) for path in out.glob("masks/*/*.png")}
    result = run("prove", out)
    assert result.returncode == 1
    assert result.stdout.startswith(("Unsafe:", "No:"))
    assert "--repair tries to cut it off" in result.stdout
    assert {path: sha256_of(path) for path in before} == before
    answer = read(out / "coverage.html").all("section", id="answer")[0]
    assert answer.text.lstrip().startswith(result.stdout.splitlines()[0])
    assert not {"yes"} & set(answer.attributes["class"].split())


def test_without_masks_the_answer_is_no(run: Run, sample: Path, photos: Path, tmp_path: Path) -> None:
    few = Path(shutil.copytree(photos, tmp_path / "few"))
    for name in ("upright/DSC_0007", "upright/DSC_0008", "flipped/DSC_0038", "flipped/DSC_0051"):
        (few / f"{name}.JPG").unlink()
    result = run("prove", masked(few, sample, tmp_path / "out", everything))
    assert result.returncode == 1
    assert result.stdout.startswith("No:")


def test_a_pass_of_another_object_is_no_and_the_words_help(
    run: Run, sample: Path, photos: Path, tmp_path: Path
) -> None:
    """The other object is this one's mirror image: it has the same size and colours, and no point in common."""
    mixed = mirrored_pass(photos, tmp_path / "mixed", "flipped")
    out = masked(mixed, sample, tmp_path / "out", mirrored=("flipped",))
    result = run("prove", out)
    assert result.returncode == 1
    assert result.stdout.startswith("No: the passes do not become one object.")
    assert "same object" in result.stdout
    assert "6 of 6 shots of the pass" in result.stdout
    assert "make a model of their own" in result.stdout
    assert "held together" not in result.stdout


def test_a_folder_without_masks_is_refused_and_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    capture = tmp_path / "capture"
    (capture / "upright").mkdir(parents=True)
    result = run("prove", capture)
    assert result.returncode == 2
    assert "underside mask" in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in capture.rglob("*")] == ["upright"]


def test_without_pycolmap_the_extra_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(Manifest(str(tmp_path), {}), tmp_path)
    (tmp_path / "pycolmap.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = run("prove", tmp_path)
    assert result.returncode == 2
    assert pip_install("proof") in result.stderr
