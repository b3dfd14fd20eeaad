"""``underside mask``: from a folder of photos to masks, as a user runs it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import DEMO, FirstRun, Run, command, manifest, overlap, running_in
from numpy.typing import NDArray
from PIL import Image, ImageOps

SHOTS = ("upright/DSC_0001.JPG", "upright/DSC_0004.JPG", "flipped/DSC_0019.JPG", "flipped/DSC_0022.JPG")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def masks(out: Path) -> dict[str, str]:
    return contents(out / "masks")


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path))


def shot(out: Path, photo: str) -> dict[str, Any]:
    return next(shot for shot in manifest(out)["shots"] if shot["photo"] == photo)


def edit(mask: Path) -> None:
    pixels = read(mask).copy()
    pixels[:200, :200] = 255
    Image.fromarray(pixels).save(mask)


def copies(folder: Path, count: int) -> Path:
    """A pass of so many photos with different content."""
    photos = sorted((DEMO / "upright").glob("*.JPG"))
    (folder / "upright").mkdir(parents=True)
    for number in range(count):
        content = photos[number % len(photos)].read_bytes()
        comment = b"\xff\xfe" + (6).to_bytes(2, "big") + number.to_bytes(4, "big")
        (folder / "upright" / f"DSC_{number:04}.JPG").write_bytes(content[:2] + comment + content[2:])
    return folder


def test_every_shot_gets_a_hard_mask_on_its_stored_grid(first_run: FirstRun) -> None:
    for name in SHOTS:
        with Image.open(first_run.out / "masks" / f"{name}.png") as mask:
            assert mask.mode == "L"
            assert mask.size == (1280, 960)
            assert set(np.unique(np.asarray(mask))) == {0, 255}
            assert not mask.info
    assert "4 shots masked" in first_run.stdout
    assert "1 plate left alone" in first_run.stdout
    assert not (first_run.out / "masks" / "empty").exists()


def test_masks_are_right(first_run: FirstRun, shared: Path) -> None:
    truth = shared / "data" / "flip-sample" / "spot" / "gt_masks"
    for name in SHOTS:
        true = read(truth / f"{name}.png").astype(np.uint8)
        assert overlap(read(first_run.out / "masks" / f"{name}.png"), true) > 0.95


def test_the_originals_are_untouched(run: Run, capture: Path) -> None:
    before = contents(capture)
    run("mask", capture, "-o", "out", "--cutout", "black", "--layout", "realityscan")
    assert contents(capture) == before


def test_the_manifest_names_every_shot_and_what_made_its_mask(first_run: FirstRun) -> None:
    capture, out = first_run.folder / "capture", first_run.out
    found = manifest(out)
    assert [each["photo"] for each in found["shots"]] == sorted(SHOTS)
    assert found["plates"] == ["empty/DSC_0037.JPG"]
    for each in found["shots"]:
        assert each["state"] == "masked"
        assert each["pass_name"] == each["photo"].split("/")[0]
        assert each["sha256"] == hashlib.sha256((capture / each["photo"]).read_bytes()).hexdigest()
        assert each["mask_sha256"] == hashlib.sha256((out / each["mask"]).read_bytes()).hexdigest()
        pixels = read(out / each["mask"])
        left, top, right, bottom = each["box"]
        assert pixels[top:bottom, left:right].sum() == pixels.sum()
        assert each["area"] == pytest.approx((pixels > 0).mean(), abs=1e-5)
        engine = found["engines"][each["fingerprint"]]
        assert len(engine["segmenter"]["sha256"]) == 64
        assert engine["segmenter"]["provider"]


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
        assert shot(tmp_path / "out", SHOTS[0])["state"] == "by hand"
        assert "1 mask changed by hand, kept" in again.stdout


def test_a_mask_changed_by_hand_twice_is_known_as_it_is_now(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    edit(mask)
    run("mask", masked_capture, "-o", "out")
    Image.fromarray(np.full((960, 1280), 255, np.uint8)).save(mask)
    run("mask", masked_capture, "-o", "out")
    assert shot(tmp_path / "out", SHOTS[0])["area"] == 1


def test_a_mask_from_elsewhere_under_the_same_name_is_somebodys_work(run: Run, capture: Path, tmp_path: Path) -> None:
    mask = tmp_path / "out" / "masks" / f"{SHOTS[0]}.png"
    mask.parent.mkdir(parents=True)
    Image.fromarray(np.full((960, 1280), 255, np.uint8)).save(mask)
    before = mask.read_bytes()
    run("mask", capture, "-o", "out")
    assert mask.read_bytes() == before
    assert shot(tmp_path / "out", SHOTS[0])["state"] == "by hand"


def test_force_edited_writes_over_a_hand(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    before = masks(tmp_path / "out")
    edit(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    run("mask", masked_capture, "-o", "out", "--force-edited")
    assert masks(tmp_path / "out") == before
    assert shot(tmp_path / "out", SHOTS[0])["state"] == "masked"


def test_a_cut_out_is_made_from_the_mask_of_a_hand(run: Run, capture: Path, tmp_path: Path) -> None:
    run("mask", capture, "-o", "out", "--cutout", "black")
    cutout = tmp_path / "out" / "cutouts" / SHOTS[0]
    assert not read(cutout)[:150, :150].any()
    edit(tmp_path / "out" / "masks" / f"{SHOTS[0]}.png")
    run("mask", capture, "-o", "out", "--cutout", "black")
    assert read(cutout)[:150, :150].mean() > 10


def test_cut_outs_can_be_had_later_without_masking_again(run: Run, masked_capture: Path, tmp_path: Path) -> None:
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "masks").rglob("*.png")}
    assert run("mask", masked_capture, "-o", "out", "--cutout", "transparent").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written
    for name in SHOTS:
        with Image.open(tmp_path / "out" / "cutouts" / f"{name}.png") as cutout:
            assert cutout.mode == "RGBA"


def test_the_same_bytes_come_out_whatever_the_workers(run: Run, capture: Path, tmp_path: Path) -> None:
    run("mask", capture, "-o", "one", "--workers", "1")
    run("mask", capture, "-o", "four", "--workers", "4")
    assert masks(tmp_path / "one") == masks(tmp_path / "four")


def test_masks_made_with_a_ring_are_the_same_whatever_the_workers_and_after_a_break(run: Run, tmp_path: Path) -> None:
    folder = copies(tmp_path / "capture", 12)
    run("mask", folder, "-o", "one", "--workers", "1")
    run("mask", folder, "-o", "alone", "--effort", "fast")
    run("mask", folder, "-o", "three", "--workers", "3")
    assert all(each["ring"] for each in manifest(tmp_path / "one")["shots"])
    assert not any(each["ring"] for each in manifest(tmp_path / "alone")["shots"])
    assert masks(tmp_path / "three") == masks(tmp_path / "one")
    for name in ("DSC_0002", "DSC_0009"):
        (tmp_path / "three" / "masks" / "upright" / f"{name}.JPG.png").unlink()
    assert "2 shots masked" in run("mask", folder, "-o", "three").stdout
    assert masks(tmp_path / "three") == masks(tmp_path / "one")


@pytest.fixture(scope="module")
def long_pass(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """More photos than are masked before somebody interrupts, and the masks of a run that nobody has interrupted."""
    folder = tmp_path_factory.mktemp("long")
    assert running_in(folder)("mask", copies(folder / "capture", 14), "-o", "whole").returncode == 0
    return folder / "capture", masks(folder / "whole")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_completed_by_the_next(
    run: Run, tmp_path: Path, long_pass: tuple[Path, dict[str, str]], number: signal.Signals
) -> None:
    folder, whole = long_pass
    process = subprocess.Popen(
        command("mask", folder, "-o", "out"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for_a_mask(tmp_path / "out")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "finishing the shots in flight" in said
    assert not list((tmp_path / "out").rglob("*.underside-part"))
    after_first = len(masks(tmp_path / "out"))
    assert len(manifest(tmp_path / "out")["shots"]) == after_first < 14
    again = run("mask", folder, "-o", "out")
    assert f"{after_first} shots already done" in again.stdout
    assert masks(tmp_path / "out") == whole


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_run_leaves_whole_masks_only_and_is_completed_by_the_next(
    run: Run, tmp_path: Path, long_pass: tuple[Path, dict[str, str]]
) -> None:
    folder, whole = long_pass
    process = subprocess.Popen(command("mask", folder, "-o", "out"), cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for_a_mask(tmp_path / "out")
    process.kill()
    process.wait()
    for name, found in masks(tmp_path / "out").items():
        assert name.endswith(".underside-part") or found == whole[name]
    assert run("mask", folder, "-o", "out").returncode == 0
    assert masks(tmp_path / "out") == whole


def wait_for_a_mask(out: Path) -> None:
    deadline = time.monotonic() + 180
    while not list(out.glob("masks/*/*.png")):
        assert time.monotonic() < deadline, "no mask came"
        time.sleep(0.02)


def test_events_are_one_json_object_a_line_and_nothing_else(run: Run, capture: Path) -> None:
    (capture / "upright" / "broken.jpg").write_bytes(b"no photo")
    done = run("mask", capture, "-o", "out", "--events", stdin=subprocess.DEVNULL)
    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["event"] == "started"
    assert events[0]["total"] == 5
    shots = [event for event in events if event["event"] == "shot"]
    assert {event["photo"] for event in shots} == set(SHOTS)
    assert all(event["mask"] == f"masks/{event['photo']}.png" for event in shots)
    (failure,) = [event for event in events if event["event"] == "failed"]
    assert failure["photo"] == "upright/broken.jpg"
    assert failure["reason"]
    assert events[-1]["event"] == "finished"
    assert (events[-1]["masked"], events[-1]["failed"]) == (4, 1)


def test_a_door_that_closes_standard_input_stops_the_engine(tmp_path: Path) -> None:
    folder = copies(tmp_path / "capture", 14)
    with subprocess.Popen(
        command("mask", folder, "-o", "out", "--events"),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        while '"shot"' not in process.stdout.readline():
            pass
        process.stdin.close()
        rest = process.stdout.read()
    assert process.returncode == 130
    finished = json.loads(rest.splitlines()[-1])
    assert finished["unreached"] > 0


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One view as cameras held in all eight ways store it, each in a pass of its own, and their masks."""
    folder = tmp_path_factory.mktemp("turned")
    upright = Image.open(DEMO / SHOTS[0]).resize((640, 480))
    # The inverse of what EXIF asks a viewer to do.
    ways: dict[int, Image.Transpose | None] = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    for orientation, way in ways.items():
        exif = Image.Exif()
        exif[0x112] = orientation
        path = folder / "capture" / str(orientation) / "turned.png"
        path.parent.mkdir(parents=True)
        (upright if way is None else upright.transpose(way)).save(path, exif=exif)
    (folder / "capture" / "plain").mkdir()
    upright.save(folder / "capture" / "plain" / "plain.png")
    done = running_in(folder)("mask", "capture", "-o", "out")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_gets_its_mask_on_the_stored_grid(turned: Path, orientation: int) -> None:
    with Image.open(turned / "capture" / str(orientation) / "turned.png") as stored:
        size = stored.size
    mask = Image.open(turned / "out" / "masks" / str(orientation) / "turned.png.png")
    assert mask.size == size
    mask.getexif()[0x112] = orientation
    plain = read(turned / "out" / "masks" / "plain" / "plain.png.png")
    assert overlap(np.asarray(ImageOps.exif_transpose(mask)), plain) > 0.99


