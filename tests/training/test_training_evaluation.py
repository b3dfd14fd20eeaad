"""Evaluation: finds figures that are known beforehand, and refuses what could fool it. It needs no torch."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from made_up_set import write_photo, write_set, write_white_finder
from training_process import training_without

from training.evaluation.calibration import Reliability
from training.evaluation.looks import mask_of
from training.evaluation.scores import boundary_iou, iou, traits


def evaluate(*words: object) -> dict[str, Any]:
    """Without torch: the folder's photos and the model's file are enough."""
    out = Path(str(words[1])) / "out"
    done = training_without("torch", "evaluate", *words, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| all with an object |") == 1
    return dict(json.loads((out / "evaluation.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("scenes")
    write_set(folder, facts={"content": "held out"})
    write_white_finder(folder / "white.onnx")
    write_white_finder(folder / "nothing.onnx", scale=0.0)
    return folder, evaluate(folder / "white.onnx", folder, "--against", folder / "nothing.onnx")


def test_the_figures_are_those_that_the_masks_were_made_for(found: tuple[Path, dict[str, Any]]) -> None:
    (told,) = found[1]["sets"].values()
    white, nothing = told["models"]["white"], told["models"]["nothing"]
    each = {photo["photo"]: photo for photo in white["each"]}
    assert each["usual/000000.png"]["iou"] == pytest.approx(1, abs=0.03)
    assert each["usual/000001.png"]["iou"] == pytest.approx(1 / 3, abs=0.03)
    assert each["spindly/000002.png"]["iou"] == 0
    assert white["iou"] == pytest.approx((1 + 1 / 3 + 0) / 3, abs=0.02)
    assert white["by"]["kind"]["usual"]["iou"] == pytest.approx(2 / 3, abs=0.03)
    assert each["usual/000001.png"]["platter"] == pytest.approx(24 / 96, abs=0.02)
    assert white["empty"] == {"photos": 1, "kept": pytest.approx(24 * 48 / 96**2, abs=0.01), "nothing_kept": 0}
    assert nothing["empty"]["nothing_kept"] == 1
    assert nothing["iou"] == 0


def test_two_networks_are_compared_photo_by_photo(found: tuple[Path, dict[str, Any]]) -> None:
    (told,) = found[1]["sets"].values()
    difference = told["compared"]["iou"]
    assert difference["difference"] == pytest.approx(4 / 9, abs=0.02)
    assert difference["interval"][0] <= difference["difference"] <= difference["interval"][1]
    assert told["compared"]["kept_of_empty"]["difference"] > 0.1


def test_speed_models_and_the_worst_photos_are_told_too(found: tuple[Path, dict[str, Any]]) -> None:
    folder, told = found
    assert set(told["milliseconds"]) == {"white", "nothing", "U2NETP's graph at 320 x 320"}
    assert len(told["models"]["white"]["sha256"]) == 64
    (picture,) = (folder / "out").glob("worst-*.jpg")
    assert cv2.imread(str(picture)) is not None


def test_a_set_that_networks_learn_from_is_no_judge(tmp_path: Path) -> None:
    write_set(tmp_path, facts={"content": "training"})
    write_white_finder(tmp_path / "white.onnx")
    done = training_without("torch", "evaluate", tmp_path / "white.onnx", tmp_path)
    assert done.returncode == 2
    assert "what networks learn from" in done.stderr


def test_what_cannot_be_judged_is_told_in_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    write_set(folder)
    write_white_finder(tmp_path / "white.onnx")
    write_white_finder(tmp_path / "loud.onnx", scale=3.0)
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    (tmp_path / "bare").mkdir()
    for model, photos, said in (
        ("missing.onnx", folder, "There is no model"),
        ("broken.onnx", folder, "not a model that onnxruntime can load"),
        ("loud.onnx", folder, "numbers outside 0..1"),
        ("white.onnx", tmp_path / "bare", "no photos with truth"),
    ):
        done = training_without("torch", "evaluate", tmp_path / model, photos, "--out", tmp_path / "out")
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    (folder / "usual" / "000000.png").unlink()
    done = training_without("torch", "evaluate", tmp_path / "white.onnx", folder)
    assert "the truth of a photo that is missing" in done.stderr


def test_iou_and_boundary_iou_of_squares() -> None:
    square, moved = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
    square[20:60, 20:60], moved[20:60, 40:80] = True, True
    assert iou(square, moved) == pytest.approx(1 / 3)
    assert iou(square, square) == iou(~square & square, ~square & square) == 1
    # A band of 3 pixels: 40² - 34² each; the two cross in two places of 3 x 20 and share the corners' lines.
    assert boundary_iou(square, square) == 1
    assert boundary_iou(square, moved) < iou(square, moved)
    assert boundary_iou(square, ~square) == 0


def test_specks_are_dropped_and_parts_are_kept() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[10:50, 10:50] = 0.9
    matte[70:90, 70:90] = 0.6
    matte[2:6, 90:95] = 0.99
    matte[60:64, 10:50] = 0.5
    mask = mask_of(matte)
    assert mask[30, 30]
    assert mask[80, 80]
    assert not mask[4, 92]
    assert not mask[62, 30]


def test_calibration_knows_truth_from_boast() -> None:
    random = np.random.default_rng(1)
    said = random.uniform(0, 1, (400, 400)).astype(np.float32)
    honest, boaster = Reliability(), Reliability()
    honest.add(said, random.uniform(0, 1, said.shape) < said)
    boaster.add(np.where(said > 0.5, 0.9, 0.1).astype(np.float32), random.uniform(0, 1, said.shape) < 0.5)
    assert honest.error() < 0.01
    assert boaster.error() == pytest.approx(0.4, abs=0.01)
    assert boaster.doubtful_error() == pytest.approx(0.4, abs=0.01)
    assert [(row["from"], round(row["true"], 1)) for row in boaster.table()] == [(0.1, 0.5), (0.9, 0.5)]


def test_photos_are_grouped_by_what_is_seen_in_them(tmp_path: Path) -> None:
    picture = np.full((100, 100, 3), 20, np.uint8)
    square, bar, nothing = (np.zeros((100, 100), bool) for _ in range(3))
    square[20:80, 20:80], bar[48:51, 5:95] = True, True
    compact, thin, empty = (traits("usual", picture, truth, None) for truth in (square, bar, nothing))
    assert (compact.size, compact.thickness) == ("over 35 %", "compact")
    assert (thin.size, thin.thickness) == ("2-10 %", "thin")
    assert (empty.size, empty.thickness) == ("none", "none")
    assert compact.room == "dark, plain"
    assert compact.platter is None
    assert traits("usual", picture, bar, square).platter == "dark"


def test_a_truth_of_another_size_is_refused(tmp_path: Path) -> None:
    write_photo(tmp_path, "usual/0.png", np.zeros((64, 64, 3), np.uint8), np.zeros((32, 32), np.uint8), None)
    write_white_finder(tmp_path / "white.onnx")
    done = training_without("torch", "evaluate", tmp_path / "white.onnx", tmp_path)
    assert done.returncode == 2
    assert "not as large as its photo" in done.stderr
