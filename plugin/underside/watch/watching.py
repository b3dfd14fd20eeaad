"""A watch from start to end: its lock, its journal, its notices, and what is done when one of them is lost."""

import errno
import sqlite3
import threading
import time
from contextlib import ExitStack, closing

from underside.errors import OutputError, SettingsError
from underside.journal import Journal, JournalDamagedError, Stage, journal_path, set_aside
from underside.watch.folder import WatchedFolder
from underside.watch.handing_over import Runner
from underside.watch.happenings import Listener, Note, Started, Stopped
from underside.watch.lock import watching_alone
from underside.watch.masking import Maskers
from underside.watch.notices import Notices, why_to_poll
from underside.watch.plan import POLL_EVERY, Plan
from underside.watch.station import LostError, Station

__all__ = ["watch"]

# How long to wait before starting again if something cannot be written, from first to last.
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
# A watch that has gone well for so long begins with the short pauses again.
_WELL_FOR = 60.0
# A disk that is full, or one that is away for a while.
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN}


def watch(plan: Plan, *, tell: Listener, stop: threading.Event) -> int:
    """Watch until ``stop`` is set, or with ``plan.once`` until nothing is left to do; how much has failed.

    Whatever is lost under way, it begins anew: what there is to do shows in folder, journal and manifests.
    """
    if not plan.root.is_dir():
        raise SettingsError(f"There is no folder {plan.root}", "Check the path")
    with closing(Runner(stop)) as runner:
        return _watch(plan, _Run(plan, runner, tell, stop), tell, stop)


def _watch(plan: Plan, run: "_Run", tell: Listener, stop: threading.Event) -> int:
    tries, told = 0, ""
    while True:
        began = time.monotonic()
        try:
            failed = run.until_something_is_lost()
            break
        except JournalDamagedError as error:
            dated = set_aside(journal_path(plan.out))
            tell(Note(f"{error.what}: it is kept as {dated.name}, and made again from what is on the disk"))
        except LostError as error:
            tell(Note(error.what))
        except OutputError as error:
            if plan.once or not (_may_pass(error) or run.ran):
                raise
            if error.what != told or _went_well(began):
                tell(Note(f"{error.what}: waiting until that is fixed"))
            told = error.what
        tries = 0 if _went_well(began) else tries
        if stop.wait(_PAUSES[min(tries, len(_PAUSES) - 1)]):
            failed = 0
            break
        tries += 1
    tell(Stopped(failed))
    return failed + run.missed


class _Run:
    def __init__(self, plan: Plan, runner: Runner, tell: Listener, stop: threading.Event) -> None:
        self._plan = plan
        self._runner = runner
        self._tell = tell
        self._stop = stop
        self._folder = WatchedFolder(plan.root, plan.out)
        self._maskers = Maskers()
        self.ran = False
        """It has begun once: what goes wrong later may pass."""
        self.missed = 0

    def until_something_is_lost(self) -> int:
        plan = self._plan
        with ExitStack() as stack:
            stack.enter_context(watching_alone(plan.out, plan.root))
            journal = stack.enter_context(Journal(journal_path(plan.out)))
            journal.of_root(str(plan.root))
            journal.set_fact("said", plan.said)
            if not self.ran:
                notes = self._maskers.warm_up(plan.of_capture(plan.root, "").settings)
                self._tell(Started(plan.root, plan.out, notes))
            station = Station(
                plan, journal, self._folder, self._maskers, self._runner, tell=self._tell, stop=self._stop
            )
            if plan.poll is not None:
                station.poll(plan.poll)
            else:
                self._take_notice(station, stack)
            self.ran = True
            station.run()
            self.missed = station.missed
            failed = (Stage.FAILED, Stage.SET_ASIDE)
            return station.left_out + sum(count.count for count in journal.counts() if count.stage in failed)

    def _take_notice(self, station: Station, stack: ExitStack) -> None:
        why = why_to_poll(self._plan.root)
        if not why:
            try:
                notices = stack.enter_context(Notices(self._plan.root, station.changes.add))
                station.notices_come = lambda: notices.come
                return
            except (OSError, RuntimeError, SystemError) as error:  # the last two, where macOS refuses
                reason = error.strerror if isinstance(error, OSError) else error
                why = f"The system gives no notifications for {self._plan.root} ({reason})"
        station.poll(POLL_EVERY)
        if not self.ran:
            self._tell(Note(f"{why}: it is scanned every {POLL_EVERY:g} s instead"))


def _went_well(began: float) -> bool:
    return time.monotonic() - began > _WELL_FOR


def _may_pass(error: OutputError) -> bool:
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) or (isinstance(cause, OSError) and cause.errno in _PASSING)
