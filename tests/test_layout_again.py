"""A layout made where there was one, or where making it fails: whole or as it was."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from finished_folder import (
    SAME_NAMES,
    TWO_PASSES,
    files,
    finish,
    laid,
    letter,
    pixels,
)
from watched import QUICK, photo, put

from underside.errors import OutputError
from underside.layouts import write_layout
from underside.png import encode_png


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


def test_a_mask_that_the_disk_spells_in_another_way_is_made_anew(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["\u00fc.jpg"])
    folder = laid(finished, "metashape")
    os.link(folder / "masks/\u00fc_mask.png", folder / "masks/u\u0308_mask.png")  # as a disk that has both for one
    (finished.out / "masks/\u00fc.jpg.png").unlink()
    (finished.out / "masks/\u00fc.jpg.png").write_bytes(encode_png(letter(seed=3)))
    assert not write_layout(finished.manifest, finished.out, "metashape").by_hand
    assert files(folder / "masks") == {"\u00fc_mask.png"}


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


def test_a_photo_written_anew_in_its_place_is_not_called_changed_in_the_layout(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg", "b.jpg"])
    folder = laid(finished, "opensfm")
    (finished.capture / "b.jpg").write_bytes(b"cut short")  # one file with that of the layout
    assert (folder / "images/b.jpg").read_bytes() == b"cut short"
    one = replace(finished.manifest, shots=finished.manifest.shots[:1])
    assert not write_layout(one, finished.out, "opensfm").by_hand
    assert files(folder / "images") == {"a.jpg"}
