"""Words that somebody writes into photos after they were masked: rights, keywords, a position."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from PIL import Image

pytestmark = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed (Debian: libimage-exiftool-perl)"
)
OPTIONS = ("-o", "out", "--segmenter", "threshold", "--effort", "fast")
OF_ANOTHER = "Changed by hand for a photo that another one has replaced since"


def photo_in(path: Path, seed: int) -> Path:
    """A dark blob on white, in the container that the name tells."""
    pixels = np.full((96, 128, 3), 240, np.uint8)
    pixels[30:70, 40 + seed : 80] = (60, 40, 30)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, quality=90)
    return path


def state(out: Path, name: str) -> tuple[str, list[str]]:
    (shot,) = (each for each in json.loads((out / "capture.json").read_text())["shots"] if each["photo"] == name)
    return shot["state"], shot["notes"]


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_a_mask_changed_by_hand_still_fits_a_photo_that_has_got_keywords(run: Run, tmp_path: Path, suffix: str) -> None:
    photo, name = photo_in(tmp_path / "capture" / f"a{suffix}", 0), f"a{suffix}"
    photo_in(tmp_path / "capture" / f"b{suffix}", 5)
    run("mask", "capture", *OPTIONS)
    mask = tmp_path / "out" / "masks" / f"{name}.png"
    Image.fromarray(np.full((96, 128), 255, np.uint8)).save(mask)
    work = mask.read_bytes()
    # Twice: before a run has seen the mask by hand, and after that.
    for words in (("-IPTC:Keywords=amphora", "-XMP-dc:Rights=Museum"), ("-Artist=the studio", "-Orientation#=6")):
        subprocess.run(["exiftool", "-q", "-overwrite_original", *words, photo], check=True)
        done = run("mask", "capture", *OPTIONS)
        assert (done.returncode, OF_ANOTHER in done.stdout) == (0, False), done.stdout
        assert state(tmp_path / "out", name) == ("by hand", [])
        assert mask.read_bytes() == work
        assert run("check-layout", "out").returncode == 0
    shutil.copy(tmp_path / "capture" / f"b{suffix}", photo)
    assert OF_ANOTHER in run("mask", "capture", *OPTIONS).stdout
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-Artist=the studio", photo], check=True)
    assert OF_ANOTHER in run("mask", "capture", *OPTIONS).stdout
