"""``underside mask`` by hand in the output of a watch that does not run: its status tells of the masks there are."""

import json
import sys
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, SOON, Watch, put_some, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def of_vase(run: Run) -> dict[str, object]:
    """What the status says of the one capture."""
    (capture,) = json.loads(run("status", "out", "--json").stdout)["captures"]
    assert capture["name"] == "vase"
    return dict(capture)


def test_photos_that_the_watch_left_waiting_are_done_once_they_are_masked(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, settings=(*QUICK, "--settle", "600")).begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until(lambda: list(stages(watch.out).values()) == ["settling"] * 3)
    assert (of_vase(run)["waiting"], of_vase(run)["done"]) == (3, 0)
    assert run("mask", "captures/vase", "-o", "out/vase", *QUICK).returncode == 0
    assert (of_vase(run)["waiting"], of_vase(run)["done"]) == (0, 3)
    with Watch(tmp_path, "--layout", "colmap").begins() as watch:
        watch.until_complete("vase")
    assert of_vase(run)["complete"]
    assert (tmp_path / "out/vase/layouts/colmap/HOW-TO.txt").is_file()


def test_masks_made_again_by_hand_are_told_of_and_handed_over_by_the_next_watch(run: Run, tmp_path: Path) -> None:
    command = ("--on-capture", f"cp -t {tmp_path}")
    with Watch(tmp_path, *command).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        watch.until((tmp_path / "capture.json").exists)
        assert watch.stop() == 0
    (tmp_path / "capture.json").unlink()
    mask = tmp_path / "out/vase/masks/IMG_0001.jpg.png"
    mask.write_bytes((tmp_path / "out/vase/masks/IMG_0000.jpg.png").read_bytes())
    assert run("mask", "captures/vase", "-o", "out/vase", *QUICK).returncode == 0
    assert of_vase(run)["stages"] == {"by hand": 1, "done": 1}
    assert not of_vase(run)["complete"]
    with Watch(tmp_path, *command, settings=(*QUICK, *SOON)).begins() as watch:
        watch.until_complete("vase")
        watch.until((tmp_path / "capture.json").exists)
    assert of_vase(run)["stages"] == {"by hand": 1, "done": 1}
