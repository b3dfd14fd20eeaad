"""A command of the user's, run when a capture is complete: once for the same masks, and again after a kill."""

import re
import shlex
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from underside.errors import SettingsError, UndersideError
from underside.journal import Journal
from underside.manifest import MANIFEST_NAME, Manifest, masks_of
from underside.watch.command import Ended, run_command
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


@dataclass(frozen=True)
class _Task:
    capture: str
    content: str
    """The fingerprint of what is handed over."""

    @property
    def begun(self) -> str:
        """What the journal says until the command has come to its end."""
        return f"{_BEGUN}{self.content}"


@dataclass(frozen=True)
class _Done:
    problem: str
    to_its_end: bool = True


class HandingOver:
    """Remembers in the journal what was handed over; one command after another, so that a slow one keeps no shot."""

    def __init__(self, plan: Plan, journal: Journal, crew: Crew, *, tell: Listener, stop: threading.Event) -> None:
        """A command that runs when ``stop`` is set is ended soon after; the next watch takes it up again."""
        self._plan = plan
        self._journal = journal
        self._crew = crew
        self._tell = tell
        self._stop = stop
        self._waiting: deque[_Task] = deque()
        self._at: _Task | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no command runs."""
        return self._at is None

    def begin(self) -> None:
        """Take up what a watch that was killed had begun."""
        for name in self._journal.complete_captures() if self._plan.on_capture else ():
            content = self._journal.handed_over(name)
            if content.startswith(_BEGUN):
                self._take(_Task(name, content.removeprefix(_BEGUN)))

    def hand_over(self, capture: str, manifest: Manifest) -> None:
        """Run the command, unless the same masks were handed over before."""
        task = _Task(capture, masks_of(manifest.shots))
        is_known = self._journal.handed_over(capture) == task.content or task in (self._at, *self._waiting)
        if self._plan.on_capture and not is_known:
            self._journal.set_handed_over(capture, task.begun)
            self._take(task)

    def _take(self, task: _Task) -> None:
        self._waiting.append(task)
        self._go_on()

    def _go_on(self) -> None:
        if self._at is not None or not self._waiting:
            return
        task = self._at = self._waiting.popleft()
        path = self._plan.out / task.capture / MANIFEST_NAME
        self._crew.start_long(
            lambda: _run(self._plan.on_capture, path, self._stop), lambda done: self._ended(task, done), _raise
        )

    def _ended(self, task: _Task, done: _Done) -> None:
        self._at = None
        # Later masks of the capture may be waiting by now.
        if done.to_its_end and self._journal.handed_over(task.capture) == task.begun:
            self._journal.set_handed_over(task.capture, task.content)
        if done.problem:
            self._tell(Note(done.problem))
        if not self._stop.is_set():
            self._go_on()


def _run(command: Sequence[str], manifest: Path, stop: threading.Event) -> _Done:
    try:
        return _Done(run_command(command, manifest, stop))
    except Ended:
        told = f"The command {command[0]} still ran for {manifest} when the watch was stopped, and was ended"
        return _Done(f"{told}: the next watch runs it again", to_its_end=False)


def _raise(error: UndersideError) -> None:
    raise error
