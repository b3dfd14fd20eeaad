"""A command of the user's: run to its end, or ended with all that it has started once the watch is over or gone."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["Ended", "run_command"]

_KEEPER = Path(__file__).with_name("keeper.py")
_LOOK_EVERY = 0.1
# How long a stop of the watch lets it end on its own, before it is told to.
_GRACE = 2.0


class Ended(Exception):  # noqa: N818 - not a mistake
    """It was ended before its own end."""


def run_command(command: Sequence[str], manifest: Path, is_over: Callable[[], bool]) -> str:
    """Wait for its end; what went wrong, as a sentence. Raises ``Ended`` where the watch ``is_over`` before that."""
    try:
        keeper = subprocess.Popen(
            [sys.executable, "-I", str(_KEEPER), *command, str(manifest)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A program without a window on Windows has none; what writes to it would fail.
            stderr=None if sys.stderr else subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C, and what ends the watch's group at once, are not for it
        )
    except OSError as error:  # Python itself may have been updated away under a watch that runs for weeks
        return f"The command {command[0]} cannot be run: {error}"
    ended = _has_ended(keeper, is_over)
    told, _ = keeper.communicate()  # closes its standard input, by which it knows that the watch is over
    if not ended:
        raise Ended
    came_to = json.loads(told) if told else {"returned": keeper.returncode}
    if "cannot" in came_to:
        return f"The command {command[0]} cannot be run: {came_to['cannot']}"
    if came_to["returned"]:
        return f"The command {command[0]} ended with {came_to['returned']} for {manifest}"
    return ""


def _has_ended(keeper: subprocess.Popen[bytes], is_over: Callable[[], bool]) -> bool:
    while not _ends_within(keeper, _LOOK_EVERY):
        if is_over():
            return _ends_within(keeper, _GRACE)
    return True


def _ends_within(keeper: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        keeper.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
