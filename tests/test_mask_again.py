"""``underside mask`` again: done is done, what has changed is done anew, and a person's hand wins."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DEMO, Run, command, running_in, shots
from demo_runs import SHOTS, left_by_its_door, masks, read
from PIL import Image


def two_rings(folder: Path) -> Path:
    """One pass from two places, in whose photos the object is of two sizes."""
    rows, columns = np.mgrid[:240, :320]
    for number in range(14):
        noise = np.random.default_rng(number)
        size, middle = (25, 110) if number < 7 else (50, 200)
        room = np.random.default_rng(size).integers(10, 180, (20, 27, 3)).astype(np.uint8)
        picture = cv2.resize(room, (320, 240), interpolation=cv2.INTER_CUBIC) + noise.normal(0, 2, (240, 320, 3))
        x, y = middle + 1.4 * size * np.cos(0.7 * number), 130 + 15 * np.sin(0.7 * number)
        body = (columns - middle) ** 2 + (rows - 130) ** 2 < size**2
        picture[body | ((columns - x) ** 2 + (rows - y) ** 2 < (size / 2) ** 2)] = (220, 120, 40)
        photo = folder / "upright" / f"IMG_{number:02}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(photo, quality=95)
    return folder


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


def test_a_second_run_holds_no_shot_against_those_of_another_ring(run: Run, tmp_path: Path) -> None:
    capture, out = two_rings(tmp_path / "capture"), tmp_path / "out"
    assert run("mask", capture, "-o", "out").returncode == 0
    before = shots(out)
    assert "14 shots already done" in run("mask", capture, "-o", "out").stdout
    assert shots(out) == before
    assert {shot["place"] for shot in before.values()} == {0, 1}


def test_a_mask_that_could_not_be_looked_at_again_is_the_next_time(
    run: Run, tmp_path: Path, fewer_rights: Callable[[], None] | None
) -> None:
    capture, out = two_rings(tmp_path / "capture"), tmp_path / "out"
    run("mask", capture, "-o", "out")
    # Its neighbour now looks different, and so it is judged again.
    Image.fromarray(np.full((240, 320), 255, np.uint8)).save(out / "masks" / "upright" / "IMG_01.jpg.png")
    photo = capture / "upright" / "IMG_00.jpg"
    photo.chmod(0)
    run("mask", capture, "-o", "out", preexec_fn=fewer_rights)
    assert "could not be looked at again" in shots(out)["upright/IMG_00.jpg"]["reasons"][0]
    photo.chmod(0o644)
    run("mask", capture, "-o", "out")
    assert "could not" not in str(shots(out)["upright/IMG_00.jpg"]["reasons"])


def test_an_interrupted_run_counts_each_shot_once(tmp_path: Path) -> None:
    capture = two_rings(tmp_path / "capture")
    running_in(tmp_path)("mask", capture, "-o", "out")
    finished = left_by_its_door(tmp_path, "mask", capture, "-o", "out", "--grow", "8")
    assert finished["masked"] > 0
    assert finished["unreached"] <= 14


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
    preview = tmp_path / "out" / "previews" / f"{SHOTS[0]}.jpg"
    with Image.open(preview) as drawn, Image.open(tmp_path / "out" / "previews" / f"{SHOTS[1]}.jpg") as other:
        assert drawn.size == other.size


def test_a_mask_changed_by_hand_twice_is_known_as_it_is_now(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    edit(mask)
    run("mask", masked_capture, "-o", "out")
    Image.fromarray(np.full((960, 1280), 255, np.uint8)).save(mask)
    run("mask", masked_capture, "-o", "out")
    assert shots(tmp_path / "out")[SHOTS[0]]["area"] == 1


def test_a_mask_changed_by_hand_goes_along_with_a_renamed_pass_or_photo(
    run: Run, masked_capture: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    of_pass, of_photo = out / "masks" / f"{SHOTS[0]}.png", out / "masks" / f"{SHOTS[-1]}.png"
    for mask in (of_pass, of_photo):
        edit(mask)
    before = of_pass.read_bytes(), of_photo.read_bytes()
    assert run("mask", masked_capture, "-o", "out").returncode == 0
    edit_again = of_pass.read_bytes() + b"once more"  # and no run has seen that yet
    of_pass.write_bytes(edit_again)
    old_pass, old_name = Path(SHOTS[0]).parent.name, masked_capture / SHOTS[-1]
    (masked_capture / old_pass).rename(masked_capture / "turned")
    old_name.rename(old_name.with_name("last.JPG"))
    names = f"turned/{Path(SHOTS[0]).name}", f"{old_name.parent.name}/last.JPG"
    again = run("mask", masked_capture, "-o", "out")
    assert again.returncode == 0, again.stderr
    assert "2 masks changed by hand, kept" in again.stdout
    found = shots(out)
    assert [found[name]["state"] for name in names] == ["by hand", "by hand"]
    assert [(out / "masks" / f"{name}.png").read_bytes() for name in names] == [edit_again, before[1]]


def test_a_mask_changed_by_hand_goes_along_where_the_new_name_was_anothers_before(
    run: Run, capture: Path, tmp_path: Path
) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast", "--cutout", "black")
    run(*words)
    mask, target = (tmp_path / "out" / "masks" / f"{name}.png" for name in SHOTS[:2])
    edit(mask)
    theirs = mask.read_bytes()
    assert run(*words).returncode == 0
    (capture / SHOTS[0]).replace(capture / SHOTS[1])
    done = run(*words)
    assert "1 mask changed by hand, kept" in done.stdout
    assert "cut-out changed by hand" not in done.stdout
    assert "Warning: Changed by hand" not in done.stdout
    assert (target.read_bytes(), mask.exists()) == (theirs, False)
    assert read(tmp_path / "out" / "cutouts" / SHOTS[1])[:150, :150].mean() > 10
    assert "3 shots already done" in run(*words).stdout


def test_a_mask_changed_by_hand_stays_where_another_of_a_hand_is_in_its_way(
    run: Run, masked_capture: Path, tmp_path: Path
) -> None:
    masks = [tmp_path / "out" / "masks" / f"{name}.png" for name in SHOTS[:2]]
    for number, mask in enumerate(masks):
        edit(mask)
        mask.write_bytes(mask.read_bytes() + b"%d" % number)
    theirs = [mask.read_bytes() for mask in masks]
    assert run("mask", masked_capture, "-o", "out").returncode == 0
    (masked_capture / SHOTS[0]).replace(masked_capture / SHOTS[1])
    assert "Warning: Changed by hand" in run("mask", masked_capture, "-o", "out").stdout
    assert [mask.read_bytes() for mask in masks] == theirs


def test_a_mask_changed_by_hand_goes_along_with_a_photo_that_had_failed_once(
    run: Run, capture: Path, tmp_path: Path
) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    run(*words)
    mask, photo = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png", capture / SHOTS[0]
    edit(mask)
    theirs, whole = mask.read_bytes(), photo.read_bytes()
    run(*words)
    photo.write_bytes(whole[:20000])
    assert run(*words).returncode == 3
    photo.unlink()
    photo.with_name("new.JPG").write_bytes(whole)
    assert "1 mask changed by hand, kept" in run(*words).stdout
    assert mask.with_name("new.JPG.png").read_bytes() == theirs


@pytest.mark.parametrize("suffix", ["", ".png"])
def test_a_cut_out_changed_by_hand_goes_along_with_a_renamed_pass(
    run: Run, capture: Path, tmp_path: Path, suffix: str
) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    run(*words, "--cutout", "transparent" if suffix else "black")
    cutout = tmp_path / "out" / "cutouts" / f"{SHOTS[0]}{suffix}"
    Image.fromarray(read(cutout)[::2, ::2]).save(cutout)
    theirs = cutout.read_bytes()
    assert run(*words, "--cutout", "black").returncode == 0
    (capture / Path(SHOTS[0]).parent.name).rename(capture / "turned")
    done = run(*words, "--cutout", "white")
    moved = tmp_path / "out" / "cutouts" / "turned" / cutout.name
    assert (moved.read_bytes(), cutout.exists()) == (theirs, False)
    assert ("1 cut-out changed by hand, kept" in done.stdout) is not bool(suffix)
    assert "mask changed by hand" not in done.stdout


def test_a_mask_changed_by_hand_for_another_photo_is_kept_and_that_is_said(
    run: Run, masked_capture: Path, tmp_path: Path
) -> None:
    edit(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    for name in SHOTS[:2]:
        (masked_capture / name).rename(masked_capture / f"{name}.old")
    (masked_capture / f"{SHOTS[0]}.old").rename(masked_capture / SHOTS[1])
    (masked_capture / f"{SHOTS[1]}.old").rename(masked_capture / SHOTS[0])
    for _ in range(2):
        assert run("mask", masked_capture, "-o", "out").returncode == 0
        record = shots(tmp_path / "out")[SHOTS[0]]
        assert record["state"] == "by hand"
        assert "Its photo has changed since" in record["notes"][-1]


def test_that_a_hands_mask_is_of_another_photo_is_said_until_it_is_edited_again_or_that_photo_is_back(
    run: Run, capture: Path, tmp_path: Path
) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    out, photo = tmp_path / "out", capture / SHOTS[0]
    told = "Warning: Changed by hand for a photo that another one has replaced since"
    run(*words)
    edit(out / "masks" / f"{SHOTS[0]}.png")
    assert told not in run(*words, "--layout", "colmap").stdout
    own = photo.read_bytes()
    shutil.copy(capture / SHOTS[1], photo)
    for more in ((), ("--cutout", "black"), ("--cutout", "white"), ("--force",), ("--layout", "colmap")):
        done = run(*words, *more)
        assert done.stdout.count(told) == 1
        assert "Its photo has changed since" in str(shots(out)[SHOTS[0]]["notes"])
    checked = run("check-layout", "out")
    assert checked.returncode == 1
    assert checked.stdout.count("other photo  It was changed by hand for a photo") == 2  # masks, and the layout
    prepared = run("prepare", "out", "--for", "colmap").stdout
    assert f"Note: {told.removeprefix('Warning: ')}" in prepared
    photo.write_bytes(own)
    done = run(*words)
    assert told not in done.stdout
    assert shots(out)[SHOTS[0]]["notes"] == []
    shutil.copy(capture / SHOTS[1], photo)
    assert told in run(*words).stdout
    Image.fromarray(255 - read(out / "masks" / f"{SHOTS[0]}.png")).save(out / "masks" / f"{SHOTS[0]}.png")
    assert told not in run("prepare", "out", "--for", "colmap").stdout
    assert told not in run(*words).stdout
    assert shots(out)[SHOTS[0]]["state"] == "by hand"
    assert "other photo" not in run("check-layout", "out").stdout


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
    told = run("mask", capture, "-o", "out").stdout
    assert not read(cutout)[:150, :150].any()
    assert "1 cut-out made with earlier masks: add --cutout to have them made again" in told
    told = run("mask", capture, "-o", "out", "--cutout", "black").stdout
    assert read(cutout)[:150, :150].mean() > 10
    assert "earlier masks" not in told
    grown = run("mask", capture, "-o", "out", "--grow", "3").stdout
    assert "3 cut-outs made with earlier masks" in grown
    shutil.rmtree(tmp_path / "out" / "cutouts")
    assert "earlier masks" not in run("mask", capture, "-o", "out").stdout


def test_masks_of_photos_that_are_gone_are_named_once(run: Run, masked_capture: Path) -> None:
    (masked_capture / SHOTS[0]).unlink()
    told = f"Warning: Masks of photos that are gone, left where they are: masks/{SHOTS[0]}.png"
    assert told in run("mask", masked_capture, "-o", "out").stdout
    assert told not in run("mask", masked_capture, "-o", "out").stdout


def test_a_mask_saved_as_another_kind_of_picture_is_named(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    Image.open(mask).save(mask.with_suffix(".jpg"))
    mask.unlink()
    told = f"Warning: Not read, as masks are PNG files, such as {SHOTS[0]}.png: masks/{SHOTS[0]}.jpg"
    assert told in run("mask", masked_capture, "-o", "out").stdout
    mask.with_suffix(".jpg").unlink()
    assert "Not read, as masks" not in run("mask", masked_capture, "-o", "out").stdout


@pytest.mark.parametrize("effort", ["fast", "best"])
def test_a_run_that_makes_cut_outs_only_says_so(run: Run, capture: Path, effort: str) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", effort)
    assert "4 shots masked" in run(*words).stdout
    done = run(*words, "--cutout", "black")
    assert done.stdout.startswith("0 shots masked")
    assert "4 cut-outs made from existing masks" in done.stdout
    assert "already done" not in done.stdout
    events = run(*words, "--cutout", "white", "--events").stdout.splitlines()
    finished = json.loads(events[-1])
    assert (finished["masked"], finished["cut_out"], finished["kept"]) == (0, 4, 0)
    assert "4 shots already done" in run(*words, "--cutout", "white").stdout


def test_a_cut_out_that_a_person_has_changed_is_kept_and_told(run: Run, capture: Path, tmp_path: Path) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    assert "by hand" not in run(*words, "--cutout", "black").stdout
    cutout = tmp_path / "out" / "cutouts" / SHOTS[0]
    Image.fromarray(read(cutout)[::2, ::2]).save(cutout)
    theirs = cutout.read_bytes()
    for more in (("--cutout", "white"), ("--cutout", "white", "--grow", "5"), ("--cutout", "white", "--force")):
        done = run(*words, *more)
        assert done.returncode == 0, done.stderr
        assert cutout.read_bytes() == theirs
        assert "1 cut-out changed by hand, kept (--force-edited overwrites them)" in done.stdout
        assert "4 cut-outs made" not in done.stdout
    assert run(*words, "--cutout", "white", "--force-edited").returncode == 0
    assert read(cutout).shape == read(DEMO / SHOTS[0]).shape
    assert "by hand" not in run(*words, "--cutout", "white").stdout


def test_a_cut_out_of_a_run_that_was_killed_is_not_taken_for_a_persons(run: Run, capture: Path, tmp_path: Path) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast", "--workers", "1")
    whole = (*words, "--cutout", "black", "--events")
    with subprocess.Popen(command(*whole), cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while b'"shot"' not in process.stdout.readline():
            pass
        process.kill()
    assert list((tmp_path / "out" / "cutouts").rglob("*.JPG"))
    assert "by hand" not in run(*words, "--cutout", "white").stdout
    assert run("mask", capture, "-o", "other", *words[4:], "--cutout", "white").returncode == 0
    for cutout in (tmp_path / "other" / "cutouts").rglob("*.JPG"):
        assert (tmp_path / "out" / cutout.relative_to(tmp_path / "other")).read_bytes() == cutout.read_bytes()


@pytest.mark.parametrize("between", [(), ("--cutout", "transparent")], ids=" ".join)
def test_a_cut_out_of_an_earlier_mask_is_nobodys_work(
    run: Run, capture: Path, tmp_path: Path, between: tuple[str, ...]
) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    run(*words, "--cutout", "black")
    cutout = tmp_path / "out" / "cutouts" / SHOTS[0]
    before = cutout.read_bytes()
    for cut in (between, (), ("--cutout", "black")):
        done = run(*words, "--grow", "9", *cut)
    assert "4 cut-outs made from existing masks" in done.stdout
    assert "by hand" not in done.stdout
    assert cutout.read_bytes() != before


def test_a_cut_out_is_written_over_when_that_is_all_there_is_to_do(run: Run, capture: Path, tmp_path: Path) -> None:
    words = ("mask", capture, "-o", "out", "--segmenter", "threshold", "--effort", "fast", "--cutout", "black")
    run(*words)
    cutout = tmp_path / "out" / "cutouts" / SHOTS[0]
    before = cutout.read_bytes()
    Image.fromarray(read(cutout)[::2, ::2]).save(cutout)
    assert run(*words, "--force-edited").returncode == 0
    assert cutout.read_bytes() == before
