"""The Metashape script as a guest: old Pythons, no foreign packages, one menu, and never another script's orders."""

import ast
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ROOT
from fake_metashape import FakeMetashape
from metashape_host import started

SCRIPTS = ROOT / "metashape_scripts"
FILES = sorted(SCRIPTS.rglob("*.py"))
ENTRIES = [
    "Underside/Mask photos...",
    "Underside/Import finished masks...",
    "Underside/Import capture as one chunk...",
    "Underside/Align for two poses",
    "Underside/Check masks",
    "Underside/Open report",
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_python_3_8(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_annotation_is_evaluated_by_old_pythons(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    annotated = any(isinstance(node, ast.FunctionDef | ast.AnnAssign) for node in ast.walk(tree))
    futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert futures or not annotated


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_standard_library_metashape_and_qt_are_imported(file: Path) -> None:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names <= {*sys.stdlib_module_names, "Metashape", "underside_metashape"}


def test_the_menu_appears_without_any_third_party_package() -> None:
    program = f"""
import sys, types
host = types.ModuleType("Metashape")
class Chunk:
    def generateMasks(self): pass
class App:
    def addMenuItem(self, label, func): print(label); self.func = func
    def messageBox(self, message): print(message)
    document = types.SimpleNamespace(chunk=None, path="")
    settings = types.SimpleNamespace(value=lambda name: None)
host.Chunk, host.app = Chunk, App()
sys.modules["Metashape"] = host
sys.argv = [""]
script = {str(SCRIPTS / "underside_menu.py")!r}
exec(compile(open(script, encoding="utf-8").read(), script, "exec"), {{"__name__": "__main__"}})
assert not [name for name in sys.modules if name.startswith(("PySide", "numpy"))]
host.app.func()
"""
    # No site-packages at all, and no variables that could lead to some.
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *ENTRIES,
        "There is no report yet. Mask photos, or import finished masks, first.",
    ]


def test_outside_metashape_the_script_says_where_it_belongs() -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPTS / "underside_menu.py")], capture_output=True, text=True, check=False
    )
    assert "runs inside Metashape Professional" in done.stdout
    assert done.returncode == 0


def test_a_script_run_twice_leaves_one_menu(tmp_path: Path) -> None:
    with started(tmp_path) as host:
        host.run_script([""])
        assert [label for label, _ in host.app.menu] == ENTRIES


def test_a_metashape_without_mask_generation_is_told_to_import_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(tmp_path, "1.6") as host:
        assert host.app.menu == []
    assert "older than 1.7" in capsys.readouterr().out


def test_no_version_is_asked_for_by_its_number(tmp_path: Path) -> None:
    for version in ("2.9", "3.0", "12.5"):
        with started(tmp_path, version) as host:
            assert [label for label, _ in host.app.menu] == ENTRIES


@pytest.mark.parametrize("argv", [["other.py", "--mask", "projekt.psx"], ["metashape", "--mask", "x"], []])
def test_orders_for_another_script_are_not_taken(tmp_path: Path, argv: list[str]) -> None:
    with started(tmp_path) as host:
        host.app.menu.clear()
        host.run_script(argv)
        assert [label for label, _ in host.app.menu] == ENTRIES


def test_without_a_window_the_start_goes_on_without_a_menu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with started(tmp_path, window=False) as host:
        assert host.app.menu == []
    assert "no menu here" in capsys.readouterr().out


def test_the_parts_are_found_though_metashape_does_not_say_which_file_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path) as host:
        usual = tmp_path / "data" / "Agisoft" / "Metashape Pro" / "scripts"
        usual.parent.mkdir(parents=True)
        host.scripts.rename(usual)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("HOME", str(tmp_path))
        host.app.menu.clear()
        for name in [name for name in sys.modules if name.startswith("underside_metashape")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "argv", [""])
        text = (usual / "underside_menu.py").read_text(encoding="utf-8")
        exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})
        assert [label for label, _ in host.app.menu] == ENTRIES


def test_the_console_may_know_neither_terminals_nor_our_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Console(io.TextIOWrapper):
        isatty = property()

    written = io.BytesIO()
    with started(tmp_path):
        from underside_metashape.host import say

        monkeypatch.setattr(sys, "stdout", Console(written, encoding="cp1252", errors="strict", write_through=True))
        say("1/2 Fundstück 甲.JPG")
    assert b"1/2 Fundst" in written.getvalue()


def test_the_stand_in_is_as_strict_as_its_tests_need(tmp_path: Path) -> None:
    old, new = FakeMetashape("2.1"), FakeMetashape("2.2")
    assert not hasattr(old.MaskingMode, "MaskingModeAI")
    assert hasattr(new.MaskingMode, "MaskingModeAI")
    chunk = old.document.addChunk()
    with pytest.raises(TypeError, match="invalid keyword"):
        chunk.matchPhotos(accuracy=1, progress=print)
    with pytest.raises(TypeError, match="cannot be"):
        chunk.matchPhotos(filter_mask="yes", progress=print)
    with pytest.raises(AttributeError):
        chunk.addCameraGroup().key  # noqa: B018
    with pytest.raises(AttributeError):
        chunk.camera_list = []
    with ThreadPoolExecutor() as pool, pytest.raises(RuntimeError, match="another thread"):
        pool.submit(chunk.addCameraGroup).result()
