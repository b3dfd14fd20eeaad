"""``underside retry``: shots of a watched folder are done again, with settings of their own."""

import os
import sys
from pathlib import Path

import pytest
from conftest import Run
from tiny_networks import brightness
from watched import QUICK, SOON, Watch, manifest, masks, put_some, stages

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_shots_are_done_again_with_settings_of_their_own(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        before = masks(watch.out)
        assert "will mask them" in run("retry", watch.out, "IMG_0001.jpg", "--grow", "4").stdout
        watch.until_complete("vase", times=2)
        assert watch.stop() == 0
    after = masks(watch.out)
    assert [name for name in before if before[name] != after[name]] == ["vase/masks/IMG_0001.jpg.png"]
    # Without a watch it is done at once; another run leaves such shots as they are.
    assert run("retry", watch.out, "IMG_0001.jpg").returncode == 0
    assert masks(watch.out) == before
    assert "There is no shot" in run("retry", watch.out, "IMG_9999.jpg").stderr


def test_a_retry_of_a_photo_that_was_rewritten_with_its_old_size_and_time_ends(run: Run, tmp_path: Path) -> None:
    """As a disk whose times are those of whole seconds leaves it."""
    (path,) = put_some(tmp_path / "captures" / "vase", 1)
    with path.open("ab") as file:
        file.write(b"1")
    taken = path.stat().st_mtime_ns
    assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode == 0
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"2")
    os.utime(path, ns=(taken, taken))
    assert run("retry", "out", "IMG_0000.jpg", timeout=60).returncode == 0
    assert stages(tmp_path / "out") == {"vase/IMG_0000.jpg": "done"}


def test_a_photo_that_never_opened_is_done_again_with_settings_of_its_own(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 1)
    once = ("--once", "--settle", "0.05", "--max-megapixels", "0.01")
    assert run("watch", "captures", "-o", "out", *once, *QUICK).returncode == 3
    assert run("retry", "out", "IMG_0000.jpg", "--max-megapixels", "1").returncode == 0
    assert len(masks(tmp_path / "out")) == 1


def test_shots_with_settings_of_their_own_are_masked_with_these_however_many_they_are(run: Run, tmp_path: Path) -> None:
    for name, first in (("bowl", 0), ("cup", 6), ("vase", 12)):
        put_some(tmp_path / "captures" / name, 6, first=first)
    assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode == 0
    before = masks(tmp_path / "out")
    assert run("retry", "out", *(f"IMG_{seed:04}.jpg" for seed in range(18)), "--grow", "4").returncode == 0
    after = masks(tmp_path / "out")
    assert [name for name in before if before[name] == after[name]] == []


def test_a_retry_that_comes_while_its_pass_is_masked_is_heeded_all_the_same(run: Run, tmp_path: Path) -> None:
    slow = ("--segmenter", "grabcut", "--workers", "1", *SOON)
    with Watch(tmp_path, settings=slow).begins() as watch:
        put_some(watch.root / "vase", 60)
        watch.until(lambda: [event for event in watch.events("shot") if not event["alone"]])
        assert "will mask them" in run("retry", watch.out, "IMG_0059.jpg", "--grow", "4").stdout
        assert not watch.events("complete")
        watch.until_complete("vase")
        assert watch.stop() == 0
    grown = [engine["fingerprint"] for engine in manifest(watch.out, "vase")["engines"].values() if engine["grow"] == 4]
    assert [shot["photo"] for shot in manifest(watch.out, "vase")["shots"] if shot["fingerprint"] in grown] == [
        "IMG_0059.jpg"
    ]


def test_settings_that_one_shot_cannot_have_keep_no_other(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "0.05").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        before = masks(watch.out)
        assert "will mask them" in run("retry", watch.out, "IMG_0001.jpg", "--segmenter", "plate").stdout
        watch.until(lambda: watch.events("failed") or watch.events("note"))
        put_some(watch.root / "vase", 1, first=2)
        watch.until_complete("vase", times=2)
        told = watch.events("failed")
        assert watch.stop() == 0
    assert [(event["photo"], event["final"]) for event in told] == [("vase/IMG_0001.jpg", final) for final in (0, 0, 1)]
    assert "needs a plate" in told[-1]["reason"]
    # The mask that it had stays.
    assert before.items() < masks(watch.out).items()
    assert set(stages(watch.out).values()) == {"done"}


def test_a_model_that_is_a_file_is_found_again_from_another_folder(run: Run, tmp_path: Path) -> None:
    brightness(tmp_path / "own.onnx", shape=(1, 3, 64, 64))
    put_some(tmp_path / "captures" / "vase", 2)
    own = ("--model", "own.onnx", "--effort", "fast")
    assert run("watch", "captures", "-o", "out", "--once", *own).returncode == 0
    (tmp_path / "elsewhere").mkdir()
    done = run("retry", tmp_path / "out", "IMG_0001.jpg", cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stderr
