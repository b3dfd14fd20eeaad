"""Shots masked one by one, while their passes still go on or since somebody asks for them."""

import time
from collections.abc import Callable

from underside.capture import Shot
from underside.errors import OutputError, SettingsError, UndersideError
from underside.journal import Entry, Journal, Stage
from underside.manifest import ShotRecord, State
from underside.watch.desk import Desk
from underside.watch.folder import WatchedFolder
from underside.watch.happenings import Listener, Masked
from underside.watch.intake import Intake
from underside.watch.jobs import Crew
from underside.watch.kinds import Kinds
from underside.watch.left_to_do import LeftToDo
from underside.watch.masking import CaptureSession, masks_alone
from underside.watch.places import name_in_capture
from underside.watch.plan import Plan
from underside.watch.results import Results

__all__ = ["ShotsAlone"]

# A raw file is masked itself only when its developed file has not come for so long.
_RAW_WAIT = 10.0


class ShotsAlone:
    """Used from the watch's own thread only."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        folder: WatchedFolder,
        crew: Crew,
        *,
        intake: Intake,
        kinds: Kinds,
        results: Results,
        left: LeftToDo,
        tell: Listener,
        session: Callable[[Desk], CaptureSession | None],
        failed: Callable[[Desk, UndersideError], None],
    ) -> None:
        """``session`` opens a capture's output, if that can be done now; ``failed`` hears why a capture has to wait."""
        self._plan = plan
        self._journal = journal
        self._folder = folder
        self._crew = crew
        self._intake = intake
        self._kinds = kinds
        self._results = results
        self._left = left
        self._tell = tell
        self._session = session
        self._failed = failed

    def go_on(self, desk: Desk, now: float) -> None:
        """Begin with as many shots of a capture as there is room for."""
        self._mask_pinned(desk)
        self._mask_some(desk, now)

    def _mask_pinned(self, desk: Desk) -> None:
        """Shots for which somebody has asked with settings of their own."""
        for entry in self._journal.pinned(desk.name):
            if self._crew.has_room and entry.photo not in desk.flying:
                self._mask(desk, entry)

    def _mask_some(self, desk: Desk, now: float) -> None:
        """Shots of passes that are still going on."""
        for pass_name, stages in self._left.passes(desk).items():
            if Stage.READY not in stages or self._left.is_quiet(desk, pass_name, now) or desk.is_burst(pass_name):
                continue
            if not masks_alone(self._plan.of_capture(desk.folder, "").settings):
                continue
            waiting = self._journal.waiting(
                desk.name, pass_name, newest_first=self._plan.newest_first, limit=2 * self._plan.workers + 16
            )
            for entry in waiting:
                if not self._crew.has_room:
                    return
                raw = self._kinds.waits_for_kin(entry) and 0 <= time.time() - entry.seen_at < _RAW_WAIT
                if entry.photo not in desk.flying and not raw:
                    self._mask(desk, entry)

    def _mask(self, desk: Desk, entry: Entry) -> None:
        session = self._session(desk)
        if session is None:
            return
        stage, companions = self._kinds.of(entry)
        if stage is not Stage.READY:
            self._journal.change(entry.photo, stage=stage)
            return
        try:
            own = self._plan.of_capture(desk.folder, entry.settings).settings if entry.settings else None
        except SettingsError as error:  # those of the capture are not compatible with them
            self._refuse(entry, error)
            return
        shot = Shot(
            self._folder.path(entry.photo), name_in_capture(entry.photo, entry.capture), entry.pass_name, companions
        )
        desk.flying.add(entry.photo)
        self._crew.start(
            lambda: session.mask_alone(shot, own),
            lambda record: self._masked(desk, entry, record),
            lambda error: self._stumbled(desk, entry, error),
        )

    def _masked(self, desk: Desk, asked: Entry, record: ShotRecord) -> None:
        desk.flying.discard(asked.photo)
        entry = self._still_asked(asked)
        if entry is None:
            return
        if record.state is State.FAILED:
            self._intake.failed(entry, record.reason)
            return
        self._results.enter(entry, record, Stage.MASKED)
        desk.verdicts.pop(entry.photo, None)
        self._tell(Masked(desk.name, entry.photo, record, alone=True))

    def _still_asked(self, asked: Entry) -> Entry | None:
        """The shot as it is known now; None if it, or what is asked for it, has changed: then its turn comes again."""
        entry = self._journal.entry(asked.photo)
        if entry is None or entry.stage is not Stage.READY:
            return None
        return entry if (entry.sha256, entry.settings) == (asked.sha256, asked.settings) else None

    def _refuse(self, entry: Entry, error: UndersideError) -> None:
        """Set aside a shot that cannot be masked with its own settings, which no other shot of its capture has."""
        self._intake.failed(entry, f"{entry.photo}: {error}")

    def _stumbled(self, desk: Desk, entry: Entry, error: UndersideError) -> None:
        desk.flying.discard(entry.photo)
        if not entry.settings or isinstance(error, OutputError):
            self._failed(desk, error)
            return
        still = self._still_asked(entry)
        if still is not None:
            self._refuse(still, error)
