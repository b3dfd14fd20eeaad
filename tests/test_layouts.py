"""Mask layouts: each program finds the files it looks for, with the pixels it wants, and is told how to take them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from finished_folder import (
    HEIGHT,
    TWO_PASSES,
    WIDTH,
    files,
    finish,
    laid,
    letter,
    pixels,
    record,
    upright,
)
from PIL import Image

from underside.errors import SettingsError
from underside.layouts import LAYOUTS, check_folder, check_layout_names, write_layout
from underside.layouts.table import Photos
from underside.manifest import State
from underside.png import encode_png

MASKS_ONLY = [name for name, layout in LAYOUTS.items() if layout.photos is not Photos.COME and not layout.cut_out]

WITH_PHOTOS = [name for name, layout in LAYOUTS.items() if layout.photos is Photos.COME]
CHANGED = {name for name, each in LAYOUTS.items() if each.upright or each.inverted or not each.mask.endswith(".png")}

# What each program finds for the two photos above, as its documentation says.
FILES = {
    "plain": {"masks/upright/DSC_0001.png", "masks/flipped/DSC_0019.png"},
    "metashape": {"masks/upright/DSC_0001_mask.png", "masks/flipped/DSC_0019_mask.png"},
    "meshroom": {"masks/DSC_0001.png", "masks/DSC_0019.png"},
    "colmap": {"masks/upright/DSC_0001.JPG.png", "masks/flipped/DSC_0019.JPG.png"},
    "opendronemap": {
        "images/DSC_0001.JPG",
        "images/DSC_0001_mask.png",
        "images/DSC_0019.JPG",
        "images/DSC_0019_mask.png",
    },
    "opensfm": {"images/DSC_0001.JPG", "masks/DSC_0001.JPG.png", "images/DSC_0019.JPG", "masks/DSC_0019.JPG.png"},
    "realityscan": {
        "images/DSC_0001.JPG",
        "images/DSC_0001.JPG.mask.png",
        "images/DSC_0019.JPG",
        "images/DSC_0019.JPG.mask.png",
    },
    "openmvs": {"masks/DSC_0001.mask.png", "masks/DSC_0019.mask.png"},
    "openmvg": {
        "images/DSC_0001.JPG",
        "images/DSC_0001_mask.png",
        "images/DSC_0019.JPG",
        "images/DSC_0019_mask.png",
    },
    "nerfstudio": {
        "images/upright/DSC_0001.JPG",
        "masks/upright/DSC_0001.png",
        "images/flipped/DSC_0019.JPG",
        "masks/flipped/DSC_0019.png",
    },
    "instant-ngp": {
        "images/DSC_0001.JPG",
        "images/dynamic_mask_DSC_0001.png",
        "images/DSC_0019.JPG",
        "images/dynamic_mask_DSC_0019.png",
    },
    "gaussian-splatting": {"images/DSC_0001.png", "images/DSC_0019.png"},
    "micmac": {
        "images/DSC_0001.JPG",
        "images/DSC_0001_Masq.tif",
        "images/DSC_0019.JPG",
        "images/DSC_0019_Masq.tif",
    },
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_has_the_files_its_program_looks_for(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, TWO_PASSES, plates=["empty/DSC_0037.JPG"])
    result = write_layout(finished.manifest, finished.out, name)
    assert result.folder == finished.out / "layouts" / name
    assert name in FILES, f"FILES in this file does not say what {name} looks for"
    assert files(result.folder) == FILES[name] | {"HOW-TO.txt"}
    assert result.written == 2


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_check_finds_nothing_wrong_with_a_layout_of_ours(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, TWO_PASSES, orientation=6)
    (report,) = check_folder(laid(finished, name))
    assert (report.photos, report.findings) == (2, ())


@pytest.mark.parametrize("name", [name for name in MASKS_ONLY if name not in CHANGED])
def test_masks_that_need_no_change_take_no_room_on_the_disk(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=8)
    (mask,) = (laid(finished, name) / "masks").iterdir()
    assert mask.samefile(finished.out / "masks/a.jpg.png")


@pytest.mark.parametrize("name", WITH_PHOTOS)
def test_photos_come_along_without_being_touched(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    original = finished.capture / "a.jpg"
    before = (original.read_bytes(), original.stat().st_mtime_ns)
    assert (laid(finished, name) / "images/a.jpg").read_bytes() == before[0]
    assert (original.read_bytes(), original.stat().st_mtime_ns) == before
    assert files(finished.capture) == {"a.jpg"}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("name", "mask"), [("opendronemap", "images/a_mask.png"), ("opensfm", "masks/a.jpg.png")])
def test_programs_that_turn_photos_get_upright_masks(tmp_path: Path, name: str, mask: str, orientation: int) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=orientation)
    found = pixels(laid(finished, name) / mask)
    np.testing.assert_array_equal(found, upright(finished.mask("a.jpg"), orientation))


def test_white_is_what_instant_ngp_throws_away(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=6)
    found = pixels(laid(finished, "instant-ngp") / "images/dynamic_mask_a.png")
    np.testing.assert_array_equal(found, 255 - finished.mask("a.jpg"))


def test_micmac_gets_a_plain_tiff(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    with Image.open(laid(finished, "micmac") / "images/a_Masq.tif") as mask:
        assert (mask.format, mask.mode, mask.info["compression"]) == ("TIFF", "L", "raw")
        np.testing.assert_array_equal(np.asarray(mask), finished.mask("a.jpg"))


def test_gaussian_splatting_gets_the_photo_with_a_transparent_background(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.png"], orientation=6)
    with Image.open(laid(finished, "gaussian-splatting") / "images/a.png") as cut_out:
        assert (cut_out.mode, cut_out.size) == ("RGBA", (WIDTH, HEIGHT))
        found = np.asarray(cut_out)
    mask = finished.mask("a.png")
    np.testing.assert_array_equal(found[..., 3], mask)
    np.testing.assert_array_equal(found[mask > 0, :3], pixels(finished.capture / "a.png")[mask > 0])


def test_cut_outs_that_are_there_are_used_again(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["whole.jpg", "cropped.jpg", "opaque.jpg", "short.jpg"])
    cutouts = finished.out / "cutouts"
    cutouts.mkdir()
    transparent = encode_png(np.zeros((HEIGHT, WIDTH, 4), np.uint8))
    (cutouts / "whole.jpg.png").write_bytes(transparent)
    (cutouts / "cropped.jpg.png").write_bytes(transparent)
    (cutouts / "opaque.jpg").write_bytes((finished.capture / "opaque.jpg").read_bytes())
    (cutouts / "short.jpg.png").write_bytes(transparent[:8])
    whole, cropped, opaque, short = finished.manifest.shots
    shots = (
        replace(whole, cutout="cutouts/whole.jpg.png"),
        replace(cropped, cutout="cutouts/cropped.jpg.png", crop=(1, 1, 9, 9)),
        replace(opaque, cutout="cutouts/opaque.jpg"),
        replace(short, cutout="cutouts/short.jpg.png"),
    )
    folder = write_layout(replace(finished.manifest, shots=shots), finished.out, "gaussian-splatting").folder
    assert (folder / "images/whole.png").samefile(cutouts / "whole.jpg.png")
    for name in ("cropped", "opaque", "short"):
        np.testing.assert_array_equal(pixels(folder / f"images/{name}.png")[..., 3], finished.mask(f"{name}.jpg"))


def test_a_program_that_sees_the_platter_in_whole_photos_is_warned_of_with_several_passes(tmp_path: Path) -> None:
    told = "use underside prepare --for opendronemap"
    one = finish(tmp_path / "one", ["a.jpg"])
    assert told not in " ".join(write_layout(one.manifest, one.out, "opendronemap").notes)
    two = finish(tmp_path / "two", ["upright/a.jpg", "flipped/b.jpg"])
    assert told in " ".join(write_layout(two.manifest, two.out, "opendronemap").notes)
    assert told not in " ".join(write_layout(two.manifest, two.out, "colmap").notes)


def test_what_a_paint_program_left_of_a_mask_is_made_a_mask_again(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    edited = letter(seed=3)
    Image.fromarray(np.where(edited > 0, 250, 4).astype(np.uint8)).convert("RGB").save(finished.out / "masks/a.jpg.png")
    by_hand = replace(finished.manifest, shots=(record("a.jpg", State.BY_HAND),))
    np.testing.assert_array_equal(
        pixels(write_layout(by_hand, finished.out, "colmap").folder / "masks/a.jpg.png"), edited
    )


def test_a_photo_without_a_mask_is_not_handed_over(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], failed=["broken.jpg"])
    result = write_layout(finished.manifest, finished.out, "opendronemap")
    assert files(result.folder / "images") == {"a.jpg", "a_mask.png"}
    assert any("broken.jpg" in note and "Not in this layout" in note for note in result.notes)


@pytest.mark.parametrize(("name", "words"), [("metashape", "take these out of the project"), ("colmap", "leaves out")])
def test_a_missing_mask_is_said_with_what_the_program_makes_of_it(tmp_path: Path, name: str, words: str) -> None:
    finished = finish(tmp_path, ["a.jpg"], failed=["broken.jpg"])
    (note,) = write_layout(finished.manifest, finished.out, name).notes
    assert words in note
    assert "broken.jpg" in note


def test_a_misspelt_layout_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no layout called colmpa\. Choose from .*metashape, .*colmap"):
        check_layout_names(["plain", "colmpa"])


@pytest.mark.parametrize("photos", [["a.jpg"], ["upright/a.jpg", "flipped/a.jpg", "flipped/b.jpg"]])
def test_metashape_is_pointed_to_folders_that_are_there(tmp_path: Path, photos: list[str]) -> None:
    finished = finish(tmp_path, photos)
    result = write_layout(finished.manifest, finished.out, "metashape")
    templates = re.findall(r'"([^"]+)"', result.how_to)
    masks = {template.replace("{filename}", stem) for template in templates for stem in ("a", "b")}
    assert {str(result.folder / each) for each in files(result.folder) - {"HOW-TO.txt"}} <= masks
    assert all(Path(template).parent.is_dir() for template in templates)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_how_to_can_be_typed_as_it_stands(tmp_path: Path, name: str) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    result = write_layout(finished.manifest, finished.out, name)
    assert str(result.folder) in result.how_to
    assert set(re.findall(r"\{\w*\}", result.how_to)) <= {"{filename}"}, "what is this to be replaced by?"
    text = (result.folder / "HOW-TO.txt").read_text(encoding="utf-8")
    assert result.how_to in text
    assert all(note in text for note in result.notes)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_docs_show_each_layout_as_it_is(name: str) -> None:
    layout = LAYOUTS[name]
    page = (Path(__file__).parents[1] / "docs/layouts.md").read_text(encoding="utf-8")
    row = next((line for line in page.splitlines() if line.startswith(f"| `{name}` |")), "")
    assert row, f"docs/layouts.md, What goes where, has no row for {name}"
    example = layout.mask.format(name="IMG_1.JPG", stem="IMG_1")
    assert f"`{layout.masks}/{example}`" in row or f"`{layout.masks}/PASS/{example}`" in row
    assert ("upright" in row) == layout.upright
    assert ("inverted" in row) == layout.inverted
    assert ("not confirmed" in row) == bool(layout.check_once)
