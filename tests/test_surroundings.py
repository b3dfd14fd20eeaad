"""A run ends well whoever listens, and whoever runs it."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
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


@posix
def test_on_a_terminal_a_bad_photo_is_told_of_once(tmp_path: Path) -> None:
    import pty

    photos(tmp_path / "capture", 2)
    (tmp_path / "capture" / "bad.jpg").touch()
    ours, theirs = pty.openpty()
    words = command("mask", "capture", "-o", "out")
    with subprocess.Popen(words, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        with suppress(OSError):  # the end, as Linux tells it
            while part := os.read(ours, 1 << 16):
                told += part
    os.close(ours)
    assert process.returncode == 3
    assert told.count(b"bad.jpg is empty") == 1
    assert b"1 shot set aside, as reported above" in told


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


@linux
@pytest.mark.parametrize("words", [("mask", "capture", "-o", "out"), ("doctor",)], ids=["mask", "doctor"])
def test_no_library_keeps_a_diary_for_its_maker(tmp_path: Path, words: tuple[str, ...]) -> None:
    photos(tmp_path / "capture", 1)
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    # Without what would tell libraries that they are being tested: they behave then.
    told = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary)}
    told |= {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    done = subprocess.run(command(*words), cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(temporary.iterdir()) == []
    assert not (home / ".cache").exists()


@linux
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not here")
def test_nobody_is_called_while_a_network_is_in_memory(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    watched = ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(calls)]
    # What a library has to tell, it gathers for some seconds first.
    program = "import time, underside; underside.load_masker(); time.sleep(8)"
    told = {name: value for name, value in os.environ.items() if name != "CI"}
    subprocess.run([*watched, sys.executable, "-c", program], env=told, check=True)
    assert "AF_INET" not in calls.read_text()
