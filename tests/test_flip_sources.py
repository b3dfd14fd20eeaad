"""What a proof says of a capture that is not whole, or was shot with several lenses."""

import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from PIL import Image

from underside.files import sha256_of
from underside.flip.apart import ask_apart
from underside.flip.proof.sources import read_sources
from underside.flip.trial import Trial, without_platter
from underside.manifest import Manifest, ShotRecord, State, save
from underside.masks import mask_name
from underside.png import encode_png
from underside.watch.lock import watching_alone


def capture(folder: Path, *, flipped_size: tuple[int, int] = (64, 48)) -> tuple[Path, Path]:
    """Two passes of four photos, masked."""
    photos, out = folder / "capture", folder / "out"
    records = []
    for pass_name, size in (("flipped", flipped_size), ("upright", (64, 48))):
        for number in range(4):
            name = f"{pass_name}/{number}.jpg"
            (photos / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, (number, 90, 90)).save(photos / name)
            path = out / mask_name(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(np.full(size[::-1], 255, np.uint8)))
            records.append(
                ShotRecord(
                    name,
                    pass_name,
                    State.MASKED,
                    sha256=sha256_of(photos / name),
                    width=size[0],
                    height=size[1],
                    mask=mask_name(name),
                    mask_sha256=sha256_of(path),
                )
            )
    save(Manifest(str(photos), {}, tuple(records)), out)
    return photos, out


def test_a_whole_capture_of_one_camera_needs_no_words(tmp_path: Path) -> None:
    _, out = capture(tmp_path)
    assert read_sources(out).notes == ()


def test_photos_that_came_since_and_masks_that_went_are_named(tmp_path: Path) -> None:
    photos, out = capture(tmp_path)
    Image.new("RGB", (64, 48)).save(photos / "upright" / "9.jpg")
    (out / mask_name("flipped/2.jpg")).unlink()
    growing, gone = read_sources(out).notes
    assert growing.startswith("upright/9.jpg has no mask yet")
    assert gone.startswith("flipped/2.jpg has no part in this answer")


def test_photos_that_a_raised_limit_let_through_have_their_part(tmp_path: Path) -> None:
    photos, out = capture(tmp_path, flipped_size=(16_000, 16_000))
    assert len(read_sources(out).shots) == len(list(photos.glob("*/*.jpg")))


def test_passes_of_different_cameras_are_told(tmp_path: Path) -> None:
    _, out = capture(tmp_path, flipped_size=(96, 72))
    assert "not shot with one camera" in read_sources(out).notes[0]


def test_nothing_is_repaired_while_a_watch_is_at_work(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    _, out = capture(tmp_path)
    with watching_alone(out, tmp_path):
        result = run("prove", out, "--repair")
    assert result.returncode == 2
    assert "A watch" in result.stderr
    assert "Traceback" not in result.stderr


def test_photos_without_any_point_are_tried_without_a_platter_in_vain(tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    _, out = capture(tmp_path)
    told: list[str] = []
    assert ask_apart(without_platter, out, tell=told.append, stop=threading.Event(), moot=None) == Trial()
    assert told == ["Looking for a platter in the masks, pass by pass"]


def test_a_question_that_takes_too_long_is_ended_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out = capture(tmp_path)
    work = tmp_path / "temporary"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    with pytest.raises(TimeoutError):
        ask_apart(without_platter, out, tell=lambda _: None, stop=threading.Event(), moot=None, seconds=0)
    assert not list(work.iterdir())