def test_two_sources_never_meet_in_one_name(run: Run, tmp_path: Path) -> None:
    photo = Image.open(DEMO / SHOTS[0]).resize((320, 240))
    names = ["IMG_1.jpg", "IMG_1.tif", "IMG_1.png", "cam1/IMG_1.jpg", "cam2/IMG_1.jpg"]
    for name in names:
        path = tmp_path / "capture" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path)
    assert run("mask", "capture", "-o", "out", "--cutout", "black").returncode == 0
    assert set(masks(tmp_path / "out")) == {f"{name}.png" for name in names}
    assert len(contents(tmp_path / "out" / "cutouts")) == len(names)


def test_single_photos_are_a_capture_too(run: Run, tmp_path: Path) -> None:
    assert run("mask", DEMO / SHOTS[0], "-o", "out", "--cutout", "black").returncode == 0
    assert (tmp_path / "out" / "masks" / "DSC_0001.JPG.png").is_file()
    assert (tmp_path / "out" / "cutouts" / "DSC_0001.JPG").is_file()


def test_an_output_folder_inside_the_capture_is_never_taken_for_photos(run: Run, capture: Path) -> None:
    for _ in range(2):
        done = run("mask", capture, "-o", capture / "masked", "--cutout", "transparent", "--layout", "realityscan")
        assert done.returncode == 0, done.stderr
    assert len(manifest(capture / "masked")["shots"]) == 4


