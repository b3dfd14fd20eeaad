"""``metashape -r underside_menu.py --mask project.psx``, as a process, with a stand-in for Metashape."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from metashape_host import two_poses
from PIL import Image

from underside.installers.metashape import install

# As metashape -r runs a script: its own Python, no window, the script's name first; and from a terminal, where Ctrl-C
# counts, though the tests may have been begun in the background, where it does not.
METASHAPE = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fake_metashape import FakeMetashape
sys.modules["Metashape"] = FakeMetashape("2.2", window=False)
sys.modules["Metashape"].app.activated = {activated}
sys.argv = sys.argv[1:]
for script in {scripts!r}:
    runpy.run_path(script, run_name="__main__")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    upright, flipped = two_poses(tmp_path, 1)
    path = tmp_path / "projekt ü.psx"
    chunk = {"label": "amphora", "photos": [str(upright[0]), str(flipped[0])]}
    path.write_text(json.dumps({"chunks": [chunk]}), encoding="utf-8")
    install(tmp_path / "scripts")
    return path


def begun(project: Path, *words: object, twice: bool = False, activated: bool = True) -> subprocess.Popen[str]:
    script = str(project.parent / "scripts" / "underside_menu.py")
    program = METASHAPE.format(scripts=[script] * (2 if twice else 1), activated=activated)
    return subprocess.Popen(
        [sys.executable, "-c", program, script, *map(str, words)],
        cwd=project.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results_of(project: Path, photos: Path) -> Path:
    """Where the results for the photos of a folder lie."""
    mark = hashlib.sha256(os.path.normcase(photos.as_posix()).encode()).hexdigest()[:6]
    return project.with_suffix(".underside") / f"{photos.name}-{mark}"


def metashape(project: Path, *words: object, **how: bool) -> subprocess.CompletedProcess[str]:
    process = begun(project, *words, **how)
    out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def test_a_project_is_masked_and_saved(project: Path) -> None:
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 0, done.stderr
    assert [line[:4] for line in done.stdout.splitlines()[:2]] == ["1/2 ", "2/2 "]
    assert "amphora: 2 of 2 photos have their mask." in done.stdout
    assert len(list(project.with_suffix(".files").glob("amphora-*.png"))) == 2
    assert len(list(project.with_suffix(".underside").rglob("masks/**/*.png"))) == 2


def test_a_folder_for_results_holds_those_of_all_chunks(project: Path) -> None:
    (amphora,) = json.loads(project.read_text(encoding="utf-8"))["chunks"]
    chunks = [{"label": Path(photo).parent.name, "photos": [photo]} for photo in amphora["photos"]]
    project.write_text(json.dumps({"chunks": chunks}), encoding="utf-8")
    done = metashape(project, "--mask", project, "--effort", "fast", "--results", project.parent / "results")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 of 1 photos have their mask.") == 2
    assert len(list((project.parent / "results").rglob("masks/**/*.png"))) == 2


def test_a_chunk_that_fails_is_told_last_and_the_others_are_masked_and_saved(project: Path) -> None:
    (amphora,) = json.loads(project.read_text(encoding="utf-8"))["chunks"]
    chunks = [{"label": f"chunk {Path(photo).parent.name}", "photos": [photo]} for photo in amphora["photos"]]
    chunks.insert(1, {"label": "vase", "photos": [str(project.parent / "vase.JPG")]})
    shutil.copy(amphora["photos"][0], project.parent / "vase.JPG")
    project.write_text(json.dumps({"chunks": chunks}), encoding="utf-8")
    in_the_way = results_of(project, project.parent)
    in_the_way.parent.mkdir()
    in_the_way.write_text("")
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout.count("1 of 1 photos have their mask.") == 2
    assert done.stdout.splitlines()[-1].startswith(f"underside: vase: The folder {in_the_way} cannot be written to")
    saved = {path.name.split("-")[0] for path in project.with_suffix(".files").glob("*.png")}
    assert saved == {"chunk upright", "chunk flipped"}


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_in_one_chunk_keeps_those_that_are_finished(project: Path) -> None:
    (amphora,) = json.loads(project.read_text(encoding="utf-8"))["chunks"]
    upright, flipped = two_poses(project.parent / "many", 6)
    many = {"label": "many", "photos": [str(path) for path in (*upright, *flipped)]}
    project.write_text(json.dumps({"chunks": [amphora, many]}), encoding="utf-8")
    process = begun(project, "--mask", project)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("1/12"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=240)
    assert process.returncode == 130
    assert len(list(project.with_suffix(".files").glob("amphora-*.png"))) == 2


def test_the_copy_in_the_scripts_folder_does_not_do_it_again(project: Path) -> None:
    done = metashape(project, "--mask", project, "--effort", "fast", twice=True)
    assert done.stdout.count("2 of 2 photos have their mask.") == 1


def test_a_photo_that_cannot_be_masked_gives_exit_code_3(project: Path) -> None:
    content = json.loads(project.read_text(encoding="utf-8"))
    content["chunks"][0]["photos"].append(str(project.parent / "gone.JPG"))
    project.write_text(json.dumps(content), encoding="utf-8")
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 3
    assert "its photo is missing" in done.stdout
    assert len(list(project.with_suffix(".files").glob("*.png"))) == 2


def test_a_mask_without_an_object_is_named_and_gives_exit_code_3(project: Path) -> None:
    (project.parent / "wall").mkdir()
    wall = project.parent / "wall" / "wall.JPG"
    Image.new("RGB", (900, 600), "grey").save(wall)
    content = json.loads(project.read_text(encoding="utf-8"))
    content["chunks"][0]["photos"].append(str(wall))
    project.write_text(json.dumps(content), encoding="utf-8")
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 3, done.stdout
    assert "amphora: 3 of 3 photos have their mask.\nNo object was found in these photos" in done.stdout
    assert done.stdout.endswith("Without a usable mask:\n- wall/wall.JPG: its mask keeps nothing\n")


def test_a_plate_and_disabled_cameras_need_no_mask(project: Path) -> None:
    """Of a photo of the empty platter, which the engine knows by its folder, and of one that is gone and disabled."""
    plate = project.parent / Path(json.loads(project.read_text(encoding="utf-8"))["chunks"][0]["photos"][0])
    plate = Path(shutil.copytree(plate.parent, plate.parents[1] / "empty")) / plate.name
    content = json.loads(project.read_text(encoding="utf-8"))
    content["chunks"][0]["photos"] += [str(plate), str(project.parent / "gone.JPG")]
    content["chunks"][0]["disabled"] = [str(project.parent / "gone.JPG")]
    project.write_text(json.dumps(content), encoding="utf-8")
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 0, done.stdout
    assert "amphora: 2 of 2 photos have their mask.\nNot masked:\n- empty/DSC_0001.JPG: it shows" in done.stdout


def test_what_keeps_it_from_running_is_one_line_and_exit_code_2(project: Path) -> None:
    content = json.loads(project.read_text(encoding="utf-8"))
    locked = project.with_name("locked.psx")
    locked.write_text(json.dumps({**content, "read_only": True}), encoding="utf-8")
    (project.parent / "broken.psx").write_text("")
    for words, said in (
        (("--mask", "none.psx"), "There is no project"),
        (("--mask", "broken.psx"), "cannot be opened"),
        (("--mask", locked), "read-only or open elsewhere"),
        (("--mask", project, "--chunk", "vase"), "There is no chunk vase"),
    ):
        done = metashape(project, *words)
        assert (done.returncode, done.stderr) == (2, "")
        assert said in done.stdout
        assert len(done.stdout.splitlines()) == 1


def test_a_metashape_that_could_not_save_is_told_before_any_work(project: Path) -> None:
    done = metashape(project, "--mask", project, activated=False)
    assert done.returncode == 2
    assert "not activated" in done.stdout
    assert not project.with_suffix(".underside").exists()


def test_a_project_that_cannot_be_saved_keeps_the_masks(project: Path) -> None:
    project.with_suffix(".files").write_text("in the way")
    done = metashape(project, "--mask", project, "--effort", "fast")
    assert done.returncode == 2
    assert "cannot be saved" in done.stdout
    assert "The masks are kept" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_ends_cleanly_and_keeps_what_is_done(project: Path) -> None:
    upright, flipped = two_poses(project.parent / "many", 6)
    photos = [str(path) for path in (*upright, *flipped)]
    project.write_text(json.dumps({"chunks": [{"label": "amphora", "photos": photos}]}), encoding="utf-8")
    process = begun(project, "--mask", project, "--effort", "best")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("1/12")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 130
    assert "underside: Stopped. " in out
    assert not project.with_suffix(".files").exists()
