"""A command of the user's, run when a capture is complete: once for the same masks, and again after a kill."""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from underside.errors import SettingsError, UndersideError
from underside.journal import Journal
from underside.manifest import MANIFEST_NAME, Manifest, masks_of
from underside.watch.happenings import Listener, Note
from underside.watch.jobs import Crew
from underside.watch.plan import Plan

__all__ = ["HandingOver", "words_of"]

# Before the fingerprint of what is being handed over.
_BEGUN = "begun "


def words_of(line: str, *, system: str = sys.platform) -> tuple[str, ...]:
    """A command as a person writes it, taken apart as its program will be given it."""
    try:
        words = shlex.split(line, posix=system != "win32")
    except ValueError as error:
        raise SettingsError(f"The command {line} has a quote that is never closed", "Close it") from error
    if system == "win32":  # where backslashes part folders: the quotes around a word are still on it
        words = [re.sub(r'^"(.*)"$', r"\1", word) for word in words]
    return tuple(words)


class HandingOver:
    """Remembers in the journal what was handed over."""

    def __init__(self, plan: Plan, journal: Journal, crew: Crew, *, tell: Listener) -> None:
        self._plan = plan
        self._journal = journal
        self._crew = crew
        self._tell = tell
        self._under_way = 0

    @property
    def is_idle(self) -> bool:
        """Whether no command runs."""
        return not self._under_way

    def begin(self) -> None:
        """Take up what a watch that was killed had begun."""
        for name in self._journal.complete_captures() if self._plan.on_capture else ():
            content = self._journal.handed_over(name)
            if content.startswith(_BEGUN):
                self._start(name, content.removeprefix(_BEGUN))

    def hand_over(self, capture: str, manifest: Manifest) -> None:
        """Run the command, unless the same masks were handed over before."""
        content = masks_of(manifest.shots)
        if self._plan.on_capture and self._journal.handed_over(capture) != content:
            self._journal.set_handed_over(capture, f"{_BEGUN}{content}")
            self._start(capture, content)

    def _start(self, capture: str, content: str) -> None:
        self._under_way += 1
        path = self._plan.out / capture / MANIFEST_NAME

        def ended(problem: str) -> None:
            self._under_way -= 1
            self._journal.set_handed_over(capture, content)
            if problem:
                self._tell(Note(problem))

        self._crew.start_long(lambda: _run(self._plan.on_capture, path), ended, _raise)


def _run(command: Sequence[str], manifest: Path) -> str:
    """Wait for its end; what went wrong, as a sentence."""
    try:
        # Its output goes where ours goes for people; standard output may be the line protocol's.
        done = subprocess.run([*command, str(manifest)], stdin=subprocess.DEVNULL, stdout=2, check=False)
    except OSError as error:
        return f"The command {command[0]} cannot be run: {error.strerror}"
    if done.returncode:
        return f"The command {command[0]} ended with {done.returncode} for {manifest}"
    return ""


def _raise(error: UndersideError) -> None:
    raise error