def test_an_object_called_plate_is_masked_when_told_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "plate_01.jpg")
    refused = run("mask", "capture", "-o", "out")
    assert refused.returncode == 2
    assert "--no-plates" in refused.stderr
    assert run("mask", "capture", "-o", "out", "--no-plates").returncode == 0


def test_a_raw_file_beside_its_jpeg_is_one_shot_with_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "IMG_1.JPG")
    (tmp_path / "capture" / "IMG_1.CR2").write_bytes(b"II*\0 raw data")
    assert run("mask", "capture", "-o", "out").returncode == 0
    (only,) = manifest(tmp_path / "out")["shots"]
    assert only["companions"] == ["IMG_1.CR2"]


def test_masks_left_by_other_programs_are_no_photos(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "IMG_1.JPG")
    mask = Image.new("L", (1280, 960))
    for name in ("IMG_1_mask.png", "IMG_1.JPG.png", "IMG_1.mask.png"):
        mask.save(tmp_path / "capture" / name)
    done = run("mask", "capture", "-o", "out")
    assert "3 files left out" in done.stdout
    assert set(masks(tmp_path / "out")) == {"IMG_1.JPG.png"}


def test_a_photo_without_lens_data_is_warned_of_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    picture = Image.open(DEMO / SHOTS[0]).resize((320, 240))
    for number in range(3):
        picture.save(tmp_path / "capture" / f"{number}.jpg")
    done = run("mask", "capture", "-o", "out")
    assert done.stdout.count("FocalLength") == 1
    assert "3 of 3 photos" in done.stdout


