"""Sets: all passes of a capture in one folder, as one program wants them."""

import errno
import hashlib
import json
import os
import platform
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from finished_folder import HEIGHT, WIDTH, Finished, finish, pixels, upright
from metashape_host import part, started
from PIL import Image
from rich_photos import exif_block, exiftool_facts, metadata_segments, rich_jpeg

from underside.errors import OutputError, SettingsError
from underside.files import sha256_of
from underside.flip import prepare as prepare_module
from underside.flip.prepare import prepare
from underside.flip.prepare_files import PrepareOptions, bring
from underside.flip.prepare_programs import PROGRAMS
from underside.flip.prepare_regions import parse_region
from underside.journal import Entry, Journal, journal_path
from underside.layouts import check_folder
from underside.manifest import load, save
from underside.metadata.position import has_position
from underside.outfolder import claimed
from underside.watch.lock import Watcher

TWO_PASSES = ("upright/DSC_0001.JPG", "flipped/DSC_0019.JPG")
SAME_NAMES = ("upright/0001.jpg", "flipped/0001.jpg")


def masked(
    folder: Path,
    photos: Iterable[str] = SAME_NAMES,
    *,
    orientation: int = 1,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    failed: Iterable[str] = (),
) -> Finished:
    """A capture as a run leaves it."""
    return hashed(finish(folder, photos, orientation=orientation, size=size, failed=failed))


def hashed(finished: Finished) -> Finished:
    """The manifest with what the files are now."""
    shots = []
    for shot in finished.manifest.shots:
        photo, mask = finished.capture / shot.photo, finished.out / shot.mask
        facts = photo.stat()
        shot = replace(shot, sha256=sha256_of(photo), size=facts.st_size, mtime_ns=facts.st_mtime_ns)
        shots.append(replace(shot, mask_sha256=sha256_of(mask)) if shot.mask else shot)
    manifest = replace(finished.manifest, shots=tuple(shots))
    save(manifest, finished.out)
    return replace(finished, manifest=manifest)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What a change of any file would change."""
    return {name: (*_stamp(folder / name), (folder / name).read_bytes()) for name in files(folder)}


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns


def table(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    return content


def camera(path: Path, focal_length: int, model: str = "LX-4") -> None:
    """Let a photo say what it was taken with."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "LUMENWORKS", model
    exif.get_ifd(0x8769)[0x920A] = float(focal_length)
    with Image.open(path) as image:
        copy = image.copy()
    copy.save(path, exif=exif)


def keeping(*regions: str) -> PrepareOptions:
    return PrepareOptions(keep=tuple(parse_region(region) for region in regions))


# Names


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
    (tmp_path / "set" / "capture.json").unlink(missing_ok=True)  # it would be looked at as an output folder
    (report,) = check_folder(tmp_path / "set", layout=name)
    assert (report.photos, report.fine) == (2, True)


# The very same files, and when they are not


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
        f"Copied, as hard links do not reach from their disk to that of {tmp_path / 'set'}: all 2 photos"
    ]
    assert (tmp_path / "set/images/upright_0001.jpg").read_bytes() == (
        finished.capture / "upright/0001.jpg"
    ).read_bytes()


# Again


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

    monkeypatch.setattr(prepare_module, "bring", interrupted)
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
        assert any("made anew): run-colmap.sh" in note for note in done.notes)
    (tmp_path / "set/run-colmap.sh").unlink()
    prepare(finished.out, tmp_path / "set", "colmap")
    assert "exhaustive_matcher" in (tmp_path / "set/run-colmap.sh").read_text()


# Programs


def test_opendronemap_gets_cut_outs_with_their_metadata_and_upright_masks(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["a.jpg"], orientation=6, size=(200, 120))
    original = finished.capture / "a.jpg"
    original.write_bytes(rich_jpeg(exif_block(orientation=6)))
    finished = hashed(finished)
    prepare(finished.out, tmp_path / "set", "opendronemap")
    cut = tmp_path / "set/images/a.jpg"
    assert metadata_segments(cut.read_bytes()) == metadata_segments(original.read_bytes())
    kept = finished.mask("a.jpg") > 0
    # Blocks of JPEG are 16 pixels wide, and the edge rings as far as theirs.
    near = cv2.dilate(finished.mask("a.jpg"), np.ones((33, 33), np.uint8)) > 0
    assert int(pixels(cut)[~near].max()) < 8
    assert pixels(cut)[kept].mean() > 40
    np.testing.assert_array_equal(pixels(tmp_path / "set/images/a_mask.png"), upright(finished.mask("a.jpg"), 6))
    assert "looks for features all over the photos" in (tmp_path / "set/HOW-TO.txt").read_text(encoding="utf-8")


