"""Which files ``underside mask`` takes for photos of a capture, and that their masks never meet."""

import shutil
from pathlib import Path

from conftest import DEMO, Run, manifest
from demo_runs import SHOTS, contents, masks
from PIL import Image


def test_two_sources_never_meet_in_one_name(run: Run, tmp_path: Path) -> None:
    photo = Image.open(DEMO / SHOTS[0]).resize((320, 240))
    names = ["IMG_1.jpg", "IMG_1.tif", "IMG_1.png", "cam1/IMG_1.jpg", "cam2/IMG_1.jpg"]
    for name in names:
        path = tmp_path / "capture" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path)
    assert run("mask", "capture", "-o", "out", "--cutout", "black").returncode == 0
    assert set(masks(tmp_path / "out")) == {f"{name}.png" for name in names}
    assert len(contents(tmp_path / "out" / "cutouts")) == len(names)


def test_single_photos_are_a_capture_too(run: Run, tmp_path: Path) -> None:
    assert run("mask", DEMO / SHOTS[0], "-o", "out", "--cutout", "black").returncode == 0
    assert (tmp_path / "out" / "masks" / "DSC_0001.JPG.png").is_file()
    assert (tmp_path / "out" / "cutouts" / "DSC_0001.JPG").is_file()


def test_an_output_folder_inside_the_capture_is_never_taken_for_photos(run: Run, capture: Path) -> None:
    for _ in range(2):
        done = run("mask", capture, "-o", capture / "masked", "--cutout", "transparent", "--layout", "realityscan")
        assert done.returncode == 0, done.stderr
    assert len(manifest(capture / "masked")["shots"]) == 4


def test_an_object_called_plate_is_masked_when_told_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "plate_01.jpg")
    refused = run("mask", "capture", "-o", "out")
    assert refused.returncode == 2
    assert "--no-plates" in refused.stderr
    assert run("mask", "capture", "-o", "out", "--no-plates").returncode == 0


def test_a_raw_file_beside_its_jpeg_is_one_shot_with_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "IMG_1.JPG")
    (tmp_path / "capture" / "IMG_1.CR2").write_bytes(b"II*\0 raw data")
    assert run("mask", "capture", "-o", "out").returncode == 0
    (only,) = manifest(tmp_path / "out")["shots"]
    assert only["companions"] == ["IMG_1.CR2"]


def test_masks_left_by_other_programs_are_no_photos(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    shutil.copy(DEMO / SHOTS[0], tmp_path / "capture" / "IMG_1.JPG")
    mask = Image.new("L", (1280, 960))
    for name in ("IMG_1_mask.png", "IMG_1.JPG.png", "IMG_1.mask.png"):
        mask.save(tmp_path / "capture" / name)
    done = run("mask", "capture", "-o", "out")
    assert "3 files left out" in done.stdout
    assert set(masks(tmp_path / "out")) == {"IMG_1.JPG.png"}


def test_pictures_of_kinds_that_are_not_read_are_told_of_once(run: Run, tmp_path: Path) -> None:
    photo = Image.open(DEMO / SHOTS[0]).resize((320, 240))
    (tmp_path / "capture").mkdir()
    for name in ("IMG_1.jpg", "IMG_2.bmp", "IMG_3.BMP", "IMG_4.gif"):
        photo.save(tmp_path / "capture" / name)
    told = "3 files of kinds that are not read (.bmp, .gif) left out; convert any photos among them to PNG or TIFF"
    done = run("mask", "capture", "-o", "out")
    assert done.stdout.splitlines().count(told) == 1
    assert set(masks(tmp_path / "out")) == {"IMG_1.jpg.png"}
    assert f"Note: {told}." in run("capture", "capture").stdout
    (tmp_path / "capture" / "IMG_1.jpg").unlink()
    assert f"There are no photos in {tmp_path / 'capture'}; {told}. " in run("mask", "capture", "-o", "out").stderr
    done = run("mask", "capture/IMG_2.bmp", "-o", "single")
    assert "IMG_2.bmp is of a kind that is not read (BMP). Convert it to PNG or TIFF." in done.stderr


def test_of_several_pictures_in_one_file_the_first_is_masked(run: Run, tmp_path: Path) -> None:
    first, second = (Image.open(DEMO / name).resize((320, 240)) for name in (SHOTS[0], SHOTS[2]))
    (tmp_path / "capture").mkdir()
    first.save(tmp_path / "capture" / "IMG_1.jpg", quality=90)
    first.save(tmp_path / "capture" / "IMG_2.mpo", save_all=True, append_images=[second], quality=90)
    done = run("mask", "capture", "-o", "out", "--cutout", "black", "--no-rings")
    assert done.returncode == 0, done.stderr
    one, other = masks(tmp_path / "out").values()
    assert one == other
    assert (tmp_path / "out" / "cutouts" / "IMG_2.mpo.jpg").is_file()
