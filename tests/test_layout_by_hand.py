"""Masks that a person has changed in a layout: they stay, and are told of."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from finished_folder import (
    SAME_NAMES,
    finish,
    laid,
    letter,
    pixels,
    record,
)
from numpy.typing import NDArray
from PIL import Image
from watched import QUICK, photo, put

from underside.errors import OutputError
from underside.layouts import write_layout
from underside.manifest import State
from underside.png import encode_png


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


def test_a_program_is_told_of_it_beside_its_events(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "capture/a.jpg", photo(1))
    again = ("mask", "capture", "-o", "out", "--layout", "metashape", "--events", *QUICK)
    run(*again)
    edit(tmp_path / "out/layouts/metashape/masks/a_mask.png", letter(size=(128, 96)))
    (line,) = run(*again).stderr.splitlines()
    assert "masks/a_mask.png" in line
