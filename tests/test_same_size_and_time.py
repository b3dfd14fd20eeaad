"""A photo in whose place another was put with the same size and time: it is that other one that is masked."""

import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run, shots
from PIL import Image
from watched import Watch, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no time of the last change there")

QUICKLY = ("--segmenter", "threshold", "--effort", "fast")
LINKING = ("--layout", "realityscan")


def tiff(path: Path, *, wide: int) -> Path:
    """Not compressed, as cameras write it: all are of one size."""
    picture = np.full((96, 128, 3), 25, np.uint8)
    cv2.ellipse(picture, (64, 48), (wide, 22), 0, 0, 360, (220, 210, 200), -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def capture(folder: Path) -> Path:
    for number in range(4):
        tiff(folder / f"IMG_{number}.tif", wide=20 + number)
    return folder


def overwrite(photo: Path, by: Path) -> None:
    """As ``cp -p`` does: the file stays."""
    shutil.copy2(by, photo)


def replace(photo: Path, by: Path) -> None:
    """As ``rsync -t`` and ``exiftool -P`` do."""
    shutil.copy2(by, part := photo.with_name(".part"))
    part.replace(photo)


WAYS = pytest.mark.parametrize("way", [overwrite, replace])


def area(out: Path, photo: str) -> float:
    return float(shots(out)[photo]["area"])


@WAYS
@pytest.mark.parametrize("effort", ["fast", "normal"])
def test_it_is_masked_anew(run: Run, tmp_path: Path, way: object, effort: str) -> None:
    photo = capture(tmp_path / "vase") / "IMG_1.tif"
    words = ("mask", "vase", "-o", "out", "--segmenter", "threshold", "--effort", effort)
    assert run(*words).returncode == 0
    before = area(tmp_path / "out", "IMG_1.tif")
    way(photo, tiff(tmp_path / "other.tif", wide=40))  # type: ignore[operator]
    assert run(*words).returncode == 0
    assert area(tmp_path / "out", "IMG_1.tif") > 1.5 * before
    assert "4 shots already done" in run(*words).stdout


@WAYS
def test_a_watch_masks_it_anew(tmp_path: Path, way: object) -> None:
    other = tiff(tmp_path / "other.tif", wide=40)
    with Watch(tmp_path, *LINKING).begins() as watch:
        photo = capture(watch.root / "vase") / "IMG_1.tif"
        watch.until_complete("vase")
        before = area(watch.out / "vase", "IMG_1.tif")
        way(photo, other)  # type: ignore[operator]
        watch.until_complete("vase", times=2)
        assert area(watch.out / "vase", "IMG_1.tif") > 1.5 * before
    assert set(stages(watch.out).values()) == {"done"}


@WAYS
def test_a_watch_masks_it_anew_that_was_replaced_while_none_ran(tmp_path: Path, way: object) -> None:
    photo = capture(tmp_path / "captures" / "vase") / "IMG_1.tif"
    with Watch(tmp_path, "--once") as watch:
        assert watch.process.wait(60) == 0
    before = area(watch.out / "vase", "IMG_1.tif")
    way(photo, tiff(tmp_path / "other.tif", wide=40))  # type: ignore[operator]
    with Watch(tmp_path, "--once") as watch:
        assert watch.process.wait(60) == 0
    assert area(watch.out / "vase", "IMG_1.tif") > 1.5 * before


@WAYS
def test_it_does_not_come_into_a_set_with_the_mask_of_the_other(run: Run, tmp_path: Path, way: object) -> None:
    photo = capture(tmp_path / "vase") / "IMG_1.tif"
    run("mask", "vase", "-o", "out", *QUICKLY)
    way(photo, tiff(tmp_path / "other.tif", wide=40))  # type: ignore[operator]
    done = run("prepare", "out", "--for", "colmap")
    assert done.returncode == 3
    assert "has changed since it was masked. Run underside mask again." in done.stdout


def test_links_and_copies_are_no_reason_to_mask_anew(run: Run, tmp_path: Path) -> None:
    folder = capture(tmp_path / "vase")
    words = ("mask", "vase", "-o", "out", *QUICKLY, *LINKING)
    run(*words)
    assert (tmp_path / "out/layouts/realityscan/images/IMG_1.tif").samefile(folder / "IMG_1.tif")
    assert "4 shots already done" in run(*words).stdout
    shutil.copytree(folder, tmp_path / "copy")
    shutil.rmtree(folder)
    (tmp_path / "copy").rename(folder)
    assert "4 shots already done" in run(*words).stdout


def test_a_manifest_without_whole_stamps_is_no_reason_to_mask_anew(run: Run, tmp_path: Path) -> None:
    capture(tmp_path / "vase")
    words = ("mask", "vase", "-o", "out", *QUICKLY)
    run(*words)
    path = tmp_path / "out" / "capture.json"
    content = json.loads(path.read_text())
    for shot in content["shots"]:
        del shot["ctime_ns"]
    path.write_text(json.dumps(content))
    assert "4 shots already done" in run(*words).stdout
    assert all(shot["ctime_ns"] for shot in shots(tmp_path / "out").values())


def test_a_layout_of_links_is_no_reason_for_a_watch_to_begin_anew(tmp_path: Path) -> None:
    with Watch(tmp_path, *LINKING, "--scan-every", "0.5").begins() as watch:
        capture(watch.root / "vase")
        watch.until_complete("vase")
        assert (watch.out / "vase/layouts/realityscan/images/IMG_1.tif").samefile(watch.root / "vase/IMG_1.tif")
        tiff(watch.root / "jug" / "IMG_1.tif", wide=20)
        watch.until_complete("jug")
        assert [event["capture"] for event in watch.events("complete")] == ["vase", "jug"]
