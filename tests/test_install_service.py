"""``underside install service``: a watch for systemd, launchd and Windows, shown, written, run, and away again."""

import os
import plistlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from blob_captures import posix
from conftest import Run
from watched import put_some

from underside.errors import OutputError, SettingsError
from underside.installers import user_service

HARD = 'Käte\'s $HOME & 100% "new" ; <b> \\'
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="systemd")


def home(tmp_path: Path, *, systemctl: str = "exit 0") -> dict[str, str]:
    """Somebody's own home, and a system's program that writes down what it is told."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/told"\n{systemctl}\n')
    program.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    mine = {
        "HOME": str(tmp_path / "me"),
        "XDG_CONFIG_HOME": "",
        "UNDERSIDE_MODELS": str(tmp_path / "my %models"),
        "PATH": path,
    }
    return {**os.environ, **mine, "PYTHONUTF8": "1"}


def watched(tmp_path: Path) -> Path:
    folder = tmp_path / HARD
    folder.mkdir()
    return folder


def units(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "me" / ".config" / "systemd" / "user").glob("*"))


def words_of(unit: Path, key: str) -> list[str]:
    """As systemd reads a line, apart from how it reads its first word."""
    (line,) = [line for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith(f"{key}=")]
    return [word.replace("$$", "$").replace("%%", "%") for word in shlex.split(line.removeprefix(f"{key}="))]


@on_linux
def test_a_service_is_shown_and_not_written_unless_somebody_agrees(run: Run, tmp_path: Path) -> None:
    done = run("install", "service", watched(tmp_path), "--user", env=home(tmp_path))
    assert done.returncode == 1
    assert "ExecStart=" in done.stdout
    assert "Nothing was written" in done.stdout
    assert "--yes" in done.stderr
    assert not units(tmp_path)
    assert not (tmp_path / "told").exists()


@on_linux
def test_a_model_that_is_a_file_is_found_from_wherever_the_service_runs(run: Run, tmp_path: Path) -> None:
    done = run("install", "service", watched(tmp_path), "--model", "my.onnx", "--user", env=home(tmp_path))
    assert f'"--model={tmp_path / "my.onnx"}"' in done.stdout


@on_linux
def test_a_service_is_written_started_and_taken_away_again(run: Run, tmp_path: Path) -> None:
    folder, environment = watched(tmp_path), home(tmp_path)
    options = ("-o", "my out", "--layout", "colmap", "--layout=metashape", "--grow", "-3", "--newest-first")
    done = run("install", "service", folder, *options, "--user", "--yes", env=environment)
    assert done.returncode == 0, done.stderr
    (unit,) = units(tmp_path)
    words = words_of(unit, "ExecStart")
    assert words[:5] == [sys.executable, "-m", "underside", "watch", str(folder)]
    assert set(words[5:]) == {
        f"--output={tmp_path / 'my out'}",
        "--layout=colmap",
        "--layout=metashape",
        "--mask-offset=-3",
        "--newest-first",
    }
    assert words_of(unit, "Environment") == [f"UNDERSIDE_MODELS={tmp_path / 'my %models'}"]
    ours = f"--user restart {unit.name}"
    assert (tmp_path / "told").read_text().splitlines() == ["--user daemon-reload", f"--user enable {unit.name}", ours]
    gone = run("uninstall", "service", folder, "--user", env=environment)
    assert (gone.returncode, "no longer watched" in gone.stdout) == (0, True)
    assert not units(tmp_path)
    assert f"--user disable --now {unit.name}" in (tmp_path / "told").read_text()
    assert "No service of yours" in run("uninstall", "service", folder, "--user", env=environment).stdout


@on_linux
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(run: Run, tmp_path: Path) -> None:
    run("install", "service", watched(tmp_path), "--user", "--yes", env=home(tmp_path))
    (unit,) = units(tmp_path)
    verify = ["systemd-analyze", "--user", "--man=no", "verify", str(unit)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=environment)
    assert unit.name not in done.stdout + done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@on_linux
def test_what_a_unit_starts_watches_and_ends_well(run: Run, tmp_path: Path) -> None:
    folder = watched(tmp_path)
    soon = ("--segmenter", "threshold", "--settle", "0.1")
    run("install", "service", folder, "-o", "my out", *soon, "--user", "--yes", env=home(tmp_path))
    (unit,) = units(tmp_path)
    put_some(folder / "vase", 1)
    mask = tmp_path / "my out" / "vase" / "masks" / "IMG_0000.jpg.png"
    elsewhere = {"cwd": "/", "stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words_of(unit, "ExecStart"), **elsewhere) as process:  # type: ignore[call-overload]
        end = time.monotonic() + 60
        while not mask.exists() and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert mask.exists()


@on_linux
def test_a_service_that_does_not_start_is_told_with_what_to_do(run: Run, tmp_path: Path) -> None:
    environment = home(tmp_path, systemctl="echo 'Failed to connect to bus' >&2; exit 1")
    done = run("install", "service", watched(tmp_path), "--user", "--yes", env=environment)
    assert done.returncode == 2
    assert "Failed to connect to bus" in done.stderr
    assert "systemctl --user daemon-reload" in done.stderr
    assert "Traceback" not in done.stderr
    assert units(tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("captures",), "--user"),
        (("captures", "--user", "--once"), "--once cannot be used for a service"),
        (("captures", "--user", "--grow", "much"), "much"),
        (("captures", "--user", "--layout", "nothing"), "nothing"),
        (("elsewhere", "--user"), "There is no folder"),
    ],
)
def test_a_mistake_is_told_before_anything_is_shown(
    run: Run, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "captures").mkdir()
    done = run("install", "service", *words)
    assert (done.returncode, told in done.stderr, done.stdout) == (2, True, ""), done.stderr


def test_a_launch_agent_says_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made = user_service.service_for(tmp_path / HARD, ["watch", HARD, "--output=ä b"], system="darwin")
    facts = plistlib.loads(made.text.encode(made.encoding))
    assert facts["ProgramArguments"] == [sys.executable, "-m", "underside", "watch", HARD, "--output=ä b"]
    assert made.path == tmp_path / "Library" / "LaunchAgents" / f"{facts['Label']}.plist"
    assert facts["KeepAlive"] == {"SuccessfulExit": False}


@posix
def test_a_start_is_tried_again_for_as_long_as_the_one_before_has_not_ended(tmp_path: Path) -> None:
    program = tmp_path / "launchctl"
    # Refuses three times, as launchd does while the service that it was told to end still ends.
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told; [ $(wc -l < {tmp_path}/told) -gt 3 ]\n')
    program.chmod(0o755)
    service = user_service.Service(
        name="x", path=tmp_path / "x.plist", text="", start=((str(program), "bootstrap"),), stop=(), note=""
    )
    with pytest.raises(OutputError, match="it ended with 1"):
        user_service.install(service)
    user_service.install(replace(service, patience=60))
    assert (tmp_path / "told").read_text().splitlines() == ["bootstrap"] * 4


def test_a_task_of_windows_says_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERDOMAIN", "MUSEUM")
    monkeypatch.setenv("USERNAME", "Käte")
    made = user_service.service_for(tmp_path / "c", ["watch", "C:\\Käte's & <b>\\", "--output=D:\\a b"], system="win32")
    content = made.text.encode(made.encoding)
    assert content.startswith(b"\xff\xfe")
    task = ET.fromstring(content)
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert task.findtext(".//t:Exec/t:Arguments", None, names) == (
        '-m underside watch "C:\\Käte\'s & <b>\\\\" "--output=D:\\a b"'
    )
    assert task.findtext(".//t:Exec/t:Command", None, names) == sys.executable
    assert task.findtext(".//t:LogonTrigger/t:UserId", None, names) == "MUSEUM\\Käte"


def test_two_folders_of_one_name_have_services_of_their_own(tmp_path: Path) -> None:
    names = {user_service.service_for(tmp_path / each / "käte", system="linux").name for each in ("a", "b")}
    assert len(names) == 2
    assert all(name.isascii() for name in names)


def test_a_name_that_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    for name in ("line\nbreak", "no unicode \udcff"):
        with pytest.raises(SettingsError, match="characters"):
            user_service.service_for(tmp_path / name)
