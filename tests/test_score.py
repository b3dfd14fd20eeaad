"""``underside score``: masks against their truth, as real processes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Run
from PIL import Image

HEIGHT, WIDTH = 90, 120
OBJECT = (30, 20, 80, 70)


def mask_of(*boxes: tuple[int, int, int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A mask that is white inside of the boxes: left, top, right, bottom."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 255
    return mask


def write(path: Path, mask: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), mask)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Three shots of two passes, and a plate."""
    for name in ("upright/A_1.JPG", "upright/A_2.JPG", "flipped/A_3.JPG"):
        write(tmp_path / "truth" / f"{name}.png", mask_of(OBJECT))
    write(tmp_path / "truth" / "empty" / "A_4.JPG.png", mask_of())
    return tmp_path / "truth"


def scored(run: Run, *words: object, code: int = 0) -> dict[str, Any]:
    done = run("score", *words, "--json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("damage", ["halo:5", "erode:3", "platter", "drop:0.5"])
def test_the_figures_are_the_judges(damage: str, run: Run, shared: Path, tmp_path: Path) -> None:
    whole = shared / "data" / "flip-sample" / "spot"
    capture, masks = tmp_path / "spot", tmp_path / "masks"
    for name in ("upright", "flipped"):
        for truth in sorted((whole / "gt_masks" / name).glob("*.png"))[:2]:
            for kind in ("gt_masks", "gt_platter"):
                target = capture / kind / name / truth.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(whole / kind / name / truth.name, target)
    for script, *words in (("variant_masks.py", capture, masks, damage), ("mask_score.py", capture, masks, "--json")):
        command = [sys.executable, str(shared / "judges" / script), *(str(word) for word in words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)

    ours = scored(run, masks, capture)

    names = {"iou": "iou", "boundary_iou": "biou", "mae": "mae", "object_lost": "object_lost"}
    names |= {"platter_kept": "platter_kept", "background_kept": "background_kept"}
    assert judged["frames"] == ours["measured"] == 4
    for mine, theirs in names.items():
        assert ours["mean"][mine] == pytest.approx(judged[f"mean_{theirs}"], abs=6e-5), mine
    assert ours["worst"]["iou"] == pytest.approx(judged["min_iou"], abs=6e-5)
    assert ours["worst"]["platter_kept"] == pytest.approx(judged["max_platter_kept"], abs=6e-5)
    shots = {shot["photo"]: shot for shot in ours["worst_first"]}
    for frame in judged["all"]:
        for mine, theirs in names.items():
            assert shots[frame["frame"]][mine] == pytest.approx(frame[theirs], abs=1e-6), (frame["frame"], mine)


def test_each_measure_is_what_it_says(run: Run, truth: Path, tmp_path: Path) -> None:
    for name in ("upright/A_1", "upright/A_2", "flipped/A_3"):
        # The right half of the object is left out; a strip of 10 x 10 pixels to the left is kept.
        write(tmp_path / "masks" / f"{name}.JPG.png", mask_of((30, 20, 55, 70), (0, 0, 10, 10)))
        write(tmp_path / "platter" / f"{name}.JPG.png", mask_of((0, 0, 20, 10)))
    found = scored(run, tmp_path / "masks", truth, "--platter", tmp_path / "platter")["mean"]
    assert found["iou"] == pytest.approx(1250 / 2600)
    assert found["object_lost"] == pytest.approx(0.5)
    assert found["platter_kept"] == pytest.approx(0.5)
    assert found["background_kept"] == 0
    assert found["mae"] == pytest.approx(1350 / (HEIGHT * WIDTH))


def test_without_a_true_platter_nothing_is_said_of_it(run: Run, truth: Path) -> None:
    assert scored(run, truth, truth)["mean"] == {
        "iou": 1,
        "boundary_iou": 1,
        "mae": 0,
        "object_lost": 0,
        "platter_kept": None,
        "background_kept": 0,
    }


@pytest.mark.parametrize(
    "name",
    ["{pass_}/{stem}.JPG.png", "{pass_}/{stem}.png", "{stem}_mask.png", "{stem}.mask.png", "{stem}.JPG_mask.PNG"],
)
def test_masks_are_found_as_other_programs_call_them(name: str, run: Run, truth: Path, tmp_path: Path) -> None:
    for pass_, stem in (("upright", "A_1"), ("upright", "A_2"), ("flipped", "A_3")):
        path = tmp_path / "masks" / name.format(pass_=pass_, stem=stem)
        write(path.with_suffix(".png"), mask_of(OBJECT))
        path.with_suffix(".png").rename(path)
    found = scored(run, tmp_path / "masks", truth)
    assert (found["measured"], found["missing"], found["mean"]["iou"]) == (3, [], 1)


def test_a_truth_without_the_photos_suffix_finds_our_masks(run: Run, truth: Path, tmp_path: Path) -> None:
    write(tmp_path / "bare" / "upright" / "A_1.png", mask_of(OBJECT))
    assert scored(run, truth, tmp_path / "bare")["mean"]["iou"] == 1


def test_a_flat_mask_is_not_taken_for_two_passes(run: Run, tmp_path: Path) -> None:
    for pass_ in ("upright", "flipped"):
        write(tmp_path / "truth" / pass_ / "A_1.JPG.png", mask_of(OBJECT))
    write(tmp_path / "truth" / "upright" / "A_2.JPG.png", mask_of(OBJECT))
    for stem in ("A_1", "A_2"):
        write(tmp_path / "masks" / f"{stem}.png", mask_of(OBJECT))
    found = scored(run, tmp_path / "masks", tmp_path / "truth")
    assert found["missing"] == ["flipped/A_1.JPG", "upright/A_1.JPG"]


def test_a_missing_mask_counts_as_empty_and_is_named(run: Run, truth: Path, tmp_path: Path) -> None:
    for name in ("upright/A_1", "flipped/A_3"):
        write(tmp_path / "masks" / f"{name}.JPG.png", mask_of(OBJECT))
    found = scored(run, tmp_path / "masks", truth)
    assert found["missing"] == ["upright/A_2.JPG"]
    assert found["mean"]["iou"] == pytest.approx(2 / 3)
    assert found["passes"]["upright"]["mean"]["iou"] == 0.5
    assert found["worst_first"][0]["photo"] == "upright/A_2.JPG"
    assert "upright/A_2.JPG" in run("score", tmp_path / "masks", truth).stdout.split("without a mask")[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cv2.imencode(".png", mask_of(OBJECT)[:, ::2])[1].tobytes(), "60 x 90 pixels, and is compared with 120 x 90"),
        (cv2.imencode(".png", mask_of(OBJECT))[1].tobytes()[:60], "A_2.JPG.png"),
        (b"<html>not found</html>", "A_2.JPG.png"),
        (b"", "A_2.JPG.png"),
    ],
    ids=["wrong size", "cut short", "no picture", "empty file"],
)
def test_a_mask_that_cannot_be_compared_is_one_line_and_no_figure(
    content: bytes, words: str, run: Run, truth: Path, tmp_path: Path
) -> None:
    shutil.copytree(truth, tmp_path / "masks")
    (tmp_path / "masks" / "upright" / "A_2.JPG.png").write_bytes(content)
    done = run("score", tmp_path / "masks", truth)
    assert done.returncode == 3
    assert [line for line in done.stdout.splitlines() if line.startswith("  upright/A_2.JPG: ") and words in line]
    found = scored(run, tmp_path / "masks", truth, code=3)
    assert (found["shots"], found["measured"], found["mean"]["iou"]) == (3, 2, 1)


