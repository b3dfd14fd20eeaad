"""A run ends well whoever listens, and whoever runs it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from blob_captures import linux, masked, photos, posix
from conftest import Run, command


@posix
@pytest.mark.parametrize(
    "ending",
    [
        "| head -1",
        "--events | head -1",
        ">&-",
        "--events >&-",
        "2>&-",
        "<&-",
        "--cutout black >&- 2>&- <&-",
        ">/dev/full",
        "2>&1 | head -1",
    ],
)
def test_a_run_ends_well_whoever_listens(tmp_path: Path, ending: str) -> None:
    photos(tmp_path / "capture", 2)
    (tmp_path / "capture" / "bad.jpg").touch()
    words = " ".join(command("mask", "capture", "-o", "out"))
    script = f"set -o pipefail; {words} {ending}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    for complaint in ("Traceback", "Exception", "Error"):
        assert complaint not in done.stderr
    assert len(masked(tmp_path / "out")) == 2


@linux
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not here")
def test_neither_a_home_nor_a_name_is_needed(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    if os.geteuid() != 0:
        pytest.skip("only root may be somebody else")
    stranger = ["setpriv", "--reuid=54321", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    for words in (("mask", "capture", "-o", "out"), ("models",), ("doctor",)):
        done = subprocess.run(
            [*stranger, *command(*words)],
            cwd=tmp_path,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
