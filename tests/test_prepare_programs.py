"""Sets as each program wants them."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from blob_captures import linux
from finished_folder import pixels, upright
from metashape_host import part, started
from prepared_sets import SAME_NAMES, TWO_PASSES, camera, hashed, keeping, masked
from rich_photos import exif_block, metadata_segments, rich_jpeg

from underside import __version__
from underside.files import sha256_of
from underside.manifest import ProofRecord, load, masks_of, save
from underside.prepare import prepare


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
        assert told.startswith("2 photos of 2 pass(es), 2 with a mask.")
        assert {group.label for group in chunk.camera_groups} == {"upright", "flipped"}
        assert {Path(each.photo.path).name for each in chunk.cameras} == {"upright_0001.jpg", "flipped_0001.jpg"}
    manifest = load(tmp_path / "set")
    assert manifest is not None
    for shot in manifest.shots:
        assert shot.sha256 == sha256_of(Path(manifest.capture) / shot.photo)
        assert shot.mask_sha256 == sha256_of(tmp_path / "set" / shot.mask)


def test_what_was_proven_of_a_set_stays_with_its_masks_and_keeps_nothing_new_out(tmp_path: Path) -> None:
    finished = masked(tmp_path, [*TWO_PASSES, "flipped/DSC_0020.JPG"])
    whole = finished.manifest
    save(replace(whole, shots=whole.shots[:2]), finished.out)
    prepare(finished.out, tmp_path / "set", "metashape")
    manifest = load(tmp_path / "set")
    assert manifest is not None
    proof = ProofRecord("no", ("They do not join.",), 0.2, 0, None, __version__, masks_of(manifest.shots))
    save(replace(manifest, proof=proof), tmp_path / "set")
    prepare(finished.out, tmp_path / "set", "metashape")
    assert load(tmp_path / "set") == replace(manifest, proof=proof)
    save(whole, finished.out)
    done = prepare(finished.out, tmp_path / "set", "metashape")
    after = load(tmp_path / "set")
    assert after is not None
    assert ([shot.photo for shot in after.shots], after.proof) == (
        ["DSC_0001.JPG", "DSC_0019.JPG", "DSC_0020.JPG"],
        None,
    )
    assert not any("capture.json" in note for note in done.notes)


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
@linux
def test_colmap_finds_every_photo_of_its_lists_whatever_they_were_called(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["line\nbreak.jpg", "cr\rhere.jpg", "with space.jpg"])
    camera(finished.capture / "with space.jpg", 50)
    told = prepare(hashed(finished).out, tmp_path / "set", "colmap")
    lists = [path.read_bytes().decode() for path in sorted((tmp_path / "set").glob("photos-*.txt"))]
    names = [name for text in lists for name in text.removesuffix("\n").split("\n")]
    assert sorted(names) == ["cr_here.jpg", "line_break.jpg", "with space.jpg"]
    assert all((tmp_path / "set/images" / name).is_file() for name in names)
    assert all((tmp_path / "set/masks" / f"{name}.png").is_file() for name in names)
    (note,) = [note for note in told.notes if note.startswith("Renamed")]
    assert note == "Renamed, such as line_break.jpg for line\nbreak.jpg (2 in all): prepared.json has all names"


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
