"""Where the engine is: the file that ``underside install metashape`` leaves beside the menu's parts, or a variable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from underside_metashape.host import MenuError

__all__ = ["NO_CONSOLE", "RECORD", "Engine", "find_engine", "own_environment"]

RECORD = Path(__file__).resolve().parent / "engine.json"

# On Windows every process that a program with windows starts would open a console of its own.
NO_CONSOLE: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)

_NAMING = "UNDERSIDE_PYTHON"
_INSTALL = "Open a terminal and run: underside install metashape"
# What Metashape sets for its own Python and Qt would break another Python.
_NOT_FOR_THE_ENGINE = ("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "PYTHONEXECUTABLE")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH")
_SYSTEM_PLACES = ("/", "/usr", "/usr/bin", "/usr/local", "/usr/local/bin", "/opt")


@dataclass(frozen=True)
class Engine:
    """An Underside that answers."""

    python: str
    version: str

    def command(self, *words: str) -> list[str]:
        """The command line that runs it."""
        return [self.python, "-m", "underside", *words]


def find_engine(record: Path = RECORD) -> Engine:
    """The engine, asked for its version; every way to lack it ends in what to do."""
    engine = _recorded(record)
    # As the Meshroom nodes have it: on a farm, machines and users share a record and differ in where Python is.
    named = os.environ.get(_NAMING, "").strip().strip('"')
    if named:
        engine = Engine(named, engine.version)
    if not os.path.isfile(engine.python):
        remedy = f"Reinstall Underside if necessary. {_INSTALL}"
        told_by, remedy = (f", which {_NAMING} names", "Correct that variable.") if named else (" any more", remedy)
        raise MenuError(f"Underside's engine is missing: there is no {engine.python}{told_by}. {remedy}")
    found = _version(engine)
    if found.split(".")[:2] != engine.version.split(".")[:2]:
        raise MenuError(f"This menu belongs to Underside {engine.version}, but its engine is now {found}. {_INSTALL}")
    return engine


def _recorded(record: Path) -> Engine:
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        return Engine(python=str(content["python"]), version=str(content["version"]))
    except FileNotFoundError:
        raise MenuError(f"Underside's engine was not found: there is no {record}. {_INSTALL}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MenuError(f"{record} cannot be read ({error}). {_INSTALL}") from error


def _version(engine: Engine) -> str:
    try:
        done = subprocess.run(
            engine.command("--version"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=own_environment(),
            timeout=60,
            check=False,
            creationflags=NO_CONSOLE,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise MenuError(f"Underside's engine does not start: {engine.python} ({error}). {_INSTALL}") from error
    words = done.stdout.decode("utf-8", "replace").split()
    if done.returncode or len(words) != 2 or words[0] != "underside":
        told = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no answer"]
        raise MenuError(
            f"There is no working Underside in {engine.python} ({told[-1]}). Install it there again. {_INSTALL}"
        )
    return words[1]


def own_environment() -> dict[str, str]:
    """The user's environment, without what Metashape has put into it for itself."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_ENGINE}
    environment.update(PYTHONUTF8="1", PYTHONSAFEPATH="1")
    for name in _LIBRARY_PATHS:
        if name in environment:
            kept = [each for each in environment[name].split(os.pathsep) if each and not _is_the_hosts(each)]
            environment[name] = os.pathsep.join(kept)
            if not kept:
                del environment[name]
    return environment


def _is_the_hosts(folder: str) -> bool:
    inside = os.path.normcase(os.path.abspath(folder)) + os.sep
    return any(inside.startswith(os.path.normcase(home) + os.sep) for home in _homes())


def _homes() -> list[str]:
    """Where the running program lies; its Python may lie deeper than its libraries."""
    program = os.path.dirname(os.path.realpath("/proc/self/exe")) if os.path.exists("/proc/self/exe") else ""
    homes = [program, os.path.dirname(sys.executable or ""), sys.prefix, sys.base_prefix]
    return [os.path.normpath(home) for home in homes if home and os.path.normpath(home) not in _SYSTEM_PLACES]
