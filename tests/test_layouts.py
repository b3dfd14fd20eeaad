import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from finished_folder import HEIGHT, WIDTH, Finished, files, finish, letter, pixels, record, upright
from numpy.typing import NDArray
from PIL import Image
from watched import QUICK, photo, put

from underside.errors import OutputError, SettingsError
from underside.layouts import LAYOUTS, Kind, check_folder, check_layout_names, write_layout
from underside.layouts.table import Photos
from underside.manifest import State
from underside.png import encode_png

TWO_PASSES = ("upright/DSC_0001.JPG", "flipped/DSC_0019.JPG")
SAME_NAMES = ("upright/0001.jpg", "flipped/0001.jpg")
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


def laid(finished: Finished, name: str) -> Path:
    return write_layout(finished.manifest, finished.out, name).folder


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


def test_what_a_paint_program_left_of_a_mask_is_made_a_mask_again(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    edited = letter(seed=3)
    Image.fromarray(np.where(edited > 0, 250, 4).astype(np.uint8)).convert("RGB").save(finished.out / "masks/a.jpg.png")
    by_hand = replace(finished.manifest, shots=(record("a.jpg", State.BY_HAND),))
    np.testing.assert_array_equal(
        pixels(write_layout(by_hand, finished.out, "colmap").folder / "masks/a.jpg.png"), edited
    )


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


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    finished = finish(tmp_path, SAME_NAMES)
    folder = laid(finished, "meshroom")
    one = replace(finished.manifest, shots=finished.manifest.shots[:1])
    write_layout(one, finished.out, "meshroom")
    assert files(folder) == {"masks/0001.png", "HOW-TO.txt"}


def test_what_a_program_put_into_a_layout_stays(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    result = laid(finished, "opendronemap") / "odm_orthophoto/odm_orthophoto.tif"
    result.parent.mkdir()
    result.write_bytes(b"a night's work")
    laid(finished, "opendronemap")
    assert result.read_bytes() == b"a night's work"


def test_a_layout_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    finished = finish(tmp_path, TWO_PASSES)
    folder = laid(finished, "opensfm")
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    (finished.capture / TWO_PASSES[1]).unlink()
    with pytest.raises(OutputError, match="no longer exists"):
        laid(finished, "opensfm")
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    assert not list(folder.glob(".*"))


def test_nothing_is_left_of_a_first_layout_that_fails(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    (finished.out / "masks/a.jpg.png").unlink()
    with pytest.raises(OutputError, match="no longer exists"):
        laid(finished, "plain")
    assert not (finished.out / "layouts/plain").exists()


def test_a_layout_without_any_mask_is_refused(tmp_path: Path) -> None:
    finished = finish(tmp_path, [], failed=["broken.jpg"])
    with pytest.raises(OutputError, match="no mask to lay out for COLMAP"):
        laid(finished, "colmap")


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


@pytest.mark.parametrize("orientation", [1, 6])
def test_colmap_finds_features_only_where_the_masks_are_white(tmp_path: Path, orientation: int) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], orientation=orientation, size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    everywhere = features(finished.capture, tmp_path / "without.db")["pass/a.jpg"]
    assert is_object(finished, everywhere).mean() < 0.5
    masked = features(finished.capture, tmp_path / "with.db", masks)["pass/a.jpg"]
    assert len(masked) > 20
    assert is_object(finished, masked).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "I;16"])
