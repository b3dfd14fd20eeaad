"""Raw files that lie in another folder than the photos developed from them."""

import shutil
from pathlib import Path

import pytest
from blob_captures import photo
from conftest import Run
from photo_files import dng

TOLD = "Raw files lie in other folders than photos of the same names"


@pytest.mark.parametrize(
    ("developed", "raw", "told"),
    [
        ("upright", "upright/RAW", "upright, upright/RAW"),
        ("jpg/upright", "raw/upright", "jpg/upright, raw/upright"),
        ("upright/JPEG", "upright/DNG", "upright/DNG, upright/JPEG"),
        ("upright", "upright", ""),
        ("upright", "flipped", ""),  # a camera's counter that was set back
    ],
)
def test_raw_files_apart_from_their_photos_are_told(
    run: Run, tmp_path: Path, developed: str, raw: str, told: str
) -> None:
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    for number in range(2):
        photo(tmp_path / "capture" / developed / f"IMG_{number}.jpg", seed=number)
        path = tmp_path / "capture" / raw / f"IMG_{number}.DNG"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dng())
    masked = run("mask", "capture", "-o", "out", "--segmenter", "threshold", "--effort", "fast").stdout
    shown = run("capture", "capture").stdout
    assert (f"Warning: {TOLD}" in masked) is (f"Note: {TOLD}" in shown) is bool(told)
    if told:
        assert f"({told}), so each counts as a shot of its own: put both into one folder" in masked
        shutil.rmtree(tmp_path / "capture" / raw)
        assert TOLD not in run("mask", "capture", "-o", "out", "--segmenter", "threshold", "--effort", "fast").stdout
