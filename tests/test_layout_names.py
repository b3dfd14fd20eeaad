"""Names of photos in a layout: changed where two would meet or a program cannot have them, or refused."""

from pathlib import Path

import pytest
from conftest import Run
from finished_folder import SAME_NAMES, files, finish, laid
from PIL import Image
from watched import QUICK, photo, put

from underside.errors import OutputError
from underside.layouts import LAYOUTS, check_folder, write_layout


@pytest.mark.parametrize("name", ["plain", "metashape"])
def test_two_photos_never_share_a_mask(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, ["upright/IMG_1.jpg", "upright/img_1.tif"])
    with pytest.raises(OutputError, match=r"upright/IMG_1\.jpg and upright/img_1\.tif .* one and the same mask"):
        laid(finished, name)
    assert not (finished.out / "layouts" / name).exists()


@pytest.mark.parametrize(
    ("second", "remedy"),
    [("IMG_1.tif", r"or choose a layout that keeps whole names, such as colmap\.$"), ("img_1.JPG", "run again\\.$")],
)
def test_another_layout_is_named_only_where_it_would_take_the_photos(tmp_path: Path, second: str, remedy: str) -> None:
    finished = finish(tmp_path, ["IMG_1.jpg", second])
    with pytest.raises(OutputError, match=remedy):
        laid(finished, "metashape")


def test_colmap_tells_photos_apart_that_differ_in_their_suffix(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["IMG_1.jpg", "IMG_1.tif"])
    assert files(laid(finished, "colmap") / "masks") == {"IMG_1.jpg.png", "IMG_1.tif.png"}


@pytest.mark.parametrize("name", [name for name in LAYOUTS if LAYOUTS[name].flat])
def test_photos_of_two_passes_that_share_a_name_are_told_apart(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, SAME_NAMES)
    result = write_layout(finished.manifest, finished.out, name)
    pictures = sorted(files(result.folder) - {"HOW-TO.txt"})
    assert pictures
    assert all("upright_0001" in file or "flipped_0001" in file for file in pictures)
    assert any("upright/0001.jpg" in note for note in result.notes)
    (report,) = check_folder(result.folder)
    assert (report.photos, report.findings) == (2, ())


def test_meshroom_gets_photos_only_where_their_names_had_to_change(tmp_path: Path) -> None:
    finished = finish(tmp_path, SAME_NAMES)
    assert files(laid(finished, "meshroom")) == {
        "HOW-TO.txt",
        "images/flipped_0001.jpg",
        "images/upright_0001.jpg",
        "masks/flipped_0001.png",
        "masks/upright_0001.png",
    }


@pytest.mark.parametrize(
    ("photos", "laid_out"),
    [
        (("IMG_1.JPG", "IMG_1.tif"), {"IMG_1_JPG.JPG", "IMG_1_tif.tif"}),
        (("a/IMG_1.JPG", "b/img_1.jpg"), {"a_IMG_1.JPG", "b_img_1.jpg"}),
        (("a/é.jpg", "b/e\u0301.jpg"), {"a_é.jpg", "b_e\u0301.jpg"}),
        (("IMG_1.JPG", "IMG_1_mask.png"), {"IMG_1_JPG.JPG", "IMG_1_mask_png.png"}),
    ],
)
def test_names_that_would_meet_on_some_disk_are_changed(
    tmp_path: Path, photos: tuple[str, ...], laid_out: set[str]
) -> None:
    finished = finish(tmp_path, photos)
    images = files(laid(finished, "openmvg") / "images")
    assert laid_out < images
    assert len(images) == 4


def test_names_that_meet_whatever_is_done_are_refused(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a_b/c.jpg", "a/b_c.jpg", "c.jpg", "d/c.jpg"])
    with pytest.raises(OutputError, match=r"a_b/c\.jpg and a/b_c\.jpg"):
        laid(finished, "opensfm")


def test_opendronemap_gets_names_without_spaces(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["my vase 1.jpg"])
    result = write_layout(finished.manifest, finished.out, "opendronemap")
    assert files(result.folder / "images") == {"my_vase_1.jpg", "my_vase_1_mask.png"}
    assert any("my_vase_1.jpg for my vase 1.jpg" in note and "space" in note for note in result.notes)


def test_names_that_clash_in_a_layout_are_refused_before_the_first_mask(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "capture" / "IMG_1.jpg", photo(1))
    Image.open(tmp_path / "capture" / "IMG_1.jpg").rotate(5).save(tmp_path / "capture" / "IMG_1.tif")
    refused = run("mask", "capture", "-o", "out", "--layout", "metashape", "--layout", "colmap", *QUICK)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith("underside: IMG_1.jpg and IMG_1.tif would get one and the same mask for Metashape. Rename")
    assert not (tmp_path / "out").exists()
    assert run("mask", "capture", "-o", "out", "--layout", "colmap", *QUICK).returncode == 0


@pytest.mark.parametrize("door", [(), ("--events",)])
def test_a_layout_in_which_photos_of_two_runs_clash_keeps_none_of_the_others(
    run: Run, tmp_path: Path, door: tuple[str, ...]
) -> None:
    first = put(tmp_path / "capture" / "IMG_1.jpg", photo(1))
    Image.open(first).rotate(5).save(tmp_path / "capture" / "IMG_1.tif")
    assert run("mask", first, "-o", "out", *QUICK).returncode == 0
    layouts = ("--layout", "metashape", "--layout", "colmap")
    done = run("mask", "capture/IMG_1.tif", "-o", "out", *layouts, *QUICK, *door)
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("underside: IMG_1.jpg and IMG_1.tif would get one and the same mask for Metashape. Rename")
    assert ("finished" if door else "Laid out for colmap") in done.stdout
    assert files(tmp_path / "out/layouts") >= {"colmap/masks/IMG_1.jpg.png", "colmap/masks/IMG_1.tif.png"}
    assert not (tmp_path / "out/layouts/metashape").exists()