def test_the_menu_of_metashape_reads_a_set_as_one_chunk(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "metashape", keeping("0,0,5,5"))
    with started(tmp_path / "host") as host:
        chunk, told = part("newchunk").import_capture(host.metashape, host.metashape.document, str(tmp_path / "set"))
        assert told.startswith("2 photos of 2 pass(es), 2 with their mask.")
        assert {group.label for group in chunk.camera_groups} == {"upright", "flipped"}
        assert {Path(each.photo.path).name for each in chunk.cameras} == {"upright_0001.jpg", "flipped_0001.jpg"}
    manifest = load(tmp_path / "set")
    assert manifest is not None
    for shot in manifest.shots:
        assert shot.sha256 == sha256_of(Path(manifest.capture) / shot.photo)
        assert shot.mask_sha256 == sha256_of(tmp_path / "set" / shot.mask)


def test_meshroom_gets_a_scene_with_one_group_for_one_camera(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "meshroom")
    scene = json.loads((tmp_path / "set/scene.sfm").read_text(encoding="utf-8"))
    assert [Path(view["path"]).name for view in scene["views"]] == ["upright_0001.jpg", "flipped_0001.jpg"]
    assert all(Path(view["path"]).is_file() for view in scene["views"])
    assert len({view["viewId"] for view in scene["views"]}) == 2
    assert {view["intrinsicId"] for view in scene["views"]} == {"1"}
    assert not any({"width", "height"} & set(view) for view in scene["views"])
    # Masks are found by the photo's stem, whatever number Meshroom gives to the view.
    assert all((tmp_path / "set/masks" / f"{Path(view['path']).stem}.png").is_file() for view in scene["views"])


def test_meshroom_gets_a_project_with_the_masks_wired_up(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "meshroom")
    project = json.loads((tmp_path / "set/project.mg").read_text(encoding="utf-8"))
    nodes, masks = project["graph"], (tmp_path / "set/masks").as_posix()
    assert nodes["FeatureExtraction_1"]["inputs"]["masksFolder"] == masks
    assert nodes["FeatureExtraction_1"]["inputs"]["input"] == "{CameraInit_1.output}"
    assert nodes["PrepareDenseScene_1"]["inputs"]["masksFolders"] == [masks]
    assert [Path(view["path"]).name for view in nodes["CameraInit_1"]["inputs"]["viewpoints"]] == [
        "upright_0001.jpg",
        "flipped_0001.jpg",
    ]
    text = json.dumps(project)
    assert "Underside" not in text
    assert project["header"]["template"] is True
    assert {kind["nodeType"] for kind in nodes.values()} == set(project["header"]["nodesVersions"])


@pytest.mark.skipif(os.name != "posix", reason="the commands are a script for a Unix shell")
def test_colmap_finds_features_within_the_masks_only_by_the_commands_of_the_set(tmp_path: Path) -> None:
    pycolmap = pytest.importorskip("pycolmap", reason="pycolmap is not installed (the extra proof)")
    finished = masked(tmp_path / "with space", orientation=6, size=(320, 240))
    prepare(finished.out, tmp_path / "set", "colmap")
    done = _run_by_pycolmap(tmp_path)
    assert done.returncode == 0, done.stderr
    with pycolmap.Database.open(tmp_path / "set/database.db") as database:
        assert len(database.read_all_cameras()) == 1
        images = database.read_all_images()
        assert {image.name for image in images} == {"upright_0001.jpg", "flipped_0001.jpg"}
        for image in images:
            found = database.read_keypoints(image.image_id)[:, :2].astype(int)
            mask = pixels(tmp_path / "set/masks" / f"{image.name}.png")
            assert len(found) > 20
            assert mask[found[:, 1], found[:, 0]].all()


