"""Photos come into a watched folder in all the ways that cameras and people have: slowly, in part, or not at all."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, SOON, Watch, manifest, masks, photo, put, put_some, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_a_photo_still_being_written_is_left_alone(tmp_path: Path) -> None:
    content = photo(1)
    with Watch(tmp_path, "--settle", "1.5", "--complete-after", "60").begins() as watch:
        path = watch.root / "vase" / "IMG_1.jpg"
        path.parent.mkdir()
        with path.open("wb") as file:
            for start in range(0, len(content), len(content) // 8):
                file.write(content[start : start + len(content) // 8])
                file.flush()
                time.sleep(0.1)
        watch.until_masked("vase/IMG_1.jpg")
        assert not watch.events("failed")


def test_a_photo_that_goes_away_while_it_settles_is_masked_when_it_is_back(tmp_path: Path) -> None:
    with Watch(tmp_path, settings=(*QUICK, *SOON, "--settle", "2")).begins() as watch:
        (path,) = put_some(watch.root / "vase", 1)
        watch.until(lambda: "vase/IMG_0000.jpg" in stages(watch.out))
        path.rename(tmp_path / "away.jpg")
        watch.until(lambda: not stages(watch.out))
        (tmp_path / "away.jpg").rename(path)
        watch.until_complete("vase")
    assert stages(watch.out) == {"vase/IMG_0000.jpg": "done"}


def test_a_truncated_photo_is_tried_again_and_masked_once_it_is_whole(run: Run, tmp_path: Path) -> None:
    content = photo(1)
    with Watch(tmp_path).begins() as watch:
        path = watch.root / "vase" / "IMG_1.jpg"
        path.parent.mkdir()
        path.write_bytes(content[:-200])
        watch.until(lambda: watch.events("failed"))
        assert "cut short" in watch.events("failed")[0]["reason"]
        assert not watch.events("failed")[0]["final"]
        assert "Copy it again" not in run("status", watch.out).stdout
        path.write_bytes(content)
        watch.until_complete("vase")
    assert stages(watch.out) == {"vase/IMG_1.jpg": "done"}
    told = (watch.out / ".underside" / "watch.log").read_text()
    assert "Copy it again" not in told
    waits = "vase/IMG_1.jpg cannot be masked yet, perhaps while it is being copied: it will be tried again"
    assert told.count(waits) == 1


def test_a_broken_photo_is_set_aside_after_three_tries_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "0.05").begins() as watch:
        put_some(watch.root / "vase", 2)
        put(watch.root / "vase" / "broken.jpg", photo(3)[:-300])
        watch.until_complete("vase")
        assert [event["attempts"] for event in watch.events("failed")] == [1, 2, 3]
        status = json.loads(run("status", watch.out, "--json").stdout)
        assert status["watcher"]["pid"] == watch.process.pid
        assert [(trouble["photo"], trouble["final"]) for trouble in status["troubles"]] == [("vase/broken.jpg", True)]
        assert watch.stop() == 0
    assert stages(watch.out)["vase/broken.jpg"] == "set aside"
    failed = [shot for shot in manifest(watch.out, "vase")["shots"] if shot["state"] == "failed"]
    assert [shot["photo"] for shot in failed] == ["broken.jpg"]
    assert "set aside" in run("status", watch.out).stdout.lower()
    # Mended, it is masked by the next watch, without a retry.
    put(watch.root / "vase" / "broken.jpg", photo(3))
    assert run("watch", watch.root, "-o", watch.out, "--once", *QUICK).returncode == 0
    assert len(masks(watch.out)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not Unicode")
def test_a_status_tells_of_a_broken_photo_whatever_it_is_called(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "captures" / "vase" / os.fsdecode(b"caf\xe9.jpg"), photo(3)[:-300])
    once = ("watch", "captures", "-o", "out", "--once", "--settle", "0.05", *QUICK)
    assert run(*once).returncode == 3
    (trouble,) = json.loads(run("status", "out", "--json").stdout)["troubles"]
    assert trouble["reason"].startswith(f"{trouble['photo']} is cut short")
    assert "b'" not in run("status", "out").stdout


def test_a_photo_that_may_not_be_read_is_masked_once_it_may(tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "0.05").begins() as watch:
        put_some(watch.root / "vase", 1)
        link = watch.root / "vase" / "IMG_9.jpg"
        content = put(tmp_path / "elsewhere.jpg", photo(9))
        link.symlink_to(tmp_path / "elsewhere" / "IMG_9.jpg")  # not there yet: as unreadable as anything, for root too
        watch.until_complete("vase")
        assert len(masks(watch.out)) == 1
        put(tmp_path / "elsewhere" / "IMG_9.jpg", content.read_bytes())
        link.unlink()
        link.symlink_to(tmp_path / "elsewhere" / "IMG_9.jpg")
        watch.until_masked("vase/IMG_9.jpg")


def test_a_photo_replaced_in_place_is_done_again(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        before = masks(watch.out)
        put(watch.root / "vase" / "IMG_0000.jpg", photo(40))
        watch.until_complete("vase", times=2)
        after = masks(watch.out)
    assert [name for name in before if before[name] != after[name]] == ["vase/masks/IMG_0000.jpg.png"]


def test_a_photo_deleted_before_it_was_read_is_forgotten(tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "1").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until(lambda: len(watch.events("seen")) == 2)
        (watch.root / "vase" / "IMG_0001.jpg").unlink()
        watch.until_complete("vase")
        assert not watch.events("failed")
    assert set(masks(watch.out)) == {"vase/masks/IMG_0000.jpg.png"}