def test_an_empty_picture_gets_an_empty_mask_and_a_note(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    Image.new("RGB", (640, 480), (90, 90, 90)).save(tmp_path / "capture" / "nothing.jpg")
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert not read(tmp_path / "out" / "masks" / "nothing.jpg.png").any()
    assert any("No object was found" in note for note in shot(tmp_path / "out", "nothing.jpg")["notes"])


def test_fast_looks_once_and_is_close(run: Run, capture: Path, tmp_path: Path, first_run: FirstRun) -> None:
    run("mask", capture, "-o", "fast", "--effort", "fast")
    for name in SHOTS:
        one, other = (read(out / "masks" / f"{name}.png") for out in (first_run.out, tmp_path / "fast"))
        assert 0.9 < overlap(one, other) < 1


def test_layouts_are_written_with_the_masks(run: Run, capture: Path, tmp_path: Path) -> None:
    done = run("mask", capture, "-o", "out", "--layout", "colmap", "--layout", "metashape")
    assert done.returncode == 0, done.stderr
    laid_out = tmp_path / "out" / "layouts" / "colmap" / "masks" / f"{SHOTS[0]}.png"
    assert laid_out.read_bytes() == (tmp_path / "out" / "masks" / f"{SHOTS[0]}.png").read_bytes()
    assert run("check-layout", "out/layouts/colmap").returncode == 0


def test_cv2_reads_masks_as_written(first_run: FirstRun) -> None:
    path = first_run.out / "masks" / f"{SHOTS[0]}.png"
    assert np.array_equal(np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)), read(path))