@pytest.mark.skipif(os.name != "posix", reason="the commands are a script for a Unix shell")
def test_colmap_solves_a_lens_for_each_camera(tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="pycolmap is not installed (the extra proof)")
    finished = masked(tmp_path, [*SAME_NAMES, "upright/0002.jpg"], size=(320, 240))
    for name, focal in (("upright/0001.jpg", 50), ("upright/0002.jpg", 50), ("flipped/0001.jpg", 60)):
        camera(finished.capture / name, focal)
    hashed(finished)
    done = prepare(finished.out, tmp_path / "set", "colmap")
    note = next(note for note in done.notes if "2 cameras" in note)
    assert "by focal length: 50 mm (2 of upright); 60 mm (1 of flipped)" in note
    assert _run_by_pycolmap(tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "set/database.db") as database:
        rows = database.execute("SELECT name, camera_id FROM images").fetchall()
    database.close()
    cameras = dict(rows)
    assert cameras["upright_0001.jpg"] == cameras["upright_0002.jpg"] != cameras["flipped_0001.jpg"]


_COLMAP = """
import sys
from pathlib import Path
import pycolmap
words = sys.argv[2:]
options = dict(zip(words[::2], words[1::2], strict=True))
if sys.argv[1] == "feature_extractor":
    assert options["--ImageReader.single_camera"] == "1"
    reader = pycolmap.ImageReaderOptions()
    reader.mask_path = options["--ImageReader.mask_path"]
    names = Path(options["--image_list_path"]).read_text().split() if "--image_list_path" in options else []
    pycolmap.extract_features(options["--database_path"], options["--image_path"], image_names=names,
        camera_mode=pycolmap.CameraMode.SINGLE, reader_options=reader, device=pycolmap.Device.cpu)
elif sys.argv[1] == "mapper":
    assert Path(options["--output_path"]).is_dir()
else:
    assert sys.argv[1] == "exhaustive_matcher"
"""


def _run_by_pycolmap(folder: Path) -> subprocess.CompletedProcess[str]:
    """The set's script, with a ``colmap`` that is pycolmap."""
    tool = folder / "bin" / "colmap"
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\n{_COLMAP}")
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", str(folder / "set/run-colmap.sh")], capture_output=True, text=True, check=False, env=environment
    )


# Regions


def test_a_box_stays_in_the_masks_of_its_pass_and_of_no_other(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    before = stamps(finished.out)
    prepare(finished.out, tmp_path / "set", "colmap", keeping("upright=2,3,10,4"))
    expected = finished.mask("upright/0001.jpg").copy()
    expected[3:7, 2:12] = 255
    np.testing.assert_array_equal(pixels(tmp_path / "set/masks/upright_0001.jpg.png"), expected)
    np.testing.assert_array_equal(
        pixels(tmp_path / "set/masks/flipped_0001.jpg.png"), finished.mask("flipped/0001.jpg")
    )
    assert stamps(finished.out) == before


def test_a_drawn_region_is_on_the_stored_grid_whatever_the_program_turns(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["a.jpg"], orientation=6)
    drawn = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    drawn[40:46, 50:60] = 255
    Image.fromarray(drawn).save(tmp_path / "bar.png")
    prepare(finished.out, tmp_path / "set", "opendronemap", keeping(str(tmp_path / "bar.png")))
    expected = finished.mask("a.jpg") | drawn[..., 0]
    np.testing.assert_array_equal(pixels(tmp_path / "set/images/a_mask.png"), upright(expected, 6))
    with Image.open(finished.capture / "a.jpg") as photo, Image.open(tmp_path / "set/images/a.jpg") as cut:
        there = np.asarray(photo)[41:45, 52:58].astype(int), np.asarray(cut)[41:45, 52:58].astype(int)
    assert np.abs(there[0] - there[1]).mean() < 30  # not black: JPEG alone changes it


def test_a_region_can_be_for_photos_by_a_pattern(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["upright/0001.jpg", "upright/0002.jpg"])
    prepare(finished.out, tmp_path / "set", "colmap", keeping("upright/*2.jpg=0,0,5,5"))
    assert pixels(tmp_path / "set/masks/0001.jpg.png")[0, 0] == 0
    assert pixels(tmp_path / "set/masks/0002.jpg.png")[0, 0] == 255


def test_a_region_in_several_passes_is_warned_of(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    both = prepare(finished.out, tmp_path / "set", "colmap", keeping("0,0,5,5"))
    assert any("as if the object had never been turned" in note for note in both.notes)
    one = prepare(finished.out, tmp_path / "set", "colmap", keeping("upright=0,0,5,5"))
    assert not any("as if the object had never been turned" in note for note in one.notes)


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("1,2,3", "is no region to keep"),
        ("1,2,0,4", "is no region to keep"),
        ("nowhere.png", "is no region to keep"),
        ("60,0,10,10", "does not fit upright/0001.jpg, which has 64 x 48"),
        ("sideways=0,0,1,1", "is for no shot of this capture. Passes are upright, flipped"),
        ("SMALL", "does not fit"),
        ("TEXT", "is no picture"),
    ],
)
def test_a_region_that_cannot_be_meant_is_refused_before_anything_is_written(
    tmp_path: Path, region: str, why: str
) -> None:
    finished = masked(tmp_path)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(tmp_path / "small.png")
    (tmp_path / "text.png").write_text("no picture")
    region = region.replace("SMALL", str(tmp_path / "small.png")).replace("TEXT", str(tmp_path / "text.png"))
    with pytest.raises(SettingsError) as refused:
        prepare(finished.out, tmp_path / "set", "colmap", keeping(region))
    assert why in str(refused.value)
    assert not (tmp_path / "set").exists()


