"""The table of layouts: what an entry may ask for, so that adding a program is adding one."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from finished_folder import files, finish, letter, pixels, upright

from underside.layouts import LAYOUTS, check_folder, write_layout
from underside.layouts.pairing import is_mask_name
from underside.layouts.table import Layout, Photos
from underside.layouts.write import ENCODERS
from underside.photo import PHOTO_SUFFIXES
from underside.png import encode_png


@pytest.fixture
def unusual(monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A program whose masks lie where no other program's do, turned, inverted and oddly named."""
    layout = Layout(
        name="unusual",
        program="Unusual 3D",
        mask="zz {stem}~Alpha.png",
        masks="alpha",
        photos=Photos.COME,
        upright=True,
        inverted=True,
        how_to='unusual "{folder}"',
    )
    monkeypatch.setitem(LAYOUTS, layout.name, layout)
    return layout


def test_a_program_may_want_its_masks_in_a_folder_of_any_name(tmp_path: Path, unusual: Layout) -> None:
    finished = finish(tmp_path, ["upright/a.jpg"], orientation=6)
    laid = write_layout(finished.manifest, finished.out, unusual.name).folder
    mask = laid / "alpha/upright/zz a~Alpha.png"
    assert files(laid) == {"HOW-TO.txt", "images/upright/a.jpg", mask.relative_to(laid).as_posix()}
    np.testing.assert_array_equal(pixels(mask), 255 - upright(finished.mask("upright/a.jpg"), 6))
    (report,) = check_folder(laid)
    assert (report.photos, report.findings) == (1, ())


def test_what_a_person_has_changed_in_such_a_folder_stays(tmp_path: Path, unusual: Layout) -> None:
    finished = finish(tmp_path, ["a.jpg", "b.jpg"])
    laid = write_layout(finished.manifest, finished.out, unusual.name).folder
    edited = encode_png(letter(seed=7))
    (laid / "alpha/zz a~Alpha.png").unlink()
    (laid / "alpha/zz a~Alpha.png").write_bytes(edited)
    fewer = replace(finished.manifest, shots=finished.manifest.shots[:1])
    assert "alpha/zz a~Alpha.png" in write_layout(fewer, finished.out, unusual.name).by_hand
    assert (laid / "alpha/zz a~Alpha.png").read_bytes() == edited
    assert not (laid / "alpha/zz b~Alpha.png").exists()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_mask_is_of_a_kind_that_is_written(name: str) -> None:
    suffix = PurePosixPath(LAYOUTS[name].mask).suffix
    assert suffix in ENCODERS, f"{name} wants {suffix}: layouts/write.py can write {', '.join(ENCODERS)} only"


@pytest.mark.parametrize("suffix", sorted(PHOTO_SUFFIXES))
def test_no_photo_is_taken_for_a_mask_by_its_name_alone(suffix: str) -> None:
    assert not is_mask_name(f"IMG_1{suffix}")
