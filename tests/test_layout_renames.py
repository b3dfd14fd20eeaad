"""What stays in a layout of photos that were renamed, or whose shot is gone."""

from pathlib import Path

import pytest
from blob_captures import photo
from conftest import Run
from PIL import Image, ImageOps

WORDS = ("mask", "capture", "-o", "out", "--segmenter", "threshold", "--effort", "fast")


def test_a_renamed_photo_leaves_no_mask_behind_that_was_changed_in_its_own_place(run: Run, tmp_path: Path) -> None:
    own = photo(tmp_path / "capture" / "a.jpg")
    photo(tmp_path / "capture" / "b.jpg", seed=1)
    run(*WORDS, "--layout", "colmap")
    mask, laid_out = tmp_path / "out" / "masks" / "a.jpg.png", tmp_path / "out" / "layouts" / "colmap" / "masks"
    if not mask.samefile(laid_out / "a.jpg.png"):
        pytest.skip("this disk has no hard links")
    # As OpenCV and some editors do it: into the very file, which is the layout's too.
    with Image.open(mask) as written:
        work = ImageOps.invert(written)
    with mask.open("r+b") as file:
        work.save(file, "PNG")
    own.rename(own.with_name("z.jpg"))
    done = run(*WORDS)
    assert (done.returncode, "1 mask changed by hand" in done.stdout) == (0, True), done.stderr
    assert {path.name for path in laid_out.iterdir()} == {"b.jpg.png", "z.jpg.png"}
    assert "stays as it is" not in done.stdout


def test_a_mask_changed_in_a_layout_stays_though_its_photo_is_renamed(run: Run, tmp_path: Path) -> None:
    own = photo(tmp_path / "capture" / "a.jpg")
    other = photo(tmp_path / "capture" / "b.jpg", seed=1)
    run(*WORDS, "--layout", "colmap")
    changed = tmp_path / "out" / "layouts" / "colmap" / "masks" / "a.jpg.png"
    changed.unlink()
    changed.write_bytes(other.read_bytes())
    own.rename(own.with_name("z.jpg"))
    assert "stays as it is" in run(*WORDS).stdout
    assert changed.read_bytes() == other.read_bytes()
