"""What is kept of the platter in a set, and the position that is not."""

from pathlib import Path

import numpy as np
import pytest
from finished_folder import HEIGHT, WIDTH, pixels, upright
from PIL import Image
from prepared_sets import hashed, keeping, masked, stamps
from rich_photos import exiftool_facts, rich_jpeg

from underside.errors import SettingsError
from underside.metadata.position import has_position
from underside.prepare import PrepareOptions, prepare


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


def test_numbers_of_a_box_may_stand_apart(tmp_path: Path) -> None:
    finished = masked(tmp_path)
    prepare(finished.out, tmp_path / "set", "colmap", keeping("upright= 2, 3 ,10, 4 "))
    assert pixels(tmp_path / "set/masks/upright_0001.jpg.png")[3:7, 2:12].all()


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


def test_of_a_region_drawn_on_a_transparent_ground_only_what_is_drawn_stays(tmp_path: Path) -> None:
    finished = masked(tmp_path, ["a.jpg"])
    drawn = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    drawn[..., 3] = 0
    drawn[40:46, 50:60, 3] = 255
    Image.fromarray(drawn).save(tmp_path / "bar.png")
    prepare(finished.out, tmp_path / "set", "colmap", keeping(str(tmp_path / "bar.png")))
    expected = finished.mask("a.jpg") | drawn[..., 3]
    np.testing.assert_array_equal(pixels(tmp_path / "set/masks/a.jpg.png"), expected)


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
        ("1,2,3", "is not a region to keep"),
        ("1,2,0,4", "is not a region to keep"),
        ("1 0,2,3,4", "is not a region to keep"),
        (f"{'9' * 5000},2,3,4", "is not a region to keep"),
        ("nowhere.png", "is not a region to keep"),
        ("60,0,10,10", "does not fit upright/0001.jpg, which has 64 x 48"),
        ("sideways=0,0,1,1", "matches no shot of this capture. Passes are upright, flipped"),
        ("SMALL", "does not fit"),
        ("TEXT", "is not a picture"),
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
