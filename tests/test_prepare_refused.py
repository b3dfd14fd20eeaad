"""Shots that no set can have, and sets that are not made at all."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blob_captures import linux
from conftest import Run
from finished_folder import files
from PIL import Image
from prepared_sets import SAME_NAMES, TWO_PASSES, masked, stamps

from underside.errors import OutputError, SettingsError
from underside.journal import Entry, Journal, journal_path
from underside.manifest import save
from underside.outfolder import claimed
from underside.prepare import PrepareOptions, prepare
from underside.watch.lock import watching_alone


def test_one_pass_only_is_said(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["upright/0001.jpg", "upright/0002.jpg"])
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert any(
        "only one pass (upright): no program can show the side the object stood on" in note for note in done.notes
    )


def test_failed_shots_are_left_out_and_named(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path, failed=["flipped/0002.jpg"])
    done = run("prepare", finished.out, "--for", "colmap")
    assert done.returncode == 3, done.stderr
    assert "flipped/0002.jpg: It is cut short.\n" in done.stdout
    assert "images/flipped_0002.jpg" not in files(tmp_path / "out-colmap")
    assert done.stderr == ""


@linux
def test_a_name_that_is_too_long_in_the_set_costs_that_shot_only(run: Run, tmp_path: Path) -> None:
    # With the pass in front and .png behind it passes what a name may have.
    long = [f"{each}/{'x' * 240}.jpg" for each in ("upright", "flipped")]
    finished = masked(tmp_path, [*SAME_NAMES, *long])
    for _ in range(2):
        done = run("prepare", finished.out, "--for", "colmap", "-o", "set")
        assert done.returncode == 3, done.stderr
        assert done.stdout.count("the name is too long for that disk. Shorten the photo's name") == 2
    assert {path.name for path in (tmp_path / "set/images").iterdir()} == {"upright_0001.jpg", "flipped_0001.jpg"}
    assert (tmp_path / "set/HOW-TO.txt").exists()


def test_insufficient_masks_stay_unless_asked(tmp_path: Path) -> None:
    finished = masked(tmp_path, [*SAME_NAMES, "upright/0002.jpg"])
    shots = [replace(shot, verdict="insufficient") for shot in finished.manifest.shots[2:]]
    save(replace(finished.manifest, shots=(*finished.manifest.shots[:2], *shots)), finished.out)
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert sum(done.passes.values()) == 3
    assert any("insufficient" in note and "upright/0002.jpg" in note for note in done.notes)
    done = prepare(finished.out, tmp_path / "set", "colmap", PrepareOptions(without_insufficient=True))
    assert sum(done.passes.values()) == 2
    assert not done.left_out


def test_a_photo_that_changed_or_went_is_left_out(tmp_path: Path) -> None:
    finished = masked(tmp_path, [*SAME_NAMES, "upright/0002.jpg"])
    changed, gone = finished.capture / "upright/0001.jpg", finished.capture / "upright/0002.jpg"
    changed.write_bytes(changed.read_bytes() + b"another")
    gone.unlink()
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert done.left_out == {
        "upright/0001.jpg": f"{changed} has changed since it was masked. Run underside mask again.",
        "upright/0002.jpg": f"The photo {gone} no longer exists. Put it back.",
    }
    assert done.passes == {"flipped": 1}
    assert any("No shot is left of upright" in note for note in done.notes)


def test_a_mask_that_a_hand_has_spoilt_costs_that_shot_only(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(finished.out / "masks/upright/0001.jpg.png")
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert list(done.left_out) == ["upright/0001.jpg"]
    assert {name for name in files(tmp_path / "set") if "upright" in name} == set()


def test_photos_that_came_after_masking_are_told_of(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    shutil.copy(finished.capture / "upright/0001.jpg", finished.capture / "upright/0009.jpg")
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert any("not been masked" in note and "upright/0009.jpg" in note for note in done.notes)


def refused(run: Run, *words: object) -> str:
    """The one line of a refusal."""
    done = run("prepare", *words)
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_a_folder_without_a_manifest_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert "There is no capture.json" in refused(run, tmp_path / "out", "--for", "colmap")
    assert "There is no folder" in refused(run, tmp_path / "nowhere", "--for", "colmap")


@pytest.mark.parametrize(("text", "why"), [('{"format": 99}', "newer Underside"), ("{}", "is not a manifest")])
def test_a_manifest_of_another_format_is_refused(tmp_path: Path, text: str, why: str) -> None:
    finished = masked(tmp_path)
    (finished.out / "capture.json").write_text(text)
    with pytest.raises(OutputError, match=why):
        prepare(finished.out, tmp_path / "set", "colmap")


def test_a_set_that_is_not_ours_is_refused_and_stays(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match="was not made by underside prepare"):
        prepare(finished.out, tmp_path / "set", "colmap")
    assert files(tmp_path / "set") == {"thesis.doc"}


def test_a_set_for_another_program_or_of_another_capture_is_refused(tmp_path: Path) -> None:
    finished, other = masked(tmp_path / "a"), masked(tmp_path / "b")
    prepare(finished.out, tmp_path / "set", "colmap")
    before = stamps(tmp_path / "set")
    with pytest.raises(OutputError, match="prepared for another program, colmap"):
        prepare(finished.out, tmp_path / "set", "meshroom")
    with pytest.raises(OutputError, match="prepared for another output"):
        prepare(other.out, tmp_path / "set", "colmap")
    assert stamps(tmp_path / "set") == before


def test_a_file_in_the_way_is_not_written_over(tmp_path: Path) -> None:
    finished = masked(tmp_path, TWO_PASSES[:1])
    prepare(finished.out, tmp_path / "set", "colmap")
    (tmp_path / "set/images/DSC_0019.JPG").write_text("mine")
    masked(tmp_path, TWO_PASSES)
    with pytest.raises(OutputError, match="is in the way"):
        prepare(finished.out, tmp_path / "set", "colmap")
    assert (tmp_path / "set/images/DSC_0019.JPG").read_text() == "mine"


@pytest.mark.parametrize("place", ["capture", "capture/upright/set", "out", "out/masks/set", "."])
def test_a_set_among_photos_or_results_is_refused(tmp_path: Path, place: str) -> None:
    finished = masked(tmp_path)
    before = stamps(tmp_path)
    with pytest.raises((SettingsError, OutputError), match="Choose another folder"):
        prepare(finished.out, tmp_path / place, "colmap")
    assert stamps(tmp_path) == before


def test_a_table_that_names_files_elsewhere_is_refused(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap")
    (tmp_path / "precious.txt").write_text("mine")
    content = json.loads((tmp_path / "set/prepared.json").read_text(encoding="utf-8"))
    content["files"]["../precious.txt"] = {"of": ""}
    (tmp_path / "set/prepared.json").write_text(json.dumps(content))
    with pytest.raises(OutputError, match="outside its folder"):
        prepare(finished.out, tmp_path / "set", "colmap")
    assert (tmp_path / "precious.txt").exists()


def test_a_target_that_cannot_be_written_is_told_of(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path)
    (tmp_path / "file").write_text("")
    line = refused(run, finished.out, "--for", "colmap", "-o", tmp_path / "file" / "set")
    assert "Cannot write" in line
    assert "a file stands where a folder is needed" in line


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is read-only for this user")
def test_a_read_only_target_is_told_of(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    (tmp_path / "set").mkdir(mode=0o555)
    with pytest.raises(OutputError, match="no permission to write there"):
        prepare(finished.out, tmp_path / "set", "colmap")


def test_a_capture_that_is_being_masked_is_refused(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    with claimed(finished.out), pytest.raises(OutputError, match="A run of Underside is still writing into"):
        prepare(finished.out, tmp_path / "set", "colmap")
    assert not (tmp_path / "set").exists()


def test_a_capture_that_a_watch_has_not_called_complete_is_refused(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path)
    out = tmp_path / "watched" / "amphora"
    out.parent.mkdir()
    finished.out.rename(out)
    with Journal(journal_path(out.parent)) as journal:
        journal.add(Entry(photo="amphora/upright/1.jpg", folder="amphora", kin="1", capture="amphora", pass_name=""))
        journal.commit()
    with watching_alone(out.parent, tmp_path / "camera"):
        line = refused(run, out, "--for", "colmap")
    assert "amphora is still growing" in line
    with Journal(journal_path(out.parent)) as journal:
        journal.set_complete("amphora", complete=True)
        journal.commit()
    assert run("prepare", out, "--for", "colmap").returncode == 0


def test_a_set_is_repaired_where_it_was_made_from(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "metashape")
    before = {path: path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file()}
    refused = run("prove", "set", "--repair")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith("underside: set was made by underside prepare, which brings its masks from")
    assert f"underside prove {finished.out} --repair" in line
    assert {path: path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file()} == before