# Position


def test_exiftool_sees_no_difference_but_the_position(tmp_path: Path) -> None:
    finished = masked(tmp_path, size=(200, 120))
    original = finished.capture / "upright/0001.jpg"
    original.write_bytes(rich_jpeg())
    hashed(finished)
    before = original.read_bytes()
    told = prepare(finished.out, tmp_path / "set", "colmap")
    assert any("(GPS), which" in note and "upright/0001.jpg" in note for note in told.notes)
    done = prepare(finished.out, tmp_path / "set", "colmap", PrepareOptions(without_position=True))
    assert not any("GPS" in note for note in done.notes)
    copy = tmp_path / "set/images/upright_0001.jpg"
    assert original.read_bytes() == before
    assert has_position(before)
    assert not has_position(copy.read_bytes())
    assert copy.stat().st_mtime_ns == original.stat().st_mtime_ns
    facts = exiftool_facts(before, ".jpg", tmp_path)
    kept = {name: value for name, value in facts.items() if not name.startswith("GPS:")}
    assert len(kept) < len(facts)
    assert exiftool_facts(copy.read_bytes(), ".jpg", tmp_path) == kept
    # What tells no position is still the very same file.
    assert (tmp_path / "set/images/flipped_0001.jpg").samefile(finished.capture / "flipped/0001.jpg")


# What cannot be had


def test_one_pass_only_is_said(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["upright/0001.jpg", "upright/0002.jpg"])
    done = prepare(finished.out, tmp_path / "set", "colmap")
    assert any("only one pass (upright): no program can show what the object stood on" in note for note in done.notes)


def test_failed_shots_are_left_out_and_named(run: Run, tmp_path: Path) -> None:
    finished = masked(tmp_path, failed=["flipped/0002.jpg"])
    done = run("prepare", finished.out, "--for", "colmap")
    assert done.returncode == 3, done.stderr
    assert "flipped/0002.jpg: It is cut short. Mend that and run underside mask again." in done.stdout
    assert "images/flipped_0002.jpg" not in files(tmp_path / "out-colmap")
    assert done.stderr == ""


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
        "upright/0002.jpg": f"The photo {gone} is not there any more. Put it back.",
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


# What is refused


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
    with pytest.raises(OutputError, match="you may not write there"):
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
    watcher = Watcher(os.getpid(), platform.node(), time.time(), str(tmp_path / "camera"))
    (out.parent / ".underside" / "watch.json").write_text(json.dumps(asdict(watcher)))
    line = refused(run, out, "--for", "colmap")
    assert "amphora is still growing" in line
    with Journal(journal_path(out.parent)) as journal:
        journal.set_complete("amphora", complete=True)
        journal.commit()
    assert run("prepare", out, "--for", "colmap").returncode == 0


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
