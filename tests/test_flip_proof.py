"""``underside prove`` as a user runs it, on the sample capture made smaller."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from flip_folder import Mask, everything, masked, reduced_sample, true_mask, with_platter
from opened_page import read

from underside.files import sha256_of
from underside.manifest import load

KEPT, CUT, BY_HAND = "flipped/DSC_0024.JPG", "upright/DSC_0006.JPG", "upright/DSC_0003.JPG"


@pytest.fixture(scope="module")
def sample(shared: Path) -> Path:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    return shared / "data" / "flip-sample" / "spot"


@pytest.fixture(scope="module")
def photos(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reduced_sample(sample, tmp_path_factory.mktemp("sample"))


def test_true_masks_join_and_two_spoiled_ones_are_repaired(
    run: Run, sample: Path, photos: Path, tmp_path: Path
) -> None:
    def spoil(name: str, mask: Mask, platter: Mask) -> Mask:
        mask = mask.copy()
        if name in (KEPT, BY_HAND):
            near = cv2.dilate(mask, np.ones((41, 41), np.uint8)).astype(np.uint8)
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
    assert facts["registered"] == 36
    assert facts["coverage"]["underside"] == pytest.approx(0.79, abs=0.02)
    told = {each["photo"]: each for each in facts["disagreements"]}
    assert told[KEPT]["kept"] > 0.03 > told[KEPT]["lost"]
    assert told[CUT]["lost"] > 0.3 > told[CUT]["kept"]
    assert {each["disagreement"]["photo"] for each in facts["repaired"]} >= {KEPT, CUT}
    truth = masked(photos, sample, tmp_path / "truth", true_mask)
    for name in (KEPT, CUT):
        assert overlap(out, truth, name) > 0.95
    assert sha256_of(by_hand) == hand
    manifest = load(out)
    assert manifest is not None
    record = manifest.of_photo(CUT)
    assert record is not None
    assert record.mask_sha256 == sha256_of(out / record.mask)
    assert any("cuts off part of the object" in note for note in record.notes)
    assert json.loads((out / "proof.json").read_text())["answer"] == "yes"
    page = read(out / "coverage.html")
    assert page.all("h3")[0].text == CUT
    (card,) = [each for each in page.all("li", **{"class": "doubt"}) if CUT in each.text]
    assert "put right" in card.text
    assert "Mask before" in card.text
    assert len(page.all("path", **{"class": "view"})) >= 36
    assert read(out / "report.html").all("a", href="coverage.html")


def overlap(out: Path, truth: Path, name: str) -> float:
    one, other = (cv2.imread(str(each / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE) for each in (out, truth))
    assert one is not None
    assert other is not None
    return float(((one > 0) & (other > 0)).sum() / ((one > 0) | (other > 0)).sum())


def test_masks_that_keep_the_platter_do_not_pass_and_stay_as_they_are_without_repair(
    run: Run, sample: Path, photos: Path, tmp_path: Path
) -> None:
    out = masked(photos, sample, tmp_path / "out", with_platter)
    before = {path: sha256_of(path) for path in out.glob("masks/*/*.png")}
    result = run("prove", out)
    assert result.returncode == 1
    assert result.stdout.startswith(("Unsafe:", "No:"))
    assert {path: sha256_of(path) for path in before} == before
    answer = read(out / "coverage.html").all("section", id="answer")[0]
    assert answer.text.lstrip().startswith(result.stdout.splitlines()[0])
    assert not {"yes"} & set(answer.attributes["class"].split())


def test_without_masks_the_answer_is_no(run: Run, sample: Path, photos: Path, tmp_path: Path) -> None:
    result = run("prove", masked(photos, sample, tmp_path / "out", everything))
    assert result.returncode == 1
    assert result.stdout.startswith("No:")


def test_a_folder_without_masks_is_refused(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    result = run("prove", tmp_path)
    assert result.returncode == 2
    assert "underside mask" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_pycolmap_the_extra_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pycolmap.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = run("prove", tmp_path)
    assert result.returncode == 2
    assert "underside[proof]" in result.stderr
