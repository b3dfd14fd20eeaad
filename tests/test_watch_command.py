"""``underside watch --on-capture``: the user's command, run once for each capture that is complete."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from blob_captures import refusal
from conftest import Run
from watched import Watch, masks, put_some

from underside.watch import keeper
from underside.watch.command import run_command
from underside.watch.handing_over import words_of
from underside.watch.status import read_status

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


HANGING = """
import os, signal, subprocess, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:  # one that is deaf beside one that is not: as a shell and its program
    subprocess.Popen([sys.executable, *sys.argv, "deaf"])
with open(sys.argv[1], "a") as told:
    told.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


WAITING = """
import os, sys, time
told, go, manifest = sys.argv[1:]
def tell(step):
    with open(told, "a") as file:
        file.write(f"{step} {manifest}\\n")
tell("begun")
while not os.path.exists(go):
    time.sleep(0.05)
tell("ended")
"""


def has_ended(number: str) -> bool:
    try:
        # Where no init waits for orphans, they stay as a name.
        return bool(psutil.Process(int(number)).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_a_done_file_completes_a_capture_and_a_command_is_given_the_manifest(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"import sys; open({str(told)!r}, 'a').write(sys.argv[1] + chr(10))"
    on_capture = f'"{sys.executable}" -c "{script}"'
    with Watch(tmp_path, "--quiet", "60", "--complete-after", "600", "--on-capture", on_capture).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_masked("vase/IMG_0000.jpg", "vase/IMG_0001.jpg")
        (watch.root / "vase" / "done").touch()
        watch.until_complete("vase")
        watch.until(lambda: told.exists() and told.read_text().endswith("\n"))
    assert told.read_text().splitlines() == [str(watch.out / "vase" / "capture.json")]


def test_a_done_file_that_comes_before_the_photos_completes_their_capture_too(tmp_path: Path) -> None:
    with Watch(tmp_path, "--quiet", "60", "--complete-after", "600").begins() as watch:
        (watch.root / "vase").mkdir()
        (watch.root / "vase" / "done").touch()
        time.sleep(1)
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
    assert len(masks(watch.out)) == 2


def test_a_command_that_hangs_keeps_no_shot_and_is_ended_by_a_stop(tmp_path: Path) -> None:
    script, told = tmp_path / "hanging.py", tmp_path / "told"
    script.write_text(HANGING)
    told.touch()
    with Watch(tmp_path, "--on-capture", f"{sys.executable} {script} {told}").begins() as watch:
        names = ("vase", "bowl", "cup", "jug", "plinth", "lid", "stand")
        for name in names:
            put_some(watch.root / name, 2)
        watch.until_complete(*names)
        watch.until(lambda: len(told.read_text().splitlines()) == 2)
        assert watch.stop() == 0
        (note,) = watch.events("note")
    soon = time.monotonic() + 10
    while not all(map(has_ended, told.read_text().splitlines())):
        assert time.monotonic() < soon
        time.sleep(0.02)
    assert f"The command {sys.executable} was still running for" in note["text"]
    assert "when the watch was stopped, and was ended too: the next watch runs it again" in note["text"]
    # It does, for all seven, which have waited.
    counting = f"{sys.executable} -c \"import sys; open({str(told)!r}, 'a').write('again' + chr(10))\""
    with Watch(tmp_path, "--on-capture", counting).begins() as watch:
        watch.until(lambda: told.read_text().count("again") == 7)
        # The seventh has written, and may not have come to its end.
        watch.until(lambda: not any(capture.handing_over for capture in read_status(watch.out).captures))
        assert watch.stop() == 0
    with Watch(tmp_path, "--on-capture", counting, "--once") as watch:
        assert watch.process.wait(60) == 0
    assert told.read_text().count("again") == 7


def test_a_command_that_runs_while_the_watch_begins_anew_keeps_no_shot_and_is_run_once(
    run: Run, tmp_path: Path
) -> None:
    told, go = tmp_path / "told", tmp_path / "go"
    script = tmp_path / "waiting.py"
    script.write_text(WAITING)
    on_capture = f"{sys.executable} {script} {told} {go}"
    with Watch(tmp_path, "--scan-every", "0.3", "--on-capture", on_capture).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until(told.exists)
        watch.root.rename(tmp_path / "away")
        watch.until(lambda: "cannot be read" in str(watch.events("note")))
        (tmp_path / "away").rename(watch.root)
        watch.until(lambda: "is back" in str(watch.events("note")))
        put_some(watch.root / "bowl", 2, first=2)
        watch.until_complete("bowl")
        watch.until(lambda: [capture.handing_over for capture in read_status(watch.out).captures] == [True, True])
        assert run("status", watch.out).stdout.count("handed over yet") == 2
        go.touch()
        steps = [
            f"{step} {watch.out / name / 'capture.json'}" for name in ("vase", "bowl") for step in ("begun", "ended")
        ]
        watch.until(lambda: told.read_text().splitlines() == steps)
        watch.until(lambda: not any(capture.handing_over for capture in read_status(watch.out).captures))
        assert watch.stop() == 0
    with Watch(tmp_path, "--on-capture", on_capture, "--once") as watch:
        assert watch.process.wait(60) == 0
    assert told.read_text().splitlines() == steps


@pytest.mark.parametrize("name", ["elsewhere", "photo.jpg"])
def test_what_is_no_folder_cannot_be_watched(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    done = run("watch", name, "-o", "out", "--once")
    assert done.returncode == 2
    assert f"There is no folder {tmp_path / name}. Check the path." in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_command_that_cannot_be_meant_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    told = refusal(run("watch", "captures", "-o", "out", "--once", "--on-capture", "say it's done"))
    assert "has a quote that is never closed" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "system", "words"),
    [
        ("'my program' -x \"a b\"", "linux", ("my program", "-x", "a b")),
        ('"C:\\Program Files\\x.exe" -x C:\\new', "win32", ("C:\\Program Files\\x.exe", "-x", "C:\\new")),
        ('copy --to="C:\\a b\\c" don\'t', "win32", ("copy", "--to=C:\\a b\\c", "don't")),
        ("", "linux", ()),
    ],
)
def test_a_command_is_taken_apart_as_its_system_writes_it(line: str, system: str, words: tuple[str, ...]) -> None:
    assert words_of(line, system=system) == words


def test_a_command_that_hangs_ends_with_a_watch_that_is_killed_before_the_next_runs_it_again(tmp_path: Path) -> None:
    script, told = tmp_path / "hanging.py", tmp_path / "told"
    script.write_text(HANGING)
    told.touch()
    with Watch(tmp_path, "--on-capture", f"{sys.executable} {script} {told}").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until(lambda: len(told.read_text().splitlines()) == 2)
        watch.process.kill()
    first = told.read_text().splitlines()
    with Watch(tmp_path, "--on-capture", f"touch {tmp_path}/again").begins() as watch:
        watch.until((tmp_path / "again").exists)
        assert all(map(has_ended, first))


@pytest.mark.parametrize(
    ("command", "problem"), [("no-such-program", "cannot be run: No such file"), ("false", "ended with 1 for")]
)
def test_a_command_that_fails_is_named(tmp_path: Path, command: str, problem: str) -> None:
    with Watch(tmp_path, "--on-capture", command).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until(lambda: watch.events("note"))
        (note,) = watch.events("note")
    assert f"The command {command} {problem}" in note["text"]


def test_a_python_that_was_updated_away_under_the_watch_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3.11"))
    told = run_command(["true"], tmp_path / "capture.json", lambda: False)
    assert told.startswith("The command true cannot be run: ")
    assert "python3.11" in told


def test_what_a_batch_file_has_started_ends_with_it_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "taskkill"
    program.write_text(f'#!/bin/sh\necho "$@" > {asked}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    process = subprocess.Popen(["sleep", "600"])
    with monkeypatch.context() as windows:
        windows.setattr(sys, "platform", "win32")
        keeper._end(process)
    assert asked.read_text() == f"/F /T /PID {process.pid}\n"
