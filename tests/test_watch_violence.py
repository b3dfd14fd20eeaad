"""``underside watch`` under violence: killed at any moment, its output taken away, its disk full, journal broken."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, Watch, leftovers, manifest, masks, put, put_some, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_twenty_five_kills_at_random_moments_lose_nothing_and_double_nothing(run: Run, tmp_path: Path) -> None:
    dice = random.Random(7)
    undisturbed, root = tmp_path / "undisturbed", tmp_path / "captures"
    photos = [("vase/upright", 10, 0), ("vase/flipped", 10, 10), ("bowl", 12, 20), ("cup/pass 1", 8, 40)]
    for folder, count, first in photos:
        put_some(undisturbed / folder, count, first=first)
    assert run("watch", undisturbed, "-o", "right", "--once", *QUICK).returncode == 0
    coming = [path.relative_to(undisturbed) for path in sorted(undisturbed.rglob("*.jpg"))]
    done: set[str] = set()
    for _ in range(25):
        # Whichever of them finishes a capture must be able to prove it, as the undisturbed one is.
        with Watch(tmp_path, "--settle", "0.1", "--quiet", "0.4", "--complete-after", "0.4", proof=True) as watch:
            watch.until(lambda watch=watch: watch.events("started"))  # type: ignore[misc]
            for relative in coming[:2]:
                put(root / relative, (undisturbed / relative).read_bytes())
            del coming[:2]
            time.sleep(dice.uniform(0.0, 0.5))
            watch.process.send_signal(signal.SIGKILL)
            watch.process.wait()
            # What the journal called done before is not done again.
            assert not done & {event["photo"] for event in watch.events("shot") if not event["alone"]}
        done = {name for name, stage in stages(watch.out).items() if stage == "done"}
    for relative in coming:
        put(root / relative, (undisturbed / relative).read_bytes())
    assert run("watch", root, "-o", "out", "--once", *QUICK).returncode == 0
    out, right = tmp_path / "out", tmp_path / "right"
    assert masks(out) == masks(right)
    assert len(masks(out)) == 40
    assert set(stages(out).values()) == {"done"}
    assert stages(out) == stages(right)
    for capture in ("vase", "bowl", "cup"):
        ended = manifest(out, capture) | {"capture": ""}
        assert ended == manifest(right, capture) | {"capture": ""}
    assert not leftovers(out)


def test_a_damaged_journal_is_set_aside_and_made_again_without_masking_anything_twice(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 3)
    once = ("watch", "captures", "-o", "out", "--once", "--events", *QUICK)
    assert run(*once).returncode == 0
    journal = tmp_path / "out" / ".underside" / "journal.sqlite"
    before = stages(tmp_path / "out")
    journal.write_bytes(b"this is no journal" * 400)
    again = run(*once)
    assert again.returncode == 0, again.stderr
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert not [event for event in events if event["event"] == "shot"]
    assert any("damaged" in event["text"] for event in events if event["event"] == "note")
    assert len(list(journal.parent.glob("journal-damaged-*.sqlite"))) == 1
    assert stages(tmp_path / "out") == before


def test_a_journal_that_breaks_under_way_is_made_again(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        written = {path: path.stat().st_mtime_ns for path in watch.out.glob("vase/masks/*.png")}
        (watch.out / ".underside" / "journal.sqlite").unlink()
        watch.until(lambda: watch.events("note"))
        put_some(watch.root / "vase", 1, first=3)
        watch.until_masked("vase/IMG_0003.jpg")
        watch.until_complete("vase", times=2)
        # That they are done may be reported again; they are not masked again.
        assert {path: path.stat().st_mtime_ns for path in written} == written
        assert len(written) == 3
    assert set(stages(watch.out).values()) == {"done"}


def test_an_output_folder_that_is_removed_under_way_is_made_anew(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        before = masks(watch.out)
        shutil.rmtree(watch.out)
        watch.until(lambda: (watch.out / "vase" / "report.html").exists() and masks(watch.out) == before)


def test_what_stands_in_the_outputs_place_is_told_and_waited_for(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 1)
        watch.until_complete("vase")
        watch.out.rename(tmp_path / "moved away")
        watch.out.write_text("not a folder")
        watch.until(lambda: any("waiting until that is fixed" in event["text"] for event in watch.events("note")))
        watch.out.unlink()
        watch.until(lambda: masks(watch.out))


def a_file(out: Path) -> None:
    out.write_bytes(b"")


def a_manifest_that_is_none(out: Path) -> None:
    out.mkdir()
    (out / "capture.json").write_text("{")


def a_manifest_of_later(out: Path) -> None:
    out.mkdir()
    (out / "capture.json").write_text('{"format": 99}')


def a_folder_for_a_page(out: Path) -> None:
    (out / "report.html" / "mine").mkdir(parents=True)


def a_locked_folder(out: Path) -> None:
    out.mkdir(mode=0o555)


@pytest.mark.parametrize(
    "stands", [a_file, a_manifest_that_is_none, a_manifest_of_later, a_folder_for_a_page, a_locked_folder]
)
def test_what_stands_in_the_place_of_one_captures_results_keeps_no_other(
    tmp_path: Path, stands: Callable[[Path], None], fewer_rights: Callable[[], None] | None
) -> None:
    (tmp_path / "out").mkdir()
    stands(tmp_path / "out" / "bowl")
    with Watch(tmp_path, rights=fewer_rights).begins() as watch:
        put_some(watch.root / "bowl", 2)
        watch.until(lambda: watch.events("note"))
        put_some(watch.root / "vase", 2, first=2)
        watch.until_complete("vase")
        assert all(event["text"].startswith("bowl has to wait: ") for event in watch.events("note"))
        (watch.out / "bowl").rename(tmp_path / "mine")
        watch.until_complete("bowl")
        assert watch.stop() == 0
    assert len(masks(watch.out)) == 4


def test_masks_that_were_removed_are_made_again(tmp_path: Path) -> None:
    with Watch(tmp_path, "--scan-every", "0.5").begins() as watch:
        put_some(watch.root / "vase", 3)
        put_some(watch.root / "bowl", 2, first=5)
        watch.until_complete("vase", "bowl")
        before = masks(watch.out)
        (watch.out / "vase" / "masks" / "IMG_0001.jpg.png").unlink()
        shutil.rmtree(watch.out / "bowl")
        watch.until(lambda: masks(watch.out) == before)
        watch.until_complete("vase", "bowl", times=2)


def test_a_watched_folder_that_is_away_for_a_while_loses_nothing(tmp_path: Path) -> None:
    with Watch(tmp_path, "--scan-every", "0.3").begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        before = stages(watch.out)
        watch.root.rename(tmp_path / "away")
        watch.until(lambda: any("cannot be read" in event["text"] for event in watch.events("note")))
        (tmp_path / "away").rename(watch.root)
        watch.until(lambda: any("is back" in event["text"] for event in watch.events("note")))
        put_some(watch.root / "vase", 1, first=3)
        watch.until_complete("vase", times=2)
        assert len(watch.events("shot")) == 4
    assert before.items() <= stages(watch.out).items()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    disk = tmp_path / "out"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root, on Linux, where mounting is allowed")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_watch_on_a_full_disk_waits_for_space_and_goes_on(tmp_path: Path, small_disk: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        filling = small_disk / "filling"
        handle = os.open(filling, os.O_WRONLY | os.O_CREAT)
        with suppress(OSError):
            while True:
                os.write(handle, bytes(4096))
        os.close(handle)
        put_some(watch.root / "vase", 4, first=2)
        watch.until(lambda: any("full" in event["text"] for event in watch.events("note")))
        time.sleep(1)
        filling.unlink()
        watch.until_complete("vase", times=2)
        assert watch.stop() == 0
    assert len(masks(watch.out)) == 6
    assert set(stages(watch.out).values()) == {"done"}
