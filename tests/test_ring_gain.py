"""The measure of what a ring's knowledge adds: its cache spares time, and changes no figure."""

import shutil
import subprocess
import sys
from pathlib import Path

from conftest import DEMO, ROOT
from finished_folder import letter
from PIL import Image

from underside.png import encode_png


def capture_of(folder: Path, names: list[str]) -> Path:
    """A capture of some photos of the demo, always under the same names, with some truth or other."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, name in enumerate(names, 1):
        photo = folder / "upright" / f"DSC_{number:04}.JPG"
        truth = folder / "gt_masks" / "upright" / f"{photo.name}.png"
        for path in (photo, truth):
            path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEMO / name, photo)
        with Image.open(photo) as picture:
            truth.write_bytes(encode_png(letter(size=picture.size)))
    return folder


def measured(capture: Path, *options: str) -> str:
    call = [sys.executable, str(ROOT / "benchmarks" / "ring_gain.py"), "measure", str(capture), *options]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout


def test_a_cache_of_other_photos_under_the_same_names_is_not_taken(tmp_path: Path) -> None:
    used, fresh = (("--cache", str(tmp_path / name)) for name in ("used", "fresh"))
    measured(capture_of(tmp_path / "capture", ["upright/DSC_0001.JPG", "upright/DSC_0003.JPG"]), *used)
    other = capture_of(tmp_path / "capture", ["flipped/DSC_0019.JPG", "flipped/DSC_0021.JPG"])
    assert measured(other, *used) == measured(other, *fresh)