def test_plates_are_left_out(run: Run, truth: Path) -> None:
    assert {shot["photo"] for shot in scored(run, truth, truth)["worst_first"]} == {
        "upright/A_1.JPG",
        "upright/A_2.JPG",
        "flipped/A_3.JPG",
    }


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_mask_may_be_saved_in_any_way(mode: str, run: Run, truth: Path, tmp_path: Path) -> None:
    mask = Image.fromarray(mask_of(OBJECT))
    for name in ("upright/A_1", "upright/A_2", "flipped/A_3"):
        path = tmp_path / "masks" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode == "I;16":
            cv2.imwrite(str(path), mask_of(OBJECT).astype(np.uint16) * 257)
        elif mode in ("LA", "RGBA"):
            cut_out = Image.new(mode, mask.size, (90, 255) if mode == "LA" else (90, 80, 70, 255))
            cut_out.putalpha(mask)
            cut_out.save(path)
        else:
            mask.convert(mode).save(path)
    assert scored(run, tmp_path / "masks", truth)["mean"]["iou"] == 1


def test_an_alpha_that_is_opaque_everywhere_is_not_the_mask(run: Run, truth: Path, tmp_path: Path) -> None:
    write(tmp_path / "masks" / "A_1.png", np.dstack([mask_of(OBJECT)] * 3 + [mask_of((0, 0, WIDTH, HEIGHT))]))
    found = scored(run, tmp_path / "masks", truth)
    assert max(shot["iou"] for shot in found["worst_first"]) == 1


