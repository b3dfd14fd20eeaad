"""The wheel: holds all that the commands need, and works where there is no checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_model_and_the_demo_and_not_the_rest(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "underside/_data/models/catalogue.toml",
        "underside/_data/models/turntable_int8.onnx",
        "underside/_data/models/turntable_fp16w.onnx",
        "underside/_data/metashape_scripts/underside_menu.py",
        "underside/_data/metashape_scripts/underside_metashape/menu.py",
        "underside/_data/meshroom_nodes/pyproject.toml",
        "underside/_data/meshroom_nodes/meshroom/undersideTurntable.mg",
        "underside/_data/meshroom_nodes/meshroom/undersideNodes/UndersideMasking.py",
        "underside/_data/meshroom_nodes/meshroom/undersideNodes/parts/engine.py",
        "underside/demo/upright/DSC_0001.JPG",
        "underside/report/contact_sheet.html",
        "underside/py.typed",
    ):
        assert needed in names
    assert not [name for name in names if "__pycache__" in name]
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "plugin"))]
    assert wheel.stat().st_size < 15e6


def run_from(wheel: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Unpacked onto the path in place of the checkout: what pip would do, without asking a registry again."""
    site = folder / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'underside';"
        "import underside; assert 'site' in underside.__file__, underside.__file__;"
        "from underside.__main__ import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(site), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(site)},
    )


def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    done = run_from(wheel, tmp_path, "demo")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "underside-demo" / "masked" / "figurine" / "masks").rglob("*.png"))) == 12


def test_the_metashape_menu_is_installed_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    done = run_from(wheel, tmp_path, "install", "metashape", "--folder", "scripts")
    assert done.returncode == 0, done.stderr
    checkout = ROOT / "metashape_scripts"
    for file in checkout.rglob("*.py"):
        assert (tmp_path / "scripts" / file.relative_to(checkout)).read_bytes() == file.read_bytes()


def test_meshroom_is_told_of_the_nodes_in_the_wheel(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    done = run_from(wheel, tmp_path, "install", "meshroom", "--as-nodes", "--shell", "bash")
    assert done.returncode == 0, done.stderr
    (nodes,) = tmp_path.rglob("_data/meshroom_nodes/meshroom")
    assert (nodes / "undersideNodes" / "__init__.py").is_file()
    assert f"export MESHROOM_NODES_PATH={nodes}" in done.stdout
