"""``underside watch``: photos come into a folder in all the ways that cameras and people have, masks come out."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DEMO, Run
from PIL import Image
from tiny_networks import brightness
from watched import QUICK, SOON, Watch, leftovers, manifest, masks, photo, put, put_some, stages

from underside.outfolder import alone_in
from underside.watch import notices
from underside.watch.lock import held_by, watching_alone
from underside.watch.status import read_status

if sys.platform != "win32":
    import fcntl

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
    assert told.count("vase/IMG_1.jpg is incomplete or cannot be read yet: it will be tried again automatically") == 1


def test_a_mask_made_anew_with_the_same_verdict_is_told_once(run: Run, tmp_path: Path) -> None:
    for name in ("upright", "flipped"):
        shutil.copytree(DEMO / name, tmp_path / "captures" / "vase" / name)
    done = run("watch", "captures", "-o", "out", "--once", "--workers", "2")
    told = [line.split(" (")[0] for line in (done.stdout + done.stderr).splitlines() if line.startswith("vase/")]
    assert len(told) == len(set(told)), told


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


def test_a_renamed_photo_takes_its_mask_along_and_what_a_hand_has_made_of_it(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        by_hand = watch.out / "vase" / "masks" / "IMG_0001.jpg.png"
        by_hand.write_bytes((watch.out / "vase" / "masks" / "IMG_0000.jpg.png").read_bytes())
        edited = by_hand.read_bytes()
        (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / "vase" / "front.jpg")
        (watch.root / "bowl").mkdir()
        (watch.root / "vase" / "IMG_0001.jpg").rename(watch.root / "bowl" / "left.jpg")
        watch.until_complete("vase", times=2)
        watch.until_complete("bowl")
        told = {(event["before"], event["photo"]) for event in watch.events("moved")}
        assert told == {("vase/IMG_0000.jpg", "vase/front.jpg"), ("vase/IMG_0001.jpg", "bowl/left.jpg")}
        # None of them was masked anew; that one was changed by hand was found out on the way.
        assert [event["state"] for event in watch.events("shot")] == ["masked", "masked", "by hand"]
    assert set(masks(watch.out)) == {"vase/masks/front.jpg.png", "bowl/masks/left.jpg.png"}
    assert (watch.out / "bowl" / "masks" / "left.jpg.png").read_bytes() == edited
    assert stages(watch.out) == {"vase/front.jpg": "done", "bowl/left.jpg": "by hand"}


@pytest.mark.parametrize(("locked", "target"), [("vase", "vase"), ("bowl", "bowl"), ("vase", "bowl")])
def test_a_mask_that_cannot_go_along_yet_keeps_no_other_capture(tmp_path: Path, locked: str, target: str) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        put_some(watch.root / "bowl", 2, first=2)
        watch.until_complete("vase", "bowl")
        before = masks(watch.out)
        with alone_in(watch.out / locked):  # as another run
            (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / target / "front.jpg")
            watch.until(lambda: watch.events("note"))
            put_some(watch.root / "cup", 2, first=4)
            watch.until_complete("cup")
            assert not watch.events("moved")
        watch.until_complete(target, times=2)
        (note,) = watch.events("note")
        assert watch.stop() == 0
    assert note["text"].startswith(
        f"{target} has to wait: Another run of Underside is writing into {watch.out}/{locked}"
    )
    moved = before.pop("vase/masks/IMG_0000.jpg.png")
    assert before.items() < masks(watch.out).items()
    assert masks(watch.out)[f"{target}/masks/front.jpg.png"] == moved
    assert len(watch.events("shot")) == 6


def test_a_photo_whose_new_name_is_too_long_for_a_mask_keeps_no_other(tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "0.05").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        long = f"{'n' * 249}.jpg"
        (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / "vase" / long)
        put_some(watch.root / "bowl", 1, first=2)
        watch.until_complete("vase", times=2)
        watch.until_complete("bowl")
        assert not watch.events("note")
        assert "the name is too long for that disk" in watch.events("failed")[-1]["reason"]
        assert watch.stop() == 0
    assert stages(watch.out) == {"vase/IMG_0001.jpg": "done", f"vase/{long}": "set aside", "bowl/IMG_0002.jpg": "done"}


def test_a_deleted_photo_is_noted_and_its_mask_kept(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        (watch.root / "vase" / "IMG_0001.jpg").unlink()
        watch.until_complete("vase", times=2)
        assert len(masks(watch.out)) == 2
        assert len(manifest(watch.out, "vase")["shots"]) == 1
        assert json.loads(run("status", watch.out, "--json").stdout)["gone"] == 1
        # Another photo under its name does not take the old mask for one made by hand.
        put(watch.root / "vase" / "IMG_0001.jpg", photo(50))
        watch.until_complete("vase", times=3)
    assert [shot["state"] for shot in manifest(watch.out, "vase")["shots"]] == ["masked", "masked"]


def test_a_photo_deleted_before_it_was_read_is_forgotten(tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "1").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until(lambda: len(watch.events("seen")) == 2)
        (watch.root / "vase" / "IMG_0001.jpg").unlink()
        watch.until_complete("vase")
        assert not watch.events("failed")
    assert set(masks(watch.out)) == {"vase/masks/IMG_0000.jpg.png"}


def test_a_mask_edited_by_hand_is_kept_through_redos_and_shown(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--scan-every", "0.5").begins() as watch:
        put_some(watch.root / "vase", 4)
        watch.until_complete("vase")
        mask = watch.out / "vase" / "masks" / "IMG_0002.jpg.png"
        edited = (watch.out / "vase" / "masks" / "IMG_0000.jpg.png").read_bytes()
        mask.write_bytes(edited)
        watch.until_complete("vase", times=2)
        put_some(watch.root / "vase", 1, first=4)
        watch.until_complete("vase", times=3)
        assert "IMG_0002.jpg: by hand" in run("status", watch.out).stdout
    assert mask.read_bytes() == edited
    assert stages(watch.out)["vase/IMG_0002.jpg"] == "by hand"


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


def test_a_second_watch_names_the_first_and_a_stale_lock_is_taken_over(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        second = run("watch", watch.root, "-o", watch.out, *QUICK)
        assert second.returncode == 2
        assert f"(process {watch.process.pid})" in second.stderr
        assert f"watched by process {watch.process.pid}" in run("status", watch.out).stdout
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait()
    assert "not being watched" in run("status", watch.out).stdout
    # As after a power cut: another process has its number.
    told = watch.out / ".underside" / "watch.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"pid": os.getpid()}))
    assert "not being watched" in run("status", watch.out).stdout
    assert run("watch", watch.root, "-o", watch.out, "--once", *QUICK).returncode == 0


def test_a_watch_that_starts_while_somebody_asks_who_watches_is_not_refused(tmp_path: Path) -> None:
    lock = tmp_path / "out" / ".underside" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as a status does, for a moment
        soon = threading.Timer(0.1, lambda: fcntl.flock(asking, fcntl.LOCK_UN))
        soon.start()
        with watching_alone(tmp_path / "out", tmp_path / "captures"):
            watcher = held_by(tmp_path / "out")
        soon.join()
    assert watcher is not None
    assert watcher.pid == os.getpid()


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


def test_a_burst_of_some_hundred_files_is_all_masked(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 150)
        watch.until_complete("vase")
    assert len(masks(watch.out)) == 150
    assert set(stages(watch.out).values()) == {"done"}


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


def test_the_limit_for_large_photos_is_that_of_their_capture(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    put_some(tmp_path / "captures" / "bowl", 1, first=2)
    (tmp_path / "captures" / "underside.toml").write_text("max-megapixels = 0.01\n")
    (tmp_path / "captures" / "vase" / "underside.toml").write_text("max-megapixels = 1\n")
    once = ("watch", "captures", "-o", "out", "--once", "--events", "--settle", "0.05", *QUICK)
    done = run(*once, timeout=90)
    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["photo"] for event in events if event["event"] == "failed"} == {"bowl/IMG_0002.jpg"}
    assert len(masks(tmp_path / "out")) == 2


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


def test_a_renamed_capture_takes_all_its_masks_along(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase" / "upright", 4)
        watch.until_complete("vase")
        before = masks(watch.out)
        (watch.root / "vase").rename(watch.root / "amphora")
        watch.until_complete("amphora")
        watch.until(lambda: not (watch.out / "vase").exists())
        assert len(watch.events("shot")) == 4
    assert masks(watch.out) == {name.replace("vase", "amphora"): content for name, content in before.items()}


def test_a_renamed_capture_leaves_nothing_behind_and_is_no_loss(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--cutout", "black").begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        cutouts = {path.name: path.read_bytes() for path in (watch.out / "vase" / "cutouts").iterdir()}
        (watch.out / "vase" / "layouts" / "colmap").mkdir(parents=True)
        (watch.root / "vase").rename(watch.root / "amphora")
        watch.until_complete("amphora")
        watch.until(lambda: not (watch.out / "vase").exists(), seconds=20)
        assert "not there any more" not in run("status", watch.out).stdout
        (watch.root / "amphora" / "IMG_0001.jpg").unlink()
        watch.until_complete("amphora", times=2)
        assert json.loads(run("status", watch.out, "--json").stdout)["gone"] == 1
    assert {path.name: path.read_bytes() for path in (watch.out / "amphora" / "cutouts").iterdir()} == cutouts


def test_the_newest_shot_comes_first_where_that_is_asked_for(tmp_path: Path) -> None:
    now = time.time()
    for number, path in enumerate(put_some(tmp_path / "captures" / "vase", 9)):
        os.utime(path, (now + number - 30, now + number - 30))
    with Watch(tmp_path, "--newest-first", "--quiet", "600", "--workers", "1") as watch:
        watch.until(lambda: len(watch.events("shot")) == 9)
        names = [event["photo"] for event in watch.events("shot")]
    # The first ones are taken before all have settled.
    assert names[-6:] == sorted(names[-6:], reverse=True)


def test_settings_in_a_capture_hold_for_it_and_a_mistake_there_stops_no_other(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    (tmp_path / "captures" / "vase" / "underside.toml").write_text("grow = 3\n")
    put_some(tmp_path / "captures" / "bowl", 2)
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "cup", 1)
        (watch.root / "cup" / "underside.toml").write_text("grwo = 3\n")
        watch.until_complete("vase", "bowl")
        watch.until(lambda: any("Is it grow" in event["text"] for event in watch.events("note")))
        (watch.root / "cup" / "underside.toml").unlink()
        watch.until_complete("cup")
    grown = {name: manifest(watch.out, name)["engines"] for name in ("vase", "bowl")}
    assert [engine["grow"] for name in grown for engine in grown[name].values()] == [3, 0]


def test_settings_that_change_while_a_capture_is_open_hold_from_then_on(tmp_path: Path) -> None:
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, settings=(*QUICK, *waiting)).begins() as watch:
        put(watch.root / "vase" / "IMG_0000.jpg", photo(0))
        watch.until_masked("vase/IMG_0000.jpg")
        (watch.root / "vase" / "underside.toml").write_text("grow = 12\n")
        time.sleep(3)  # the file is read again after two
        put(watch.root / "vase" / "IMG_0001.jpg", photo(0) + b"other")
        watch.until_masked("vase/IMG_0001.jpg")
        usual, grown = (Image.open(path).histogram()[255] for path in sorted(watch.out.glob("vase/masks/*.png")))
        assert grown > 1.5 * usual
        (watch.root / "vase" / "done").touch()
        watch.until_complete("vase")
    assert [engine["grow"] for engine in manifest(watch.out, "vase")["engines"].values()] == [12]


def test_a_mistake_in_a_file_of_settings_harms_no_shot_in_flight(tmp_path: Path) -> None:
    # Large enough that some are in flight whenever the file is read.
    picture = np.random.default_rng(1).integers(0, 60, (1800, 2400, 3)).astype(np.uint8)
    picture[600:1200, 600:1800] = 220
    large = cv2.imencode(".jpg", picture)[1].tobytes()
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, "--cutout", "black", settings=(*QUICK, *waiting)).begins() as watch:
        settings = watch.root / "vase" / "underside.toml"
        for number in range(10):
            put(watch.root / "vase" / f"IMG_{number:04}.jpg", large + bytes(number))
        watch.until(lambda: watch.events("shot"))
        settings.write_text("grwo = 3\n")
        watch.until(lambda: watch.events("note"))
        settings.unlink()
        watch.until(lambda: len({event["photo"] for event in watch.events("shot")}) == 10)
        assert not watch.events("failed")


@pytest.mark.parametrize(
    ("kind", "polls"),
    [
        ("ext4", False),
        ("nfs4", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("fuse", True),
        ("fuseblk", False),
        ("9p", True),
    ],
)
def test_file_systems_without_notices_are_looked_through(
    tmp_path: Path, kind: str, polls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "a share"
    share.mkdir()
    mounts = tmp_path / "mounts"
    place = str(share.resolve()).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {place} {kind} rw 0 0\n")
    assert notices.file_system_of(share / "below", mounts) == kind
    assert notices.file_system_of(tmp_path, mounts) == "ext4"
    monkeypatch.setattr(notices, "file_system_of", lambda _: kind)
    assert bool(notices.why_to_poll(share)) is polls


def test_folders_that_come_within_new_ones_are_noticed_without_a_word(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from underside.watch.notices import Notices\n"
        "with Notices(Path(sys.argv[1]), lambda path, is_folder: None):\n"
        "    for name in map(str, range(300)):\n"
        "        Path(sys.argv[1], name, 'a', 'b', 'c').mkdir(parents=True)\n"
        "    time.sleep(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""


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
