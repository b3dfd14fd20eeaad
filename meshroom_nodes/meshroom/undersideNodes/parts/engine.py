"""The engine as a process: where it is, whether it answers, its events, and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from .revision import VERSION
from .trouble import NodeError

__all__ = ["Engine", "Event", "find_engine", "record_path"]

_INSTALL = "Open a terminal and run: underside install meshroom"
_HAND_IN = "or set the variable UNDERSIDE_PYTHON to the Python that has Underside"
# What Meshroom sets for its own Python and for AliceVision's programs would break another Python.
_NOT_FOR_THE_ENGINE = ("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "PYTHONEXECUTABLE")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH")
_HOSTS = ("ALICEVISION_ROOT", "ALICEVISION_INSTALL", "MESHROOM_INSTALL_DIR")
_SYSTEM_PLACES = ("/", "/usr", "/usr/local", "/opt")

Event = dict[str, Any]


def record_path() -> str:
    """The file in which ``underside install meshroom`` says where the engine is: the user's own."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        data = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        data = os.path.join(home, "Library", "Application Support")
    else:
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(data, "underside", "meshroom.json")


def find_engine() -> Engine:
    """The engine, asked for its version; every way to lack it ends in what to do."""
    python, told_by = _python()
    if not os.path.isfile(python):
        raise NodeError(f"Underside's engine is missing: there is no {python}, which {told_by} names. {_INSTALL}")
    engine = Engine(python)
    found = engine.version()
    if found.split(".")[:2] != VERSION.split(".")[:2]:
        raise NodeError(
            f"These nodes belong to Underside {VERSION}, but the engine that {told_by} names is {found}. {_INSTALL} "
            "from the version that you want, and restart Meshroom."
        )
    return engine


def _python() -> tuple[str, str]:
    named = os.environ.get("UNDERSIDE_PYTHON", "").strip().strip('"')
    if named:
        return named, "UNDERSIDE_PYTHON"
    path = record_path()
    try:
        with open(path, encoding="utf-8") as file:
            return str(json.load(file)["python"]), path
    except FileNotFoundError:
        raise NodeError(f"Underside's engine was not found: there is no {path}. {_INSTALL}; {_HAND_IN}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError(f"{path} cannot be read ({error}). {_INSTALL}; {_HAND_IN}") from error


class Engine(NamedTuple):
    """An interpreter that has Underside."""

    python: str

    def version(self) -> str:
        """What it answers when asked."""
        try:
            done = subprocess.run(
                self._command("--version"),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=own_environment(os.environ),
                timeout=120,
                check=False,
                **_no_console(),
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise NodeError(f"Underside's engine does not start: {self.python} ({error}). {_INSTALL}") from error
        words = done.stdout.decode("utf-8", "replace").split()
        if done.returncode or len(words) != 2 or words[0] != "underside":
            told = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no answer"]
            raise NodeError(
                f"There is no working Underside in {self.python} ({told[-1]}). Install it there. {_INSTALL}"
            )
        return str(words[1])

    def run(self, *words: str) -> Generator[Event, None, None]:
        """The events of one run; ends it, whatever it does, when the caller goes away. Raises what it complains of."""
        try:
            process = subprocess.Popen(
                self._command(*words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=own_environment(os.environ),
                **_no_console(),
            )
        except (OSError, ValueError) as error:
            raise NodeError(f"Underside's engine does not start: {self.python} ({error}). {_INSTALL}") from error
        assert process.stdout is not None
        assert process.stderr is not None
        complaints: deque[str] = deque(maxlen=20)
        reader = threading.Thread(target=_read_lines, args=(process.stderr, complaints), daemon=True)
        reader.start()
        try:
            yield from _events(process.stdout)
            code = process.wait()
            reader.join(10)
        finally:
            _end(process)
        # Shots that failed (3) are in the manifest, each with its reason.
        if code not in (0, 3):
            raise NodeError(_complaint(complaints, code))

    def _command(self, *words: str) -> list[str]:
        return [self.python, "-m", "underside", *words]


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's environment, without what Meshroom has put into it for itself."""
    own = {name: value for name, value in environment.items() if name not in _NOT_FOR_THE_ENGINE}
    # A node's process stands in its cache folder, whose files are not modules.
    own.update(PYTHONUTF8="1", PYTHONSAFEPATH="1")
    homes = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable or "")]
    homes += [environment[name] for name in _HOSTS if environment.get(name)]
    for name in _LIBRARY_PATHS:
        if name in own:
            kept = [folder for folder in own[name].split(os.pathsep) if folder and not _within(folder, homes)]
            own[name] = os.pathsep.join(kept)
            if not kept:
                del own[name]
    return own


def _within(folder: str, homes: Sequence[str]) -> bool:
    inside = os.path.normcase(os.path.abspath(folder)) + os.sep
    places = [os.path.normpath(home) for home in homes if home and os.path.normpath(home) not in _SYSTEM_PLACES]
    return any(inside.startswith(os.path.normcase(home) + os.sep) for home in places)


def _no_console() -> dict[str, Any]:
    """On Windows every process of a program with windows would open a console of its own."""
    flag = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return {"creationflags": flag} if flag else {}


def _events(stream: IO[bytes]) -> Iterator[Event]:
    for line in stream:
        try:
            event = json.loads(line.decode("ascii"))
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _read_lines(stream: IO[bytes], into: deque[str]) -> None:
    for line in stream:
        text = line.decode("utf-8", "replace").strip()
        if text:
            into.append(text)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Results are whole or not there, whenever it is ended."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _complaint(lines: Sequence[str], code: int) -> str:
    if code == 130:
        return "The engine was stopped before the last view. Compute the node again: it resumes where it stopped."
    told = [line for line in lines if line.startswith("underside: ")] or list(lines)
    if not told:
        return f"The engine ended without a message (exit code {code}). Run `underside doctor` in a terminal."
    return told[-1].split("underside: ", 1)[-1]
