"""A command of the user's, run when a capture is complete: once for the same masks, and again after a kill."""

import re
import shlex
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from underside.errors import SettingsError
from underside.journal import Journal
from underside.manifest import MANIFEST_NAME, Manifest, masks_of
from underside.watch.command import Ended, run_command
from underside.watch.happenings import Listener, Note
from underside.watch.plan import Plan

__all__ = ["HandingOver", "Runner", "being_handed_over", "words_of"]

# Before the fingerprint of what is being handed over.
_BEGUN = "begun "


def words_of(line: str, *, system: str = sys.platform) -> tuple[str, ...]:
    """A command as a person writes it, taken apart as its program will be given it."""
    try:
        return tuple(_words_of_windows(line) if system == "win32" else shlex.split(line))
    except ValueError as error:
        raise SettingsError(f"The command {line} has a quote that is never closed", "Close it") from error


def _words_of_windows(line: str) -> list[str]:
    """Where backslashes part folders, and only double quotes are quotes, wherever in a word they stand."""
    if line.count('"') % 2:
        raise ValueError(line)
    return [word.replace('"', "") for word in re.findall(r'(?:[^\s"]|"[^"]*")+', line)]


def being_handed_over(journal: Journal) -> frozenset[str]:
    """The captures whose command was begun, or waits for another one, and has not come to its end."""
    return frozenset(name for name, said in journal.all_handed_over().items() if said.startswith(_BEGUN))


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


class Runner:
    """Runs one command at a time; a watch that restarts meanwhile leaves it running, and learns of its end later."""

    def __init__(self, stop: threading.Event) -> None:
        """A command that runs when ``stop`` is set is ended soon after."""
        self._stop = stop
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="command")
        self._at: tuple[_Task, Future[_Done]] | None = None

    @property
    def task(self) -> _Task | None:
        """What is being handed over."""
        return self._at[0] if self._at else None

    def start(self, task: _Task, command: Sequence[str], manifest: Path) -> None:
        """Begin; no other may be running."""
        self._at = task, self._pool.submit(_run, command, manifest, self._is_over)

    def ended(self, *, wait: bool) -> tuple[_Task, _Done] | None:
        """What has come to its end since this was last asked."""
        if self._at is None or not (wait or self._at[1].done()):
            return None
        (task, outcome), self._at = self._at, None
        return task, outcome.result()

    def close(self) -> None:
        """End what still runs."""
        self._over.set()
        self._pool.shutdown()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._over.is_set()


class HandingOver:
    """Remembers in the journal what was handed over; one command after another, so that a slow one keeps no shot."""

    def __init__(self, plan: Plan, journal: Journal, runner: Runner, *, tell: Listener, stop: threading.Event) -> None:
        """A command that was ended because ``stop`` is set is taken up again by the next watch."""
        self._plan = plan
        self._journal = journal
        self._runner = runner
        self._tell = tell
        self._stop = stop
        self._waiting: deque[_Task] = deque()
        self.failures = 0
        """How many commands came to no good end."""

    @property
    def is_idle(self) -> bool:
        """Whether no command runs or waits."""
        return self._runner.task is None and not self._waiting

    def begin(self) -> None:
        """Take up what a killed watch had begun, or this one before it restarted."""
        for name in self._journal.complete_captures() if self._plan.on_capture else ():
            content = self._journal.handed_over(name)
            if content.startswith(_BEGUN):
                self._take(_Task(name, content.removeprefix(_BEGUN)))

    def hand_over(self, capture: str, manifest: Manifest) -> None:
        """Run the command, unless the same masks were handed over before."""
        task = _Task(capture, masks_of(manifest.shots))
        if self._plan.on_capture and self._journal.handed_over(capture) != task.content:
            self._journal.set_handed_over(capture, task.begun)
            self._take(task)

    def go_on(self) -> None:
        """See to the command that has ended, and begin with the next one."""
        self._see_to_the_end(wait=False)
        if self._runner.task is None and self._waiting and not self._stop.is_set():
            task = self._waiting.popleft()
            self._runner.start(task, self._plan.on_capture, self._plan.out / task.capture / MANIFEST_NAME)

    def close(self) -> None:
        """Where the watch was stopped, wait for the command's end."""
        if self._stop.is_set():
            self._see_to_the_end(wait=True)

    def _take(self, task: _Task) -> None:
        if task not in (self._runner.task, *self._waiting):
            self._waiting.append(task)

    def _see_to_the_end(self, *, wait: bool) -> None:
        ended = self._runner.ended(wait=wait)
        if ended is None:
            return
        task, done = ended
        # Later masks of the capture may be waiting by now.
        if done.to_its_end and self._journal.handed_over(task.capture) == task.begun:
            self._journal.set_handed_over(task.capture, task.content)
        if done.problem:
            self.failures += 1
            self._tell(Note(done.problem))


def _run(command: Sequence[str], manifest: Path, is_over: Callable[[], bool]) -> _Done:
    try:
        return _Done(run_command(command, manifest, is_over))
    except Ended:
        told = (
            f"The command {command[0]} was still running for {manifest} when the watch was stopped, and was ended too"
        )
        return _Done(f"{told}: the next watch runs it again", to_its_end=False)