def test_colmap_reads_masks_as_paint_programs_save_them(tmp_path: Path, mode: str) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    mask = finished.mask("pass/a.jpg")
    saved = Image.fromarray(mask.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(mask).convert(mode)
    (masks / "pass/a.jpg.png").unlink()
    saved.save(masks / "pass/a.jpg.png")
    masked = features(finished.capture, tmp_path / "masked.db", masks)["pass/a.jpg"]
    assert len(masked) > 20
    assert is_object(finished, masked).all()


def test_colmap_does_not_use_a_mask_that_the_check_calls_misnamed(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    (masks / "pass/a.jpg.png").rename(masks / "pass/a_mask.png")
    assert "pass/a.jpg" not in features(finished.capture, tmp_path / "misnamed.db", masks)
    (report,) = check_folder(masks.parent)
    assert [(finding.kind, finding.mask) for finding in report.findings] == [(Kind.NAME, "pass/a_mask.png")]


def is_object(finished: Finished, keypoints: NDArray[np.float32]) -> NDArray[np.bool_]:
    columns, rows = keypoints[:, :2].astype(int).T
    found: NDArray[np.uint8] = finished.mask("pass/a.jpg")[rows, columns]
    return np.asarray(found == 255, np.bool_)


def features(images: Path, database: Path, masks: Path | None = None) -> dict[str, NDArray[np.float32]]:
    pycolmap = pytest.importorskip("pycolmap", reason="COLMAP itself, as pycolmap, is not installed")
    reader = pycolmap.ImageReaderOptions()
    if masks:
        reader.mask_path = masks
    options = pycolmap.FeatureExtractionOptions(use_gpu=False, num_threads=1)
    pycolmap.extract_features(database, images, reader_options=reader, extraction_options=options)
    with pycolmap.Database.open(database) as opened:
        return {image.name: opened.read_keypoints(image.image_id) for image in opened.read_all_images()}


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


def edit(path: Path, mask: NDArray[np.uint8]) -> bytes:
    """As a paint program saves it: in colours, and in the place of the file rather than into it."""
    part = path.with_name("part.png")
    Image.fromarray(mask).convert("RGB").save(part)
    part.replace(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "mask", "remedy"),
    [
        ("metashape", "masks/upright/IMG_1_mask.png", "copy masks/upright/IMG_1_mask.png over "),
        ("opendronemap", "images/IMG_1_mask.png", "copy images/IMG_1_mask.png over "),
        ("instant-ngp", "images/dynamic_mask_IMG_1.png", "change "),
    ],
)
def test_a_mask_that_a_person_has_changed_in_a_layout_stays_and_is_told(
    run: Run, tmp_path: Path, name: str, mask: str, remedy: str
) -> None:
    for number in range(2):
        put(tmp_path / f"capture/upright/IMG_{number + 1}.jpg", photo(number))
    again = ("mask", "capture", "-o", "out", "--layout", name, *QUICK)
    assert "by hand" not in run(*again).stdout
    edited = edit(tmp_path / "out/layouts" / name / mask, letter(size=(128, 96)))
    for more in ((), ("--force",)):
        done = run(*again, *more)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out/layouts" / name / mask).read_bytes() == edited
        (line,) = (line for line in done.stdout.splitlines() if "by hand" in line)
        assert f"{mask}. To have it in all results, {remedy}out/masks/upright/IMG_1.jpg.png" in line
    (tmp_path / "out/layouts" / name / mask).unlink()
    assert "by hand" not in run(*again).stdout
    assert (tmp_path / "out/layouts" / name / mask).is_file()


def test_a_change_that_was_taken_over_into_the_masks_is_told_of_no_more(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    folder = laid(finished, "metashape")
    (finished.out / "masks/a.jpg.png").unlink()
    (finished.out / "masks/a.jpg.png").write_bytes(edit(folder / "masks/a_mask.png", letter(seed=3)))
    by_hand = replace(finished.manifest, shots=(record("a.jpg", State.BY_HAND),))
    assert write_layout(by_hand, finished.out, "metashape").notes == ()
    np.testing.assert_array_equal(pixels(folder / "masks/a_mask.png"), letter(seed=3))


def test_a_mask_of_a_persons_own_for_a_shot_that_failed_stays(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], failed=["broken.jpg"])
    folder = laid(finished, "metashape")
    (folder / "masks/broken_mask.png").write_bytes(encode_png(letter(seed=4)))
    assert write_layout(finished.manifest, finished.out, "metashape").notes == ()
    np.testing.assert_array_equal(pixels(folder / "masks/broken_mask.png"), letter(seed=4))


def test_a_layout_of_before_there_were_tables_is_made_anew_but_for_what_was_changed(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg", "b.jpg", "c.jpg"])
    folder = laid(finished, "metashape")
    (finished.out / "layouts/.metashape-as-written.json").unlink()
    edited = edit(folder / "masks/a_mask.png", letter(seed=5))
    os.utime(folder / "masks/a_mask.png", ns=(0, (folder / "HOW-TO.txt").stat().st_mtime_ns + 1))
    for name in ("a.jpg", "b.jpg"):
        (finished.out / f"masks/{name}.png").unlink()
        (finished.out / f"masks/{name}.png").write_bytes(encode_png(letter(seed=9)))
    rest = replace(finished.manifest, shots=finished.manifest.shots[:2])
    again = write_layout(rest, finished.out, "metashape")
    assert "masks/a_mask.png" in again.by_hand
    assert "b_mask" not in again.by_hand
    assert (folder / "masks/a_mask.png").read_bytes() == edited
    np.testing.assert_array_equal(pixels(folder / "masks/b_mask.png"), letter(seed=9))
    assert not (folder / "masks/c_mask.png").exists()


def test_a_mask_that_the_disk_spells_in_another_way_is_made_anew(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["\u00fc.jpg"])
    folder = laid(finished, "metashape")
    os.link(folder / "masks/\u00fc_mask.png", folder / "masks/u\u0308_mask.png")  # as a disk that has both for one
    (finished.out / "masks/\u00fc.jpg.png").unlink()
    (finished.out / "masks/\u00fc.jpg.png").write_bytes(encode_png(letter(seed=3)))
    assert not write_layout(finished.manifest, finished.out, "metashape").by_hand
    assert files(folder / "masks") == {"\u00fc_mask.png"}


def test_a_change_whose_place_another_photo_needs_is_not_lost_to_it(tmp_path: Path) -> None:
    finished = finish(tmp_path, SAME_NAMES)
    first, second = (replace(finished.manifest, shots=(shot,)) for shot in finished.manifest.shots)
    folder = write_layout(first, finished.out, "meshroom").folder
    edited = edit(folder / "masks/0001.png", letter(seed=5))
    with pytest.raises(OutputError, match=r"changed by hand for upright/0001\.jpg, .* place of flipped/0001\.jpg"):
        write_layout(second, finished.out, "meshroom")
    assert (folder / "masks/0001.png").read_bytes() == edited


@pytest.mark.parametrize("moved", ["masks", ""])
def test_a_change_survives_a_run_that_was_killed_while_it_laid_out(tmp_path: Path, moved: str) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    folder = laid(finished, "metashape")
    edited = edit(folder / "masks/a_mask.png", letter(seed=5))
    for name in (".underside-new", ".underside-old"):
        (folder / name).mkdir()
    if moved:
        (folder / moved).rename(folder / ".underside-old" / moved)
    laid(finished, "metashape")
    assert (folder / "masks/a_mask.png").read_bytes() == edited


def test_a_layout_of_an_earlier_run_follows_its_masks(run: Run, tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / "capture" / f"{number}.jpg", photo(number))
    words = ("mask", "capture", "-o", "out", "--no-rings", *QUICK)
    assert run(*words, "--layout", "colmap", "--layout", "meshroom").returncode == 0
    first = (tmp_path / "out" / "masks" / "1.jpg.png").read_bytes()
    layouts = tmp_path / "out" / "layouts"
    by_hand = layouts / "colmap" / "masks" / "0.jpg.png"
    by_hand.unlink()
    by_hand.write_bytes(encode_png(np.zeros((96, 128), np.uint8)))
    done = run(*words, "--grow", "6")
    assert "Laid out for colmap" in done.stdout
    assert "(delete it to have it made again): masks/0.jpg.png" in done.stdout
    assert (tmp_path / "out" / "masks" / "1.jpg.png").read_bytes() != first
    for name in ("colmap/masks/1.jpg.png", "meshroom/masks/1.png"):
        assert (layouts / name).read_bytes() == (tmp_path / "out" / "masks" / "1.jpg.png").read_bytes()
    assert not pixels(by_hand).any()
    before = {path: path.stat().st_ino for path in layouts.rglob("*")}
    assert "Laid out" not in run(*words, "--grow", "6").stdout
    assert {path: path.stat().st_ino for path in layouts.rglob("*")} == before


def test_a_program_is_told_of_it_beside_its_events(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "capture/a.jpg", photo(1))
    again = ("mask", "capture", "-o", "out", "--layout", "metashape", "--events", *QUICK)
    run(*again)
    edit(tmp_path / "out/layouts/metashape/masks/a_mask.png", letter(size=(128, 96)))
    (line,) = run(*again).stderr.splitlines()
    assert "masks/a_mask.png" in line


def test_a_photo_written_anew_in_its_place_is_not_called_changed_in_the_layout(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg", "b.jpg"])
    folder = laid(finished, "opensfm")
    (finished.capture / "b.jpg").write_bytes(b"cut short")  # one file with that of the layout
    assert (folder / "images/b.jpg").read_bytes() == b"cut short"
    one = replace(finished.manifest, shots=finished.manifest.shots[:1])
    assert not write_layout(one, finished.out, "opensfm").by_hand
    assert files(folder / "images") == {"a.jpg"}
