"""``underside mask`` again: done is done, what has changed is done anew, and a person's hand wins."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, shots
from demo_runs import SHOTS, masks, read
from PIL import Image


def edit(mask: Path) -> None:
    pixels = read(mask).copy()
    pixels[:200, :200] = 255
    Image.fromarray(pixels).save(mask)


def test_a_second_run_does_nothing_twice(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "masks").rglob("*.png")}
    again = run("mask", masked_capture, "-o", "out")
    assert again.returncode == 0
    assert "4 shots already done" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_force_does_everything_again(run: Run, masked_capture: Path) -> None:
    assert "4 shots masked" in run("mask", masked_capture, "-o", "out", "--force").stdout


def test_a_changed_setting_is_a_reason_to_mask_again(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    before = read(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    assert "4 shots masked" in run("mask", masked_capture, "-o", "out", "--grow", "6").stdout
    assert (read(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png") > 0).sum() > (before > 0).sum()


def test_a_changed_photo_is_masked_again_and_the_others_are_not(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    shutil.copy(masked_capture / SHOTS[1], masked_capture / SHOTS[0])
    again = run("mask", masked_capture, "-o", "out")
    assert "1 shot masked" in again.stdout
    found = masks(tmp_path / "out")
    assert found[f"{SHOTS[0]}.png"] == found[f"{SHOTS[1]}.png"]


def test_a_touched_photo_with_the_same_content_is_done(run: Run, masked_capture: Path) -> None:
    os.utime(masked_capture / SHOTS[0], (1, 1))
    assert "4 shots already done" in run("mask", masked_capture, "-o", "out").stdout


def test_a_deleted_mask_is_made_again(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    before = masks(tmp_path / "out")
    (tmp_path / "out" / "masks" / f"{SHOTS[2]}.png").unlink()
    assert "1 shot masked" in run("mask", masked_capture, "-o", "out").stdout
    assert masks(tmp_path / "out") == before


def test_cut_outs_can_be_had_later_without_masking_again(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "masks").rglob("*.png")}
    assert run("mask", masked_capture, "-o", "out", "--cutout", "transparent").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written
    for name in SHOTS:
        with Image.open(tmp_path / "out" / "cutouts" / f"{name}.png") as cutout:
            assert cutout.mode == "RGBA"


@pytest.mark.parametrize("options", [(), ("--force",), ("--grow", "3")], ids=" ".join)
def test_a_mask_changed_by_hand_is_never_written_over(
    run: Run, masked_capture: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    edited = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    edit(edited)
    before = edited.read_bytes()
    for _ in range(2):
        again = run("mask", masked_capture, "-o", "out", *options)
        assert again.returncode == 0
        assert edited.read_bytes() == before
        assert shots(tmp_path / "out")[SHOTS[0]]["state"] == "by hand"
        assert "1 mask changed by hand, kept" in again.stdout


def test_a_mask_changed_by_hand_twice_is_known_as_it_is_now(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    edit(mask)
    run("mask", masked_capture, "-o", "out")
    Image.fromarray(np.full((960, 1280), 255, np.uint8)).save(mask)
    run("mask", masked_capture, "-o", "out")
    assert shots(tmp_path / "out")[SHOTS[0]]["area"] == 1


def test_a_mask_from_elsewhere_under_the_same_name_is_somebodys_work(run: Run, capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    mask.parent.mkdir(parents=True)
    Image.fromarray(np.full((960, 1280), 255, np.uint8)).save(mask)
    before = mask.read_bytes()
    run("mask", capture, "-o", "out")
    assert mask.read_bytes() == before
    assert shots(tmp_path / "out")[SHOTS[0]]["state"] == "by hand"


def test_force_edited_writes_over_a_hand(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    before = masks(tmp_path / "out")
    edit(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    run("mask", masked_capture, "-o", "out", "--force-edited")
    assert masks(tmp_path / "out") == before
    assert shots(tmp_path / "out")[SHOTS[0]]["state"] == "masked"


def test_a_cut_out_is_made_from_the_mask_of_a_hand(run: Run, capture: Path, tmp_path: Path) -> None:
    run("mask", capture, "-o", "out", "--cutout", "black")
    cutout = tmp_path / "out" / "cutouts" / SHOTS[0]
    assert not read(cutout)[:150, :150].any()
    edit(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    run("mask", capture, "-o", "out", "--cutout", "black")
    assert read(cutout)[:150, :150].mean() > 10
