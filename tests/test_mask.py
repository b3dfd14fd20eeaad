"""``underside mask``: from a folder of photos to masks, as a user runs it."""

import hashlib
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DEMO, FirstRun, Run, manifest, overlap, running_in, shots
from demo_runs import SHOTS, contents, read
from PIL import Image, ImageOps


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


def test_an_empty_picture_gets_an_empty_mask_and_a_note(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    Image.new("RGB", (640, 480), (90, 90, 90)).save(tmp_path / "capture" / "nothing.jpg")
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert not read(tmp_path / "out" / "masks" / "nothing.jpg.png").any()
    assert any("No object was found" in note for note in shots(tmp_path / "out")["nothing.jpg"]["notes"])


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


def test_a_photo_without_lens_data_is_warned_of_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    picture = Image.open(DEMO / SHOTS[0]).resize((320, 240))
    for number in range(3):
        picture.save(tmp_path / "capture" / f"{number}.jpg")
    done = run("mask", "capture", "-o", "out")
    assert done.stdout.count("FocalLength") == 1
    assert "3 of 3 photos" in done.stdout
