"""What many tests need: the command as a real process, the demo capture, the shared data."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "plugin" / "underside" / "demo"

Run = Callable[..., subprocess.CompletedProcess[str]]


def command(*words: object) -> list[str]:
    """The command line as a user types it."""
    return [sys.executable, "-m", "underside", *(str(word) for word in words)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``underside`` as a process, in a folder of its own, with nobody's models or settings."""

    def run(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "UNDERSIDE_MODELS": str(tmp_path / "models"), "PYTHONUTF8": "1"}
        options = {"cwd": tmp_path, "timeout": 240, "env": environment, **options}
        return subprocess.run(command(*words), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two upright and two flipped photos of the demo, and a plate."""
    folder = tmp_path / "capture"
    for name in ("upright/DSC_0001", "upright/DSC_0004", "flipped/DSC_0019", "flipped/DSC_0022", "empty/DSC_0037"):
        target = folder / f"{name}.JPG"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEMO / f"{name}.JPG", target)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data and judges that lies beside a checkout of the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data do not lie beside this checkout")
    return folder


@pytest.fixture
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page is not opened in a browser")
    return found
