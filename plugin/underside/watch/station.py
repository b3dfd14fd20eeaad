"""The station: one thread that alone knows the journal, turns round between folder, journal and captures."""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import PurePosixPath

from underside.capture.taken import may_be_photo
from underside.errors import UndersideError
from underside.journal import Journal, Request
from underside.watch.captures import Captures
from underside.watch.changes import Changes
from underside.watch.folder import WatchedFolder
from underside.watch.handing_over import Runner
from underside.watch.happenings import Listener, Note
from underside.watch.jobs import Crew
from underside.watch.masking import Maskers
from underside.watch.plan import Plan

__all__ = ["LostError", "Station"]

# How often it turns while nothing happens: a signal is answered so soon, at .02 % of a core.
_TURN = 0.25
_REQUESTS_EVERY = 1.0
# A folder that is looked through instead of notices may take so much of a core for that.
_POLL_SHARE = 0.05


class LostError(UndersideError):
    """Something was lost under way, and the watch starts again."""

    def __init__(self, what: str) -> None:
        super().__init__(what, "The watch starts again")


class Station:
    """One watch, from its journal's opening to its end."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        folder: WatchedFolder,
        maskers: Maskers,
        runner: Runner,
        *,
        tell: Listener,
        stop: threading.Event,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._folder = folder
        self._tell = tell
        self._stop = stop
        self._halt = threading.Event()
        self._crew = Crew(plan.workers)
        self._captures = Captures(
            plan, journal, folder, maskers, self._crew, runner, tell=tell, halt=self._halt, stop=stop
        )
        self._intake = self._captures.intake
        self.changes = Changes(plan.out, lambda: self._crew.inbox.put(_nothing))
        self._scan_at = self._ask_at = 0.0
        self._away = False
        self._poll: float | None = None
        self.notices_come: Callable[[], bool] = lambda: True

    def poll(self, every: float) -> None:
        """Look through the folder, as no notices come."""
        self._poll = every
        self._captures.left.blind_for = 2 * every

    @property
    def left_out(self) -> int:
        """Photos that the journal has no place for."""
        return self._intake.left_out

    @property
    def missed(self) -> int:
        """What else could not be done, each told by itself."""
        return self._captures.missed

    def run(self) -> None:
        """Run until asked to stop, or with ``once`` until nothing is left to do."""
        try:
            self._captures.begin()
            self._intake.begin()
            self._look_through(first=True)
            while not self._stop.is_set():
                self._turn()
                if self._plan.once and self._captures.is_idle and self._intake.is_idle:
                    break
                self._wait()
        finally:
            self._end()

    def _turn(self) -> None:
        if not self._journal.is_there:
            raise LostError(f"{self._plan.out} or its journal was removed: what is missing is made again")
        now = time.monotonic()
        self._see_changes()
        if now >= self._scan_at:
            self._look_through()
        if now >= self._ask_at:
            self._ask_at = now + _REQUESTS_EVERY
            for request in self._journal.requests():
                self._see_to(request)
        self._intake.settle()
        self._captures.see_moves()
        self._captures.schedule()
        self._journal.commit()

    def _wait(self) -> None:
        until = self._intake.next_due() - time.monotonic()
        pause = max(0.01, min(_TURN, until)) if self._crew.has_room else _TURN
        try:
            self._crew.inbox.get(timeout=pause)()
        except queue.Empty:
            return
        while not self._crew.inbox.empty():
            self._crew.inbox.get()()

    def _end(self) -> None:
        """Wait for the shots in flight and keep what came of them."""
        self._halt.set()
        try:
            self._crew.close()
            while not self._crew.inbox.empty():
                self._crew.inbox.get()()
            self._captures.await_command()
            self._journal.commit()
        finally:
            self._captures.close()

    def _look_through(self, *, first: bool = False) -> None:
        started = time.monotonic()
        away = not self._folder.is_there()
        if away != self._away:
            self._away = away
            if not away:
                raise LostError(f"{self._folder.root} is back")
            self._tell(Note(f"{self._folder.root} cannot be read: waiting until it is back"))
        if not away:
            if not self.notices_come():
                raise LostError("The system's notifications have ended")
            self._intake.look_through(first=first)
            self._captures.look_for_done_files()
        took = time.monotonic() - started
        pause = self._plan.scan_every if self._poll is None else max(self._poll, took / _POLL_SHARE)
        self._scan_at = started + took + (min(pause, 2.0) if away else pause)

    def _see_changes(self) -> None:
        files, folders = self.changes.take()
        for path in files:
            photo = self._folder.name_of(path)
            if photo and may_be_photo(PurePosixPath(photo).name):
                self._intake.look_at(photo)
            elif photo and PurePosixPath(photo).stem.lower() == "done":
                self._captures.look_for_done_files()
        for path in folders:
            below = self._folder.name_of(path)
            if below and self._folder.takes(f"{below}/photo"):
                self._intake.look_through(below)

    def _see_to(self, request: Request) -> None:
        self._journal.drop(request)
        entry = self._journal.entry(request.photo)
        if entry is None or entry.gone_at:
            return
        # Without its hash: the settings hold for what lies there now, whatever lay there before.
        self._journal.change(entry.photo, settings=request.settings, sha256="", mask_stamp="")
        self._intake.again(entry)


def _nothing() -> None:
    """Only to wake the watch."""