def test_an_output_folder_is_scored_by_its_manifest(run: Run, capture: Path, tmp_path: Path) -> None:
    (capture / "upright" / "DSC_0004.JPG").write_bytes(b"no photo")
    assert run("mask", capture, "-o", "out", "--effort", "fast").returncode == 3
    made = sorted((tmp_path / "out" / "masks").rglob("*.png"))
    assert len(made) == 3
    for mask in made:
        target = capture / "gt_masks" / mask.relative_to(tmp_path / "out" / "masks")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mask, target)
    failed = capture / "gt_masks" / "upright" / "DSC_0004.JPG.png"
    shutil.copy(made[0], failed)
    # What an earlier run left of a shot that failed is not a mask of this one.
    shutil.copy(made[0], tmp_path / "out" / "masks" / "upright" / failed.name)
    found = scored(run, "out", capture)
    assert found["missing"] == ["upright/DSC_0004.JPG"]
    assert found["mean"]["iou"] == pytest.approx(0.75)


def test_the_table_names_passes_and_the_worst_shots_first(run: Run, truth: Path, tmp_path: Path) -> None:
    shutil.copytree(truth, tmp_path / "masks")
    write(tmp_path / "masks" / "flipped" / "A_3.JPG.png", mask_of((30, 20, 55, 70)))
    lines = run("score", tmp_path / "masks", truth).stdout.splitlines()
    assert "IoU" in lines[0]
    assert any(line.startswith("upright, mean of 2") and "1.0000" in line for line in lines)
    worst = lines[lines.index("Worst shots") + 1]
    assert worst.split()[:2] == ["flipped/A_3.JPG", "0.5000"]


def test_masks_of_a_part_are_judged_beside_the_whole(run: Run, truth: Path, tmp_path: Path) -> None:
    write(tmp_path / "masks" / "upright" / "A_2.JPG.png", mask_of(OBJECT))
    lines = run("score", tmp_path / "masks", truth).stdout.splitlines()
    everything = next(at for at, line in enumerate(lines) if line.startswith("all, mean of 3"))
    assert lines[everything].split()[4] == "0.3333"
    assert lines[everything + 1].split()[:7] == ["mean", "of", "the", "1", "with", "a", "mask"]
    assert lines[everything + 1].split()[7] == "1.0000"
    worst = lines[lines.index("Worst shots") + 1 :]
    assert worst[0].split()[:2] == ["upright/A_2.JPG", "1.0000"]
    assert worst[1].startswith("2 without a mask, counted as empty")


def test_a_pass_that_is_called_all_has_a_row_of_its_own(run: Run, truth: Path) -> None:
    (truth / "upright").rename(truth / "all")
    lines = run("score", truth, truth).stdout.splitlines()
    assert [line.split(",")[0] for line in lines if ", mean of " in line] == ["all", "flipped", "all"]


def test_folders_that_do_not_belong_together_are_refused(run: Run, truth: Path, tmp_path: Path) -> None:
    write(tmp_path / "others" / "B_1.png", mask_of(OBJECT))
    (tmp_path / "nothing").mkdir()
    for masks, true, words in (
        (tmp_path / "others", truth, "None of the 3 photos"),
        (truth, tmp_path / "nothing", "no mask of a shot"),
        (tmp_path / "absent", truth, "There is no folder"),
    ):
        done = run("score", masks, true)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
