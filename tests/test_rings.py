"""``underside rings``: what all shots tell, kept for runs that mask a part of them as if they saw all."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import DEMO, Run, shots

from underside.outfolder import alone_in


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shots of one camera that stood still, the fewest to learn from, and a plate."""
    folder = tmp_path_factory.mktemp("photos of Käte")
    for number, name in enumerate(("upright/DSC_0001", "upright/DSC_0004", "upright/DSC_0007", "flipped/DSC_0019")):
        shutil.copy(DEMO / f"{name}.JPG", folder / f"IMG {number}.JPG")
    shutil.copy(next((DEMO / "empty").glob("*.JPG")), folder / "plate.JPG")
    return folder


def test_parts_masked_with_rings_are_byte_for_byte_those_of_the_whole(run: Run, photos: Path, tmp_path: Path) -> None:
    assert run("mask", photos, "-o", "whole").returncode == 0
    done = run("rings", photos, "-o", "rings")
    assert done.returncode == 0, done.stderr
    assert "4 shots looked at" in done.stdout
    assert "with a ring: 1" in done.stdout
    # Elsewhere, under other names, and without the plate: photos are known by what is in them.
    (tmp_path / "elsewhere").mkdir()
    for number in (3, 1):
        shutil.copy(photos / f"IMG {number}.JPG", tmp_path / "elsewhere" / f"{number}.JPG")
    done = run("mask", "--rings", "rings", tmp_path / "elsewhere", "-o", "part")
    assert done.returncode == 0, done.stderr
    whole, part = shots(tmp_path / "whole"), shots(tmp_path / "part")
    assert set(part) == {"1.JPG", "3.JPG"}
    for name, shot in part.items():
        same = whole[f"IMG {name}"]
        assert shot["ring"] == same["ring"] != ""
        assert shot["mask_sha256"] == same["mask_sha256"]
    again = run("mask", "--rings", "rings", tmp_path / "elsewhere", "-o", "part")
    assert "2 shots already done" in again.stdout
    alone = run("mask", "--no-rings", photos / "IMG 1.JPG", photos / "IMG 3.JPG", "-o", "alone")
    assert alone.returncode == 0
    assert {shot["ring"] for shot in shots(tmp_path / "alone").values()} == {""}


def test_masked_alone_a_shot_has_the_same_mask_whatever_is_masked_beside_it(
    run: Run, photos: Path, tmp_path: Path
) -> None:
    run("mask", "--no-rings", photos, "-o", "many")
    run("mask", "--no-rings", photos / "IMG 2.JPG", "-o", "one")
    many, one = shots(tmp_path / "many"), shots(tmp_path / "one")
    assert many["IMG 2.JPG"]["mask_sha256"] == one["IMG 2.JPG"]["mask_sha256"]


def test_rings_for_programs_are_events(run: Run, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\n".join(map(str, sorted(photos.iterdir()))), encoding="utf-8")
    done = run("rings", "--list", "list.txt", "-o", "rings", "--events")
    started, finished = (json.loads(line) for line in done.stdout.splitlines())
    assert (started["event"], started["total"], started["plates"]) == ("started", 4, 1)
    assert (finished["event"], finished["shots"], finished["positions"]) == ("finished", 4, 1)
    index = json.loads((tmp_path / "rings" / "rings.json").read_text(encoding="utf-8"))
    assert (index["capture"], index["plates"]) == (str(photos), ["plate.JPG"])


def test_rings_that_do_not_fit_are_refused_in_one_line(run: Run, photos: Path, tmp_path: Path) -> None:
    run("rings", photos, "-o", "rings", "--effort", "fast")
    changed = tmp_path / "IMG 0.JPG"
    changed.write_bytes((photos / "IMG 0.JPG").read_bytes() + b"\0")
    index = tmp_path / "rings" / "rings.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    cases: list[tuple[dict[str, object] | None, tuple[object, ...], str]] = [
        (content, (photos / "IMG 1.JPG",), "were learnt with another effort (effort one look, not two looks)"),
        (content, (photos / "IMG 1.JPG", "--effort", "fast", "--working-size", 448), "working_size 512, not 448"),
        (content, (changed, "--effort", "fast"), "were learnt without IMG 0.JPG, or before it was changed"),
        ({**content, "format": 99}, (changed,), "was written by a newer Underside"),
        ({}, (changed,), "was not written by `underside rings`"),
        ({**content, "groups": [{}]}, (changed, "--effort", "fast"), "was not written by `underside rings`"),
        (None, (changed,), "There are no rings in rings"),
    ]
    for kept, words, told in cases:
        index.unlink(missing_ok=True) if kept is None else index.write_text(json.dumps(kept), encoding="utf-8")
        done = run("mask", "--rings", "rings", *words, "-o", "out")
        assert done.returncode == 2
        assert told in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1 or "runs on" in done.stderr
    assert run("mask", "--rings", "rings", "--no-rings", photos).returncode == 2


def test_an_effort_that_learns_nothing_masks_with_its_empty_rings(run: Run, photos: Path, tmp_path: Path) -> None:
    run("rings", photos, "-o", "rings", "--effort", "fast")
    done = run("mask", "--rings", "rings", photos / "IMG 1.JPG", "-o", "out", "--effort", "fast")
    assert done.returncode == 0, done.stderr
    assert {shot["ring"] for shot in shots(tmp_path / "out").values()} == {""}


def test_a_photo_without_content_is_told_once(run: Run, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "capture")
    (tmp_path / "capture" / "IMG 9.JPG").symlink_to("nowhere.JPG")
    assert run("rings", "capture", "-o", "rings").returncode == 0
    done = run("mask", "--rings", "rings", "capture", "-o", "out", "--events")
    failed = [event for line in done.stdout.splitlines() if (event := json.loads(line))["event"] == "failed"]
    assert done.returncode == 3
    assert [Path(event["photo"]).name for event in failed] == ["IMG 9.JPG"]


def test_rings_of_which_a_file_is_missing_or_broken_are_refused(run: Run, photos: Path, tmp_path: Path) -> None:
    assert run("rings", photos, "-o", "rings").returncode == 0
    position = tmp_path / "rings" / "position-0-0.npz"
    whole = position.read_bytes()
    # Among the packed bytes of the first layer.
    garbled = whole[:100] + b"\xff" * 40 + whole[140:]
    for spoil in (
        lambda: position.write_bytes(garbled),
        lambda: position.write_bytes(whole[:5000]),
        position.unlink,
    ):
        spoil()
        done = run("mask", "--rings", "rings", photos, "-o", "out")
        assert done.returncode == 2
        assert re.search(r"The rings in rings are incomplete .*Run `underside rings` again", done.stderr), done.stderr


def test_of_two_runs_into_one_folder_the_second_is_refused(run: Run, photos: Path, tmp_path: Path) -> None:
    with alone_in(tmp_path / "rings"):
        refused = run("rings", photos, "-o", "rings")
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "underside: Another run of Underside is writing into rings. "
        "Wait for it to end, or choose another output folder with -o."
    ]
    assert not (tmp_path / "rings").exists()
    assert run("rings", photos, "-o", "rings").returncode == 0
    assert not list((tmp_path / "rings").glob(".*"))
