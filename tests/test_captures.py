"""The renderer of captures: its folders are what the judges read, and the same seed gives the same bytes."""

import importlib.util
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
ROOT = Path(__file__).parent.parent
NEEDS_RENDERER = pytest.mark.skipif(
    importlib.util.find_spec("mitsuba") is None, reason="mitsuba is absent: pip install 'underside[captures]'"
)


def command(*words: str) -> str:
    call = [sys.executable, "-m", "benchmarks.captures", *words]
    return subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def render(kind: str, out: Path, shots: int = 3) -> str:
    return command("render", kind, "--seed", "1", "--out", str(out), "--size", "160x120", "--shots", str(shots))


@pytest.fixture(scope="module")
def vase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vase")
    render("revolution", folder)
    return folder


def photos(capture: Path, folder: str) -> list[Path]:
    return sorted((capture / folder).glob("DSC_*.JPG"))


def bits(capture: Path, truth: str, photo: Path) -> NDArray[np.bool_]:
    mask = np.asarray(Image.open(capture / truth / photo.parent.name / f"{photo.name}.png").convert("L"))
    assert set(np.unique(mask)) <= {0, 255}
    return mask > 127


def exif_of(photo: Path) -> tuple[dict[int, Any], dict[int, Any]]:
    with Image.open(photo) as picture:
        exif = picture.getexif()
        return dict(exif), dict(exif.get_ifd(0x8769))


def pixels(photo: Path) -> Floats:
    return np.asarray(Image.open(photo), np.float64)


def projected(points: Floats, lens: dict[str, float], pose: Floats) -> Floats:
    x, y, z = pose[:, :3] @ points.T + pose[:, 3:]
    return np.stack([lens["fx"] * x / z + lens["cx"], lens["fy"] * y / z + lens["cy"]], 1)


