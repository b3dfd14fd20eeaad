"""Sets: all passes of a capture in one folder, under names that do not meet, as the very same files."""

import errno
import hashlib
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Run, shots
from finished_folder import HEIGHT, WIDTH, files, letter, pixels, write_photo
from PIL import Image
from prepared_sets import SAME_NAMES, TWO_PASSES, keeping, masked, stamps, table

from underside.layouts import check_folder
from underside.manifest import save
from underside.png import encode_png
from underside.prepare import PROGRAMS, PrepareOptions, make, prepare
from underside.prepare.files import bring


def test_passes_with_the_same_names_get_their_pass_in_front(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert files(tmp_path / "set") == {
        "images/upright_0001.jpg",
        "images/flipped_0001.jpg",
        "masks/upright_0001.jpg.png",
        "masks/flipped_0001.jpg.png",
        "run-colmap.sh",
        "run-colmap.bat",
        "prepared.json",
        "HOW-TO.txt",
    }
    assert done.passes == {"upright": 1, "flipped": 1}
    assert any("upright_0001.jpg for upright/0001.jpg" in note for note in done.notes)


def test_names_that_do_not_meet_stay_as_they_are(tmp_path: Path) -> None:
    finished = masked(tmp_path, TWO_PASSES)
    prepare(finished.out, tmp_path / "set", "metashape")
    assert files(tmp_path / "set") >= {"images/DSC_0001.JPG", "images/DSC_0019.JPG", "masks/DSC_0001_mask.png"}


def test_the_table_has_old_and_new_names(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "realityscan")
    shots = table(tmp_path / "set")["shots"]
    assert isinstance(shots, list)
    assert [(shot["photo"], shot["pass"], shot["prepared"], shot["mask"]) for shot in shots] == [
        ("upright/0001.jpg", "upright", "images/upright_0001.jpg", "images/upright_0001.jpg.mask.png"),
        ("flipped/0001.jpg", "flipped", "images/flipped_0001.jpg", "images/flipped_0001.jpg.mask.png"),
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_check_finds_nothing_wrong_with_a_set(tmp_path: Path, name: str) -> None:
    finished = masked(tmp_path, orientation=6)
    prepare(finished.out, tmp_path / "set", name)
    (report,) = check_folder(tmp_path / "set", layout=name)
    assert (report.photos, report.fine) == (2, True)


@pytest.mark.parametrize("name", ["metashape", "meshroom", "colmap", "realityscan"])
def test_photos_and_masks_take_no_room_and_are_not_touched(tmp_path: Path, name: str) -> None:
    finished = masked(tmp_path, orientation=8)
    before = stamps(finished.capture) | stamps(finished.out)
    prepare(finished.out, tmp_path / "set", name)
    assert (tmp_path / "set/images/upright_0001.jpg").samefile(finished.capture / "upright/0001.jpg")
    (mask,) = (path for path in (tmp_path / "set").rglob("upright*.png"))
    assert mask.samefile(finished.out / "masks/upright/0001.jpg.png")
    assert stamps(finished.capture) | stamps(finished.out) == before


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need a privilege on Windows")
def test_a_photo_that_is_a_symbolic_link_comes_as_a_file(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    photo = finished.capture / "upright/0001.jpg"
    photo.rename(tmp_path / "elsewhere.jpg")
    photo.symlink_to(tmp_path / "elsewhere.jpg")
    prepare(finished.out, tmp_path / "set", "colmap")
    assert stat.S_ISREG((tmp_path / "set/images/upright_0001.jpg").lstat().st_mode)


def test_copies_are_other_files_where_they_are_asked_for(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    done = prepare(finished.out, tmp_path / "set", "colmap", PrepareOptions(copies=True))
    original, copy = finished.capture / "upright/0001.jpg", tmp_path / "set/images/upright_0001.jpg"
    assert not copy.samefile(original)
    assert (copy.read_bytes(), copy.stat().st_mtime_ns) == (original.read_bytes(), original.stat().st_mtime_ns)
    assert not (tmp_path / "set/masks/upright_0001.jpg.png").samefile(finished.out / "masks/upright/0001.jpg.png")
    assert not any("hard links" in note for note in done.notes)


def test_another_disk_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    finished = masked(tmp_path)
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert [note for note in done.notes if "hard links" in note] == [
        f"Copied, because hard links cannot reach from their disk to that of {tmp_path / 'set'}: all 2 photos"
    ]
    assert (tmp_path / "set/images/upright_0001.jpg").read_bytes() == (
        finished.capture / "upright/0001.jpg"
    ).read_bytes()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_second_run_changes_nothing(tmp_path: Path, name: str) -> None:
    finished = masked(tmp_path, orientation=6)
    prepare(finished.out, tmp_path / "set", name, keeping("0,0,5,5"))
    before = stamps(tmp_path / "set")
    done = prepare(finished.out, tmp_path / "set", name, keeping("0,0,5,5"))
    assert (done.written, done.removed) == (0, 0)
    assert stamps(tmp_path / "set") == before


def test_only_what_is_new_is_written_and_what_is_gone_is_removed(tmp_path: Path) -> None:
    finished = masked(tmp_path, [*TWO_PASSES, "flipped/DSC_0020.JPG"])
    prepare(finished.out, tmp_path / "set", "opendronemap")
    before = stamps(tmp_path / "set")
    by_hand = np.zeros((HEIGHT, WIDTH), np.uint8)
    by_hand[10:20, 10:20] = 255
    Image.fromarray(by_hand).save(finished.out / "masks/upright/DSC_0001.JPG.png")
    (finished.capture / "flipped/DSC_0020.JPG").unlink()
    save(replace(finished.manifest, shots=finished.manifest.shots[:2]), finished.out)
    done = prepare(finished.out, tmp_path / "set", "opendronemap")
    after = stamps(tmp_path / "set")
    changed = {name for name in after if after[name] != before.get(name)} - {"prepared.json", "HOW-TO.txt"}
    assert changed == {"images/DSC_0001.JPG", "images/DSC_0001_mask.png"}
    assert set(before) - set(after) == {"images/DSC_0020.JPG", "images/DSC_0020_mask.png"}
    assert done.removed == 2
    np.testing.assert_array_equal(pixels(tmp_path / "set/images/DSC_0001_mask.png"), by_hand)


def test_an_interrupted_run_is_known_as_half_and_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = masked(tmp_path)

    def interrupted(sources: object, member: object, opened: object) -> str:
        if "flipped" in str(member):
            raise KeyboardInterrupt
        return bring(sources, member, opened)  # type: ignore[arg-type]

    monkeypatch.setattr(make, "bring", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(finished.out, tmp_path / "set", "colmap")
    monkeypatch.undo()
    assert not (tmp_path / "set/HOW-TO.txt").exists()
    assert table(tmp_path / "set")["whole"] is False
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert done.passes == {"upright": 1, "flipped": 1}
    assert table(tmp_path / "set")["whole"] is True
    assert (tmp_path / "set/HOW-TO.txt").exists()


def test_what_colmap_has_made_of_older_masks_is_told_of(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    (tmp_path / "set/database.db").write_bytes(b"features")
    assert not any("database.db" in note for note in prepare(finished.out, tmp_path / "set", "colmap").notes)
    done = prepare(finished.out, tmp_path / "set", "colmap", keeping("0,0,5,5"))
    assert any("delete it" in note for note in done.notes)
    assert (tmp_path / "set/database.db").read_bytes() == b"features"


def test_commands_that_a_person_has_changed_stay_so(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    (tmp_path / "set/run-colmap.sh").write_text("mine")
    for options in (keeping(), keeping("upright=0,0,5,5")):
        done = prepare(finished.out, tmp_path / "set", "colmap", options)
        assert (tmp_path / "set/run-colmap.sh").read_text() == "mine"
        assert any("made again): run-colmap.sh" in note for note in done.notes)
    (tmp_path / "set/run-colmap.sh").unlink()
    prepare(finished.out, tmp_path / "set", "colmap")
    assert "exhaustive_matcher" in (tmp_path / "set/run-colmap.sh").read_text()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_mask_that_a_person_has_changed_in_the_set_stays_so(tmp_path: Path, name: str) -> None:
    finished = masked(tmp_path, TWO_PASSES, orientation=6)
    prepare(finished.out, tmp_path / "set", name)
    (mask,) = (path for path in (tmp_path / "set").rglob("*.png") if "0001" in path.name)
    made = mask.read_bytes()
    by_hand = np.full(pixels(mask).shape, 255, np.uint8)
    # As most programs for pictures save: beside it, and then in its place.
    Image.fromarray(by_hand).save(tmp_path / "new.png")
    (tmp_path / "new.png").replace(mask)
    for options in (keeping(), keeping("upright=0,0,5,5")):
        done = prepare(finished.out, tmp_path / "set", name, options)
        np.testing.assert_array_equal(pixels(mask), by_hand)
        assert any(f"made again): {mask.relative_to(tmp_path / 'set').as_posix()}" in note for note in done.notes)
    mask.unlink()
    assert not any("made again)" in note for note in prepare(finished.out, tmp_path / "set", name).notes)
    assert mask.read_bytes() == made


def test_a_mask_changed_through_its_link_is_taken_as_it_is_now(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    mask = tmp_path / "set/masks/upright_0001.jpg.png"
    Image.fromarray(np.full((HEIGHT, WIDTH), 255, np.uint8)).save(tmp_path / "new.png")
    mask.write_bytes((tmp_path / "new.png").read_bytes())
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert not any("made again)" in note for note in done.notes)
    assert pixels(mask).all()


def test_a_set_that_was_copied_without_its_times_is_brought_up_to_date(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    for path in (tmp_path / "set/masks").iterdir():
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    done = prepare(finished.out, tmp_path / "set", "colmap", keeping("upright=0,0,5,5"))
    assert not any("made again)" in note for note in done.notes)
    assert pixels(tmp_path / "set/masks/upright_0001.jpg.png")[:5, :5].all()


def test_the_command_says_what_it_did_and_what_comes_next(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path)
    done = run("prepare", finished.out, "--for", "meshroom", "-o", tmp_path / "set", "--keep-region", "upright=0,0,4,4")
    assert done.returncode == 0, done.stderr
    assert "2 shots for meshroom: 1 upright, 1 flipped" in done.stdout
    assert f"Folder: {tmp_path / 'set'}" in done.stdout
    assert hashlib.sha256((tmp_path / "set/images/upright_0001.jpg").read_bytes()).hexdigest() == (
        finished.manifest.shots[0].sha256
    )
    again = run(
        "prepare", finished.out, "--for", "meshroom", "-o", tmp_path / "set", "--keep-region", "upright=0,0,4,4"
    )
    assert "Nothing has changed since the last time" in again.stdout


@pytest.mark.parametrize("program", ["colmap", "opendronemap"])
def test_a_photo_that_a_person_has_replaced_in_the_set_stays_and_is_named(tmp_path: Path, program: str) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", program)
    photo = tmp_path / "set/images/upright_0001.jpg"
    photo.unlink()
    write_photo(photo, seed=77)
    theirs = photo.read_bytes()
    for _ in range(2):
        done = prepare(finished.out, tmp_path / "set", program)
        assert photo.read_bytes() == theirs
        (note,) = (note for note in done.notes if note.startswith("Changed since Underside wrote it"))
        assert note.endswith(": images/upright_0001.jpg")
    photo.unlink()
    done = prepare(finished.out, tmp_path / "set", program)
    assert photo.is_file()
    assert not any(note.startswith("Changed since") for note in done.notes)


def test_a_mask_that_a_person_has_changed_stays_though_its_shot_goes(tmp_path: Path) -> None:
    finished = masked(tmp_path, [*SAME_NAMES, "upright/0002.jpg"])
    prepare(finished.out, tmp_path / "set", "colmap")
    mask, other = (tmp_path / f"set/masks/upright_{name}.jpg.png" for name in ("0002", "0001"))
    mask.unlink()
    mask.write_bytes(encode_png(letter(seed=4)))
    theirs = mask.read_bytes()
    save(replace(finished.manifest, shots=finished.manifest.shots[1:2]), finished.out)
    for _ in range(2):
        done = prepare(finished.out, tmp_path / "set", "colmap")
        assert mask.read_bytes() == theirs
        assert any(note.endswith(": masks/upright_0002.jpg.png") for note in done.notes)
        assert not other.exists()


@pytest.mark.parametrize("program", ["metashape", "opendronemap"])
def test_a_set_that_is_older_than_its_masks_is_not_called_fine(run: Run, tmp_path: Path, program: str) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", program)
    check = ("check-layout", "set", "--layout", program)
    assert run(*check).returncode == 0
    mask = finished.out / "masks/upright/0001.jpg.png"
    mask.unlink()
    mask.write_bytes(encode_png(letter(seed=4)))
    done = run(*check)
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()[1:]
    assert line.split()[:2] == ["upright_0001.jpg", "old"]
    assert line.endswith(f"It is older than {mask}: run underside prepare again")
    prepare(finished.out, tmp_path / "set", program)
    assert run(*check).returncode == 0


def test_a_set_of_before_its_table_said_what_masks_were_made_of_is_checked_and_proven(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    content = json.loads((tmp_path / "set/prepared.json").read_text())
    for shot in content["shots"]:
        del shot["mask_of"]
    (tmp_path / "set/prepared.json").write_text(json.dumps(content))
    check = run("check-layout", "set", "--layout", "colmap")
    assert check.returncode == 0, check.stderr
    assert "prepared.json" not in run("prove", "set").stderr
    prepare(finished.out, tmp_path / "set", "colmap")
    assert "mask_of" in (tmp_path / "set/prepared.json").read_text()


@pytest.mark.parametrize("program", ["meshroom", "metashape"])
def test_a_set_is_not_taken_for_photos(run: Run, tmp_path: Path, program: str) -> None:
    photos = [f"{name}/IMG_{number}.jpg" for name in ("upright", "flipped") for number in range(2)]
    finished = masked(tmp_path, photos)
    assert run("prepare", finished.out, "--for", program, "-o", "set").returncode == 0
    shutil.move(tmp_path / "set", finished.capture / "set")
    done = run("mask", finished.capture, "-o", "again", "--segmenter", "threshold")
    assert "set was skipped, with 4 photos in it: it holds Underside's results" in done.stdout
    assert set(shots(tmp_path / "again")) == set(photos)
    assert "4 shots in 2 passes" in run("capture", finished.capture).stdout.replace("\N{NO-BREAK SPACE}", " ")
    run("watch", tmp_path, "-o", "watched", "--once", "--segmenter", "threshold")
    assert set(shots(tmp_path / "watched" / "capture")) == set(photos)
