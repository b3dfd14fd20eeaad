"""``underside install metashape``: the menu and the record of the engine, there and away again."""

import json
import os
import sys
from pathlib import Path

import pytest
from conftest import Run

from underside import __version__
from underside.installers import metashape


def home(tmp_path: Path) -> dict[str, str]:
    folders = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"), str(tmp_path / "Käte"))
    return {**os.environ, **folders, "PYTHONUTF8": "1"}


def installed(tmp_path: Path) -> Path:
    return next((tmp_path / "Käte").rglob("underside_menu.py")).parent


def test_the_menu_goes_where_metashape_looks_and_knows_its_engine(run: Run, tmp_path: Path) -> None:
    done = run("install", "metashape", env=home(tmp_path))
    assert done.returncode == 0, done.stderr
    scripts = installed(tmp_path)
    assert scripts.parts[-3:] == ("Agisoft", "Metashape Pro", "scripts")
    record = json.loads((scripts / "underside_metashape" / "engine.json").read_text(encoding="utf-8"))
    assert record == {"python": sys.executable, "version": __version__}
    # Metashape runs every file that lies in this folder itself.
    assert [path.name for path in scripts.iterdir() if path.is_file()] == ["underside_menu.py"]
    assert "not to have run here yet" in done.stdout


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("win32", {"LOCALAPPDATA": "local"}, "local/Agisoft/Metashape Pro/scripts"),
        ("darwin", {"HOME": "me"}, "me/Library/Application Support/Agisoft/Metashape Pro/scripts"),
        ("linux", {"HOME": "me"}, "me/.local/share/Agisoft/Metashape Pro/scripts"),
    ],
)
def test_each_system_has_its_folder(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], folder: str
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert metashape.scripts_folder() == Path(folder)


def test_a_second_install_replaces_the_first_and_what_it_no_longer_has(run: Run, tmp_path: Path) -> None:
    scripts = tmp_path / "my scripts"
    parts = scripts / "underside_metashape"
    parts.mkdir(parents=True)
    (parts / "old_part.py").write_text("")
    (scripts / "somebody_elses.py").write_text("")
    assert run("install", "metashape", "--folder", scripts).returncode == 0
    assert run("install", "metashape", "--folder", scripts).returncode == 0
    assert not (parts / "old_part.py").exists()
    assert (scripts / "somebody_elses.py").is_file()


def test_uninstalling_leaves_nothing_of_ours_and_everything_else(run: Run, tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    run("install", "metashape", "--folder", scripts)
    (scripts / "somebody_elses.py").write_text("")
    done = run("uninstall", "metashape", "--folder", scripts)
    assert (done.returncode, done.stdout) == (0, f"The menu was removed from {scripts}\n")
    assert [path.name for path in scripts.iterdir()] == ["somebody_elses.py"]
    done = run("uninstall", "metashape", "--folder", scripts)
    assert (done.returncode, done.stdout) == (0, f"There was no menu in {scripts}\n")


def test_a_folder_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("install", "metashape", "--folder", tmp_path / "file" / "scripts")
    assert done.returncode == 2
    assert "name another folder with --folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1