def cameras(capture: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((capture / "cameras.json").read_text())
    return told


def test_no_seed_is_both_for_tuning_and_for_judging() -> None:
    lines = command("list").splitlines()
    assert len(lines) == 10
    for line in lines:
        sets = re.search(r"\(tuning ([\d, ]+); judging ([\d, ]+)\)$", line)
        assert sets, line
        tuning, judging = ({int(seed) for seed in text.split(",")} for text in sets.groups())
        assert tuning
        assert judging
        assert max(tuning) < 100 <= min(judging)


@NEEDS_RENDERER
def test_a_capture_has_passes_plates_masks_and_cameras(vase: Path) -> None:
    names = {folder: [photo.name for photo in photos(vase, folder)] for folder in ("upright", "flipped", "empty")}
    assert names["upright"] == [f"DSC_000{n}.JPG" for n in (1, 2, 3)]
    assert names["flipped"] == [f"DSC_000{n}.JPG" for n in (4, 5, 6)]
    assert names["empty"] == [f"DSC_000{n}.JPG" for n in (7, 8)]
    assert set(cameras(vase)["images"]) == {f"{folder}/{name}" for folder in names for name in names[folder]}
    for photo in vase.glob("*/DSC_*.JPG"):
        assert pixels(photo).shape == (120, 160, 3)
        thing, platter = bits(vase, "gt_masks", photo), bits(vase, "gt_platter", photo)
        assert thing.shape == (120, 160)
        assert not (thing & platter).any()
        assert platter.mean() > 0.03


@NEEDS_RENDERER
def test_photos_say_what_a_camera_says(vase: Path) -> None:
    times = []
    for photo in photos(vase, "upright") + photos(vase, "flipped"):
        exif, details = exif_of(photo)
        assert exif[271] == "LUMENWORKS"
        assert exif[272] == "LX-4 Mark III"
        assert details[42033] == cameras(vase)["images"][f"{photo.parent.name}/{photo.name}"]["serial"]
        assert details[41989] == round(float(details[37386]) * 36 / 17.3)
        times.append(datetime.strptime(details[36867], "%Y:%m:%d %H:%M:%S"))
    assert times[1] - times[0] == timedelta(seconds=4)
    assert times[3] - times[2] > timedelta(minutes=5)


@NEEDS_RENDERER
def test_the_same_seed_gives_the_same_bytes(vase: Path, tmp_path: Path) -> None:
    render("revolution", tmp_path)
    first = {path.relative_to(vase): path.read_bytes() for path in vase.rglob("*") if path.is_file()}
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert first == again


@NEEDS_RENDERER
def test_the_object_lies_in_its_mask_where_the_camera_says(vase: Path) -> None:
    told = cameras(vase)
    low, high = (np.array(corner) for corner in told["object_bbox_m"])
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    for photo in photos(vase, "upright") + photos(vase, "flipped"):
        image = told["images"][f"{photo.parent.name}/{photo.name}"]
        lens, pose = image["intrinsics"], np.array(image["cam_from_object"])
        mask = bits(vase, "gt_masks", photo)
        column, row = projected(np.zeros((1, 3)), lens, pose)[0].astype(int)
        assert mask[row, column]
        rows, columns = np.nonzero(mask)
        box = projected(corners, lens, pose)
        assert columns.min() >= box[:, 0].min() - 1
        assert rows.min() >= box[:, 1].min() - 1
        assert columns.max() <= box[:, 0].max()
        assert rows.max() <= box[:, 1].max()


@NEEDS_RENDERER
def test_plates_show_the_same_room_without_the_object(vase: Path) -> None:
    shot, plate = photos(vase, "upright")[0], photos(vase, "empty")[0]
    thing, platter = bits(vase, "gt_masks", shot), bits(vase, "gt_platter", shot)
    assert not bits(vase, "gt_masks", plate).any()
    change = np.abs(pixels(shot) - pixels(plate)).mean(2)
    top = np.zeros_like(thing)
    top[:15] = True
    assert np.median(change[top & ~thing & ~platter]) < 4
    assert np.median(change[thing]) > 12


@NEEDS_RENDERER
def test_photos_that_are_there_are_kept(vase: Path) -> None:
    kept, lost = photos(vase, "upright")[0], photos(vase, "flipped")[0]
    before, content = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    assert ": 1 photos in" in render("revolution", vase)
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == content


@NEEDS_RENDERER
@pytest.mark.parametrize("words", [("--seed", "2"), ("--size", "320x240"), ("--shots", "4")])
def test_a_folder_with_another_capture_is_refused_and_left_as_it_is(vase: Path, words: tuple[str, str]) -> None:
    before = {path: path.read_bytes() for path in vase.rglob("*") if path.is_file()}
    usual = ["--seed", "1", "--size", "160x120", "--shots", "3"]
    call = [sys.executable, "-m", "benchmarks.captures", "render", "revolution", "--out", str(vase), *usual, *words]
    done = subprocess.run(call, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        f"{vase} holds a capture of another kind, seed, size or number of shots. Name another folder with --out.\n"
    )
    assert {path: path.read_bytes() for path in vase.rglob("*") if path.is_file()} == before


@NEEDS_RENDERER
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_set_whose_renderers_are_killed_is_not_done(tmp_path: Path) -> None:
    import resource

    def little_time() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))

    call = [sys.executable, "-m", "benchmarks.captures", "render-set", "tuning", "--out", str(tmp_path)]
    done = subprocess.run(call, cwd=ROOT, check=False, capture_output=True, preexec_fn=little_time)
    assert done.returncode == 1
    assert not list(tmp_path.rglob("*.JPG"))


@NEEDS_RENDERER
def test_a_camera_on_its_side_stores_its_pass_turned(tmp_path: Path) -> None:
    render("dark", tmp_path, shots=2)
    up: dict[str, list[int]] = {"upright": [], "flipped": []}
    for name, ways in up.items():
        for photo in photos(tmp_path, name):
            ways.append(exif_of(photo)[0][274])
            thing, platter = (np.nonzero(bits(tmp_path, truth, photo)) for truth in ("gt_masks", "gt_platter"))
            above = {1: (0, 1), 6: (1, 1), 8: (1, -1)}[ways[-1]]
            # The platter is below the object once the photo is turned as its EXIF says.
            assert above[1] * (platter[above[0]].mean() - thing[above[0]].mean()) > 0
    assert up["upright"] == [1, 1]
    assert up["flipped"] in ([6, 6], [8, 8])
    assert len(photos(tmp_path, "empty")) == 4


@NEEDS_RENDERER
def test_true_masks_of_two_cameras_agree_where_each_photo_is_seen_through_its_own_lens(tmp_path: Path) -> None:
    out = tmp_path / "cameras"
    command("render", "cameras", "--seed", "1", "--out", str(out), "--size", "200x160", "--shots", "6")
    call = [sys.executable, str(ROOT / "benchmarks" / "flips.py"), str(out), "--given", "--kinds", "truth"]
    told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    after = re.search(r"repaired: mean IoU 1\.0000 -> ([\d.]+)", told)
    assert after, told
    assert float(after[1]) > 0.97
