"""Which files of a watched folder are shots, which are plates, and which are none of the watch's business."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import Run
from watched import QUICK, SOON, Watch, manifest, masks, photo, put, put_some, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_thumbnails_hidden_files_and_our_own_output_are_never_taken(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    with watch.begins():
        for name in (".hidden.jpg", "@eaDir/IMG_1.jpg", ".thumbnails/IMG_1.jpg", "IMG_2.jpg.part", "notes.txt"):
            put(watch.root / "vase" / name, photo(1))
        put_some(watch.root / "vase", 1)
        watch.until_complete("vase")
        assert [event["photo"] for event in watch.events("seen")] == ["vase/IMG_0000.jpg"]


def test_results_within_the_watched_folder_are_not_taken_for_photos(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    for _ in range(2):
        done = run("watch", "captures", "-o", "captures/masked", "--once", "--cutout", "transparent", *QUICK)
        assert done.returncode == 0, done.stderr
    assert set(stages(tmp_path / "captures" / "masked")) == {"vase/IMG_0000.jpg", "vase/IMG_0001.jpg"}
    assert "the watched folder itself" in run("watch", "captures", "-o", "captures", "--once").stderr


def test_results_in_the_watched_folder_itself_are_not_taken_for_photos_as_they_come(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    assert run("mask", "captures/vase", "-o", "captures", *QUICK).returncode == 0
    with Watch(tmp_path).begins() as watch:
        watch.until_complete("vase")
        put(watch.root / "masks" / "IMG_0009.jpg", photo(9))
        put(watch.root / "bowl" / "IMG_0008.jpg", photo(8))
        watch.until_complete("bowl")
        assert {event["photo"].split("/")[0] for event in watch.events("seen")} == {"vase", "bowl"}


def test_a_folder_that_may_not_be_read_is_left_alone(tmp_path: Path, fewer_rights: Callable[[], None] | None) -> None:
    with Watch(tmp_path, rights=fewer_rights).begins() as watch:
        put_some(watch.root / "vase", 1)
        watch.until_complete("vase")
        (watch.root / "locked").mkdir(mode=0)
        put_some(watch.root / "vase", 1, first=1)
        watch.until_complete("vase", times=2)
        assert watch.stop() == 0
        assert not watch.events("note")


def test_a_pass_that_may_not_be_read_any_more_is_waited_for(
    run: Run, tmp_path: Path, fewer_rights: Callable[[], None] | None
) -> None:
    handed = tmp_path / "handed"
    command = ("--layout", "colmap", "--on-capture", f"touch {handed}")
    put_some(tmp_path / "captures" / "vase" / "upright", 2)
    put_some(tmp_path / "captures" / "vase" / "flipped", 2, first=2)
    with Watch(tmp_path, *command, rights=fewer_rights, settings=(*QUICK, *SOON, "--scan-every", "0.3")) as watch:
        watch.until_complete("vase")
        watch.until(handed.exists)
        before = masks(watch.out)
        assert watch.stop() == 0
    handed.unlink()
    flipped = tmp_path / "captures" / "vase" / "flipped"
    flipped.chmod(0)
    once = run("watch", "captures", "-o", "out", "--once", *command, *QUICK, preexec_fn=fewer_rights)
    assert once.returncode == 3
    assert "vase/flipped cannot be read (Permission denied): its capture waits until it can be" in once.stderr
    assert not json.loads(run("status", "out", "--json").stdout)["captures"][0]["complete"]
    with Watch(tmp_path, *command, rights=fewer_rights, settings=(*QUICK, *SOON, "--scan-every", "0.3")) as watch:
        put_some(watch.root / "vase" / "upright", 1, first=4)
        watch.until(lambda: stages(watch.out).get("vase/upright/IMG_0004.jpg") == "done")
        time.sleep(2)
        assert not watch.events("complete")
        assert not handed.exists()
        assert before.items() < masks(watch.out).items()
        flipped.chmod(0o700)
        watch.until_complete("vase")
        watch.until(handed.exists)
        assert watch.stop() == 0
    assert set(stages(tmp_path / "out").values()) == {"done"}
    assert before.items() < masks(tmp_path / "out").items()
    assert len(masks(tmp_path / "out")) == 5


@pytest.mark.parametrize(("closed", "mode"), [("vase", 0), ("vase/flipped", 0), ("vase/flipped", 0o444)])
@pytest.mark.parametrize("begun", [False, True], ids=["before", "between"])
def test_a_folder_that_is_closed_while_its_photos_come_loses_nothing(
    tmp_path: Path, fewer_rights: Callable[[], None] | None, closed: str, mode: int, begun: bool
) -> None:
    later = ("--settle", "0.3", "--quiet", "4", "--complete-after", "1", "--scan-every", "0.3")
    with Watch(tmp_path, rights=fewer_rights, settings=(*QUICK, *later)).begins() as watch:
        for number, name in enumerate(("upright", "flipped")):
            put_some(watch.root / "vase" / name, 2, first=2 * number)
        watch.until(lambda: len(watch.events("seen")) == 4)
        if begun:
            watch.until(lambda: len(masks(watch.out)) == 4)
        (watch.root / closed).chmod(mode)
        watch.until(lambda: watch.events("note"))
        before = masks(watch.out)
        time.sleep(6)
        assert not watch.events("complete")
        assert before.items() <= masks(watch.out).items()
        assert psutil.Process(watch.process.pid).cpu_percent(1) < 50
        (watch.root / closed).chmod(0o700)
        watch.until_complete("vase", seconds=90)
        assert watch.stop() == 0
    assert set(stages(watch.out).values()) == {"done"}
    assert len(masks(watch.out)) == 4


@pytest.mark.parametrize(("closed", "mode"), [("vase", 0), ("vase/flipped", 0), ("vase/flipped", 0o444)])
def test_a_watch_once_ends_where_a_folder_is_closed(
    run: Run, tmp_path: Path, fewer_rights: Callable[[], None] | None, closed: str, mode: int
) -> None:
    later = ("--settle", "0.3", "--quiet", "60", "--scan-every", "0.3")
    with Watch(tmp_path, rights=fewer_rights, settings=(*QUICK, *later)).begins() as watch:
        for number, name in enumerate(("upright", "flipped")):
            put_some(watch.root / "vase" / name, 2, first=2 * number)
        watch.until(lambda: len(masks(watch.out)) == 4)
        assert watch.stop() == 0
    (tmp_path / "captures" / closed).chmod(mode)
    once = run("watch", "captures", "-o", "out", "--once", *QUICK, preexec_fn=fewer_rights)
    assert once.returncode == 3, once.stderr
    assert len(masks(tmp_path / "out")) == 4
    (tmp_path / "captures" / closed).chmod(0o700)
    assert run("watch", "captures", "-o", "out", "--once", *QUICK, preexec_fn=fewer_rights).returncode == 0
    assert set(stages(tmp_path / "out").values()) == {"done"}


def test_a_pipe_among_the_photos_is_none_of_them(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    os.mkfifo(tmp_path / "captures" / "vase" / "pipe.jpg")
    for _ in range(2):
        assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode in (0, 3)
        assert len(masks(tmp_path / "out")) == 2


def test_raw_and_jpeg_of_one_shot_are_one_shot_whichever_comes_first(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put(watch.root / "vase" / "IMG_1.CR2", b"II*\0raw" + bytes(500))
        put(watch.root / "vase" / "IMG_1.jpg", photo(1))
        put(watch.root / "vase" / "IMG_2.jpg", photo(2))
        watch.until_masked("vase/IMG_2.jpg")
        put(watch.root / "vase" / "IMG_2.CR2", b"II*\0raw" + bytes(501))
        watch.until_complete("vase")
    shots = {shot["photo"]: shot["companions"] for shot in manifest(watch.out, "vase")["shots"]}
    assert shots == {"IMG_1.jpg": ["IMG_1.CR2"], "IMG_2.jpg": ["IMG_2.CR2"]}


def test_photos_called_like_plates_are_masked_as_they_come_where_there_are_none(tmp_path: Path) -> None:
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, "--no-plates", settings=(*QUICK, *waiting)).begins() as watch:
        put(watch.root / "vase" / "plate_1.jpg", photo(1))
        put(watch.root / "empty" / "IMG_2.jpg", photo(2))
        watch.until_masked("vase/plate_1.jpg", "empty/IMG_2.jpg")
        for name in ("vase", "empty"):
            (watch.root / name / "done").touch()
        watch.until_complete("vase", "empty")
    assert set(masks(watch.out)) == {"vase/masks/plate_1.jpg.png", "empty/masks/IMG_2.jpg.png"}


def test_plates_are_those_that_the_passes_of_a_file_name(tmp_path: Path) -> None:
    put(tmp_path / "captures" / "vase" / "underside.toml", b'[passes]\nupright = ["plate*"]\nempty = ["room*"]\n')
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, settings=(*QUICK, *waiting)).begins() as watch:
        put(watch.root / "vase" / "room_1.jpg", photo(1))
        put(watch.root / "vase" / "plate_1.jpg", photo(2))
        watch.until_masked("vase/plate_1.jpg")
        watch.until(lambda: stages(watch.out)["vase/room_1.jpg"] == "plate")
        (watch.root / "vase" / "done").touch()
        watch.until_complete("vase")
    assert set(masks(watch.out)) == {"vase/masks/plate_1.jpg.png"}
