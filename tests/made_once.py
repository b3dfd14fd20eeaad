"""What is dear to make and only read by tests: made once a test run, by whichever of its processes asks first."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_LONGEST = 900.0


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that ``make`` has filled; whoever wants to change something in it copies it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done, failed = (folder.with_name(f"{name}-{end}") for end in ("done", "failed"))
    try:
        folder.mkdir()
    except FileExistsError:
        _wait(done, failed)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    done.touch()
    return folder


def _wait(done: Path, failed: Path) -> None:
    give_up = time.monotonic() + _LONGEST
    while not done.exists():
        assert not failed.exists(), f"{done.name} was not made: see the test that tried"
        assert time.monotonic() < give_up, f"{done.name} is not made yet"
        time.sleep(0.2)
