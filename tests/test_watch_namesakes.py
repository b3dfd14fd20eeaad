"""Captures of a watched folder whose names meet: no photo takes another's mask, and what is left out is told."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from conftest import Run
from PIL import Image
from watched import QUICK, Watch, masks, photo, put, put_some

from underside.watch.status import read_status

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_a_folder_called_like_the_watched_one_takes_no_mask_from_the_photos_beside_it(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put(watch.root / "a.jpg", photo(1))
        watch.until_complete("captures")
        before = masks(watch.out)
        put(watch.root / "captures" / "a.jpg", photo(2))
        put(watch.root / "vase" / "a.jpg", photo(3))
        watch.until_complete("vase")
        watch.until(lambda: watch.events("failed"))
        (told,) = watch.events("failed")
        assert told["photo"] == "captures/a.jpg"
        assert told["reason"].startswith("captures/a.jpg is left out: the folder captures, and what lies in captures ")
        assert told["reason"].endswith("Rename the folder captures.")
        assert set(masks(watch.out)) - set(before) == {"vase/masks/a.jpg.png"}
        (watch.root / "captures").rename(watch.root / "bowl")
        watch.until_complete("bowl")
        assert watch.stop() == 0
    assert before.items() < masks(watch.out).items()
    assert set(masks(watch.out)) == {f"{name}/masks/a.jpg.png" for name in ("captures", "vase", "bowl")}


def test_photos_beside_a_folder_called_like_the_watched_one_are_called_otherwise(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put(watch.root / "captures" / "a.jpg", photo(1))
        put(watch.root / "captures" / "captures" / "a.jpg", photo(2))
        watch.until_complete("captures")
        put(watch.root / "a.jpg", photo(3))
        watch.until_complete("a")
        before = masks(watch.out)
        assert set(before) == {"captures/masks/a.jpg.png", "captures/masks/captures/a.jpg.png", "a/masks/a.jpg.png"}
        # A pass of the watched folder itself cannot be called otherwise.
        put(watch.root / "upright" / "a.jpg", photo(4))
        watch.until(lambda: watch.events("failed"))
        assert watch.events("failed")[0]["photo"] == "upright/a.jpg"
        assert "Rename the folder captures." in watch.events("failed")[0]["reason"]
        assert masks(watch.out) == before
        watch.until(lambda: list(read_status(watch.out).left_out) == ["upright/a.jpg"])
        shutil.rmtree(watch.root / "upright")
        watch.until(lambda: not read_status(watch.out).left_out)
        assert watch.stop() == 0


@pytest.mark.parametrize("names", [("captures/a.jpg", "upright/a.jpg"), ("upright/a.jpg", "captures/a.jpg")])
def test_a_photo_that_is_left_out_is_told_until_its_folder_is_renamed(
    run: Run, tmp_path: Path, names: tuple[str, str]
) -> None:
    once = ("watch", "captures", "-o", "out", "--once", *QUICK)
    first, second = names
    put(tmp_path / "captures" / first, photo(1))
    assert run(*once).returncode == 0
    put(tmp_path / "captures" / second, photo(2))
    for _ in range(2):
        done = run(*once)
        assert done.returncode == 3
        assert f"{second} is left out" in done.stderr
        assert len(masks(tmp_path / "out")) == 1
        assert f"{second} is left out" in run("status", "out").stdout
    assert list(json.loads(run("status", "out", "--json").stdout)["left_out"]) == [second]
    (tmp_path / "captures" / "captures").rename(tmp_path / "captures" / "vase")
    assert run(*once).returncode == 0
    assert set(masks(tmp_path / "out")) == {"vase/masks/a.jpg.png", "captures/masks/upright/a.jpg.png"}
    assert "left out" not in run("status", "out").stdout


def test_a_layout_whose_names_clash_keeps_neither_its_capture_nor_the_others(run: Run, tmp_path: Path) -> None:
    for seed, capture in enumerate(("amphora", "bowl")):
        put(tmp_path / "captures" / capture / "IMG_1.jpg", photo(seed))
    Image.open(tmp_path / "captures/amphora/IMG_1.jpg").rotate(5).save(tmp_path / "captures/amphora/IMG_1.tif")
    done = run("watch", "captures", "-o", "out", "--once", "--layout", "metashape", "--layout", "colmap", *QUICK)
    assert done.returncode == 3
    told = "underside: amphora: IMG_1.jpg and IMG_1.tif would get one and the same mask for Metashape. Rename "
    assert [line for line in done.stderr.splitlines() if line.startswith(told)]
    assert "amphora is complete" in done.stderr
    assert (tmp_path / "out/amphora/layouts/colmap/HOW-TO.txt").is_file()
    assert not (tmp_path / "out/amphora/layouts/metashape").exists()
    assert (tmp_path / "out/bowl/layouts/metashape/HOW-TO.txt").is_file()


def test_photos_without_a_folder_are_captures_by_the_pauses_between_them(run: Run, tmp_path: Path) -> None:

    for number, path in enumerate(put_some(tmp_path / "captures", 4)):
        taken = time.time() - 10_000 + number * 5 + (4000 if number > 1 else 0)
        os.utime(path, (taken, taken))
    assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode == 0
    assert {name.split("/")[0] for name in masks(tmp_path / "out")} == {"captures", "IMG_0002"}
    assert len(masks(tmp_path / "out")) == 4
    assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode == 0
