"""``underside watch`` from its first photo to its end: it leaves what the mask command leaves, however it was told."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from conftest import DEMO, Run
from watched import QUICK, SOON, Watch, leftovers, manifest, masks, photo, put, put_some, stages

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_a_watched_capture_ends_as_the_mask_command_leaves_it(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--layout", "colmap").begins() as watch:
        put_some(watch.root / "vase" / "upright", 5)
        watch.until_masked(*(f"vase/upright/IMG_{number:04}.jpg" for number in range(5)))
        put_some(watch.root / "vase" / "flipped", 5, first=5)
        put(watch.root / "vase" / "empty" / "plate.jpg", photo(99))
        watch.until_complete("vase")
        assert watch.stop() == 0
        assert len(watch.events("complete")) == 1
    assert run("mask", watch.root / "vase", "-o", "by-mask", *QUICK).returncode == 0
    assert manifest(watch.out, "vase") == manifest(tmp_path, "by-mask")
    by_mask = masks(tmp_path)
    assert {name.replace("vase/", "by-mask/", 1): content for name, content in masks(watch.out).items()} == by_mask
    assert set(stages(watch.out).values()) == {"done", "plate"}
    assert (watch.out / "vase" / "layouts" / "colmap" / "HOW-TO.txt").is_file()
    assert (watch.out / "vase" / "report.html").is_file()


def test_masks_that_a_further_pass_has_made_better_are_told_of_again(tmp_path: Path) -> None:
    upright, flipped = (sorted((DEMO / side).glob("*.JPG"))[:4] for side in ("upright", "flipped"))
    with Watch(tmp_path, "--complete-after", "600", settings=SOON).begins() as watch:
        for path in upright:
            put(watch.root / "figurine" / "upright" / path.name, path.read_bytes())
        done = {f"figurine/upright/{path.name}": "done" for path in upright}
        watch.until(lambda: stages(watch.out) == done)
        before, told = masks(watch.out), len(watch.events())
        for path in [*flipped, *(DEMO / "empty").glob("*.JPG")]:
            put(watch.root / "figurine" / path.parent.name / path.name, path.read_bytes())
        put(watch.root / "figurine" / "done", b"")
        watch.until_complete("figurine")
        told_since = {event["photo"]: event for event in watch.events()[told:] if event["event"] == "shot"}
        assert watch.stop() == 0
    changed = {name for name, content in masks(watch.out).items() if before.get(name) not in (None, content)}
    assert changed
    assert {name.replace("/masks/", "/").removesuffix(".png") for name in changed} <= told_since.keys()
    for shot in manifest(watch.out, "figurine")["shots"]:
        assert told_since[f"figurine/{shot['photo']}"]["verdict"] == shot["verdict"]


def test_a_mask_made_anew_with_the_same_verdict_is_told_once(run: Run, tmp_path: Path) -> None:
    for name in ("upright", "flipped"):
        shutil.copytree(DEMO / name, tmp_path / "captures" / "vase" / name)
    done = run("watch", "captures", "-o", "out", "--once", "--workers", "2")
    told = [line.split(" (")[0] for line in (done.stdout + done.stderr).splitlines() if line.startswith("vase/")]
    assert len(told) == len(set(told)), told


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_that_is_asked_to_stop_ends_well_and_soon(tmp_path: Path, end: signal.Signals) -> None:
    put_some(tmp_path / "captures" / "vase", 200)
    with Watch(tmp_path) as watch:
        watch.until(lambda: watch.events("shot"))
        watch.process.send_signal(end)
        assert watch.process.wait(60) == 0
    assert len(masks(watch.out)) < 200
    assert not leftovers(watch.out)


def test_once_tells_by_its_exit_code_that_some_failed(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 1)
    put(tmp_path / "captures" / "vase" / "broken.jpg", photo(2)[:-100])
    once = ("watch", "captures", "-o", "out", "--once", "--settle", "0.05", *QUICK)
    assert run(*once).returncode == 3


def test_polling_gives_the_same_end_state(tmp_path: Path) -> None:
    ends = []
    for how, options in (("notices", ()), ("polling", ("--poll",))):
        folder = tmp_path / how
        folder.mkdir()
        with Watch(folder, *options).begins() as watch:
            put_some(watch.root / "vase" / "upright", 3)
            watch.until_masked("vase/upright/IMG_0001.jpg")
            put_some(watch.root / "vase" / "flipped", 3, first=3)
            watch.until_complete("vase")
            ends.append((masks(watch.out), stages(watch.out)))
    assert ends[0] == ends[1]


def test_a_burst_of_some_hundred_files_is_all_masked(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 150)
        watch.until_complete("vase")
    assert len(masks(watch.out)) == 150
    assert set(stages(watch.out).values()) == {"done"}


def test_the_newest_shot_comes_first_where_that_is_asked_for(tmp_path: Path) -> None:
    now = time.time()
    for number, path in enumerate(put_some(tmp_path / "captures" / "vase", 9)):
        os.utime(path, (now + number - 30, now + number - 30))
    with Watch(tmp_path, "--newest-first", "--quiet", "600", "--workers", "1") as watch:
        watch.until(lambda: len(watch.events("shot")) == 9)
        names = [event["photo"] for event in watch.events("shot")]
    # The first ones are taken before all have settled.
    assert names[-6:] == sorted(names[-6:], reverse=True)


def test_the_table_is_whole_where_there_is_no_terminal_and_has_no_empty_columns(run: Run, tmp_path: Path) -> None:
    name = "a vase that somebody has called by all that there is to be said of it, its owner and its place"
    put_some(tmp_path / "captures" / name / "upright", 1)
    put_some(tmp_path / "captures" / name / "flipped", 1, first=1)
    assert run("watch", "captures", "-o", "out", "--once", *QUICK).returncode == 0
    _, heading, row = run("status", "out").stdout.splitlines()[:3]
    assert heading.split() == ["capture", "passes", "masked", "verdicts"]
    assert row.startswith(f"{name}  ")
    assert row.rstrip().endswith(("complete", "insufficient", "good"))
    assert "…" not in row
