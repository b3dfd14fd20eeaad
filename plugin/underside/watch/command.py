"""A command of the user's: run to its end, or ended with all that it has started once the watch has to stop."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["Ended", "run_command"]

_LOOK_EVERY = 0.1
# A stop of the watch gives it so long to come to its end by itself, and then so long to end when it is told to.
_GRACE, _TO_END = 2.0, 1.0


class Ended(Exception):  # noqa: N818 - not a mistake
    """It was ended before its own end."""


def run_command(command: Sequence[str], manifest: Path, is_over: Callable[[], bool]) -> str:
    """Wait for its end; what went wrong, as a sentence. Raises ``Ended`` where the watch ``is_over`` before that."""
    try:
        process = subprocess.Popen(
            [*command, str(manifest)],
            stdin=subprocess.DEVNULL,
            stdout=2,  # where ours goes for people; standard output may be the line protocol's
            start_new_session=True,  # so that it has a group that can be ended, and Ctrl-C is left to us
        )
    except OSError as error:
        return f"The command {command[0]} cannot be run: {error.strerror}"
    if not _has_ended(process, is_over):
        _end(process)
        raise Ended
    if process.returncode:
        return f"The command {command[0]} ended with {process.returncode} for {manifest}"
    return ""


def _has_ended(process: subprocess.Popen[bytes], is_over: Callable[[], bool]) -> bool:
    while not _ends_within(process, _LOOK_EVERY):
        if is_over():
            return _ends_within(process, _GRACE)
    return True


def _ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name != "posix":
        process.kill()
    else:
        _tell_all(process, signal.SIGTERM)
        _ends_within(process, _TO_END)
        # What it has started may be deafer than itself.
        _tell_all(process, signal.SIGKILL)
    process.wait()


def _tell_all(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
