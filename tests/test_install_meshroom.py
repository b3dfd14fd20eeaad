"""``underside install meshroom``: the lines for the shell, and the record of the engine; there and away again."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from meshroom_host import PLUGIN

from underside import __version__
from underside.errors import SettingsError
from underside.installers import meshroom


def home(tmp_path: Path, shell: str = "bash") -> dict[str, str]:
    folder = tmp_path / "Käte's home"
    folder.mkdir(exist_ok=True)
    names = ("HOME", "USERPROFILE", "LOCALAPPDATA")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MESHROOM_", "XDG_"))}
    return {**kept, **dict.fromkeys(names, str(folder)), "SHELL": f"/bin/{shell}", "PYTHONUTF8": "1"}


def test_it_prints_the_line_and_records_the_interpreter(run: Run, tmp_path: Path) -> None:
    done = run("install", "meshroom", "--shell", "bash", env=home(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("export MESHROOM_PLUGINS_PATH=")
    (record,) = (tmp_path / "Käte's home").rglob("meshroom.json")
    assert json.loads(record.read_text(encoding="utf-8")) == {"python": sys.executable, "version": __version__}
    assert not (tmp_path / "Käte's home" / ".bashrc").exists()


@pytest.mark.parametrize(
    ("shell", "ask"),
    [
        ("bash", 'printf %s "$MESHROOM_PLUGINS_PATH"'),
        ("sh", 'printf %s "$MESHROOM_PLUGINS_PATH"'),
        ("zsh", 'printf %s "$MESHROOM_PLUGINS_PATH"'),
        ("fish", "string join : $MESHROOM_PLUGINS_PATH"),
    ],
)
@pytest.mark.parametrize("before", [None, "/other plugins"])
def test_a_shell_reads_the_line_as_the_folder_before_what_was_there(
    shell: str, ask: str, before: str | None, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    folder = tmp_path / 'it\'s $HOME `x` "y" \\ ü'
    (line,) = meshroom.lines({"MESHROOM_PLUGINS_PATH": folder}, meshroom.Shell(shell))
    environment = {name: value for name, value in os.environ.items() if name != "MESHROOM_PLUGINS_PATH"}
    environment |= {"MESHROOM_PLUGINS_PATH": before} if before else {}
    done = subprocess.run(
        [shell, "-c", f"{line}\n{ask}"], env=environment, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.strip().split(":") == [str(folder), *([before] if before else [])]


def test_powershell_gets_a_line_of_its_own() -> None:
    (line,) = meshroom.lines({"MESHROOM_PLUGINS_PATH": Path("C:/it's here")}, meshroom.Shell.POWERSHELL)
    assert line.startswith("[Environment]::SetEnvironmentVariable('MESHROOM_PLUGINS_PATH'")
    assert "it''s here" in line


def test_the_other_way_names_nodes_and_templates(run: Run, tmp_path: Path) -> None:
    done = run("install", "meshroom", "--as-nodes", "--shell", "zsh", env=home(tmp_path))
    lines = done.stdout.splitlines()[-2:]
    assert [line.split("=")[0] for line in lines] == [
        "export MESHROOM_NODES_PATH",
        "export MESHROOM_PIPELINE_TEMPLATES_PATH",
    ]
    assert all(str(PLUGIN / "meshroom") in line for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps variables elsewhere")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "ksh"])
def test_writing_twice_is_writing_once_and_uninstalling_leaves_the_rest(run: Run, tmp_path: Path, shell: str) -> None:
    environment = home(tmp_path, shell)
    below = tmp_path / "Käte's home"
    place = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/conf.d/underside.fish"}.get(shell, ".profile")
    before = b"" if shell == "fish" else b"alias ll='ls -l' # \xff no UTF-8, no break at the end"
    if before:
        (below / place).write_bytes(before)
        (below / place).chmod(0o600)
    for _ in range(2):
        done = run("install", "meshroom", "--write", env=environment)
        assert done.returncode == 0, done.stderr
        assert str(below / place) in done.stdout
    written = (below / place).read_bytes()
    assert written.startswith(before)
    assert written.count(b"MESHROOM_PLUGINS_PATH") == (3 if shell != "fish" else 2)
    if before:
        assert (below / place).stat().st_mode & 0o777 == 0o600
    done = run("uninstall", "meshroom", env=environment)
    assert done.stdout.count("Removed from") == 2
    assert not list(below.rglob("meshroom.json"))
    if before:
        assert (below / place).read_bytes().rstrip(b"\n") == before
    else:
        assert not (below / place).exists()
    assert run("uninstall", "meshroom", env=environment).stdout == "Underside was not installed for Meshroom\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps variables elsewhere")
def test_what_a_person_wrote_after_our_lines_stays_where_their_end_was_deleted(run: Run, tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = tmp_path / "Käte's home" / ".bashrc"
    run("install", "meshroom", "--write", env=environment)
    *lines, end = file.read_text(encoding="utf-8").splitlines(keepends=True)
    assert end.startswith("# <<<")
    file.write_text("".join(lines) + "alias ll='ls -l'\n", encoding="utf-8")
    run("install", "meshroom", "--write", env=environment)
    run("uninstall", "meshroom", env=environment)
    assert "alias ll='ls -l'\n" in file.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps variables elsewhere")
def test_our_lines_are_found_though_an_editor_took_the_last_break_of_the_file(run: Run, tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = tmp_path / "Käte's home" / ".bashrc"
    file.write_text("# mine\n", encoding="utf-8")
    run("install", "meshroom", "--write", env=environment)
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert f"Removed from {file}" in run("uninstall", "meshroom", env=environment).stdout
    assert file.read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_start_file_that_is_a_link_stays_one(run: Run, tmp_path: Path) -> None:
    environment = home(tmp_path)
    kept = tmp_path / "dotfiles" / "bashrc"
    kept.parent.mkdir()
    kept.write_text("# mine\n", encoding="utf-8")
    (tmp_path / "Käte's home" / ".bashrc").symlink_to(kept)
    run("install", "meshroom", "--write", env=environment)
    assert (tmp_path / "Käte's home" / ".bashrc").is_symlink()
    assert "MESHROOM_PLUGINS_PATH" in kept.read_text(encoding="utf-8")


def test_a_record_that_cannot_be_written_is_one_line_with_the_other_way(run: Run, tmp_path: Path) -> None:
    environment = {**home(tmp_path), "XDG_DATA_HOME": str(tmp_path / "file"), "LOCALAPPDATA": str(tmp_path / "file")}
    if sys.platform == "darwin":
        pytest.skip("its place cannot be chosen there")
    (tmp_path / "file").write_text("")
    done = run("install", "meshroom", env=environment)
    assert done.returncode == 2
    assert f"set UNDERSIDE_PYTHON to {sys.executable}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="a colon cannot be part of a name there")
def test_a_folder_that_meshroom_would_take_for_two_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meshroom, "meshroom_nodes_folder", lambda: Path("/a:b/meshroom_nodes"))
    with pytest.raises(SettingsError, match="separates paths"):
        meshroom.variables(as_nodes=False)
