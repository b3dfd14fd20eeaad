"""The captures in work: whose turn it is, which passes are gone through, and which capture is complete."""

import threading
import time
from dataclasses import replace

from underside.errors import OutputError, SettingsError, UndersideError
from underside.flip import in_short
from underside.journal import Entry, Journal, Stage
from underside.manifest import MANIFEST_NAME, ShotRecord, State
from underside.manifest.other_photos import of_other_photos
from underside.watch.alone import ShotsAlone
from underside.watch.concluding import Concluding, Conclusion
from underside.watch.desk import Desk
from underside.watch.folder import WatchedFolder
from underside.watch.going_through import GoneThrough, Work, go_through
from underside.watch.handing_over import HandingOver, Runner
from underside.watch.happenings import Completed, Listener, Masked, Moved, Note, Proven
from underside.watch.intake import Intake
from underside.watch.jobs import Crew
from underside.watch.kinds import Kinds
from underside.watch.left_to_do import LeftToDo, Round
from underside.watch.masking import CaptureSession, Maskers
from underside.watch.moves import Moves, leave_nothing_behind
from underside.watch.places import folder_of, name_in_capture
from underside.watch.plan import Plan
from underside.watch.results import Results, waits_for_its_own
from underside.watch.troubles import is_of_one_capture

__all__ = ["Captures"]

# A capture that cannot be worked on, as when another run is writing its output, is tried again after so long.
_AGAIN_AFTER = 5.0


class Captures:
    """Used from the watch's own thread only."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        folder: WatchedFolder,
        maskers: Maskers,
        crew: Crew,
        runner: Runner,
        *,
        tell: Listener,
        halt: threading.Event,
        stop: threading.Event,
    ) -> None:
        """``halt`` ends the work on captures, ``stop`` the user's command, too."""
        self._plan = plan
        self._journal = journal
        self._folder = folder
        self._maskers = maskers
        self._crew = crew
        self._tell = tell
        self._halt = halt
        self._desks: dict[str, Desk] = {}
        self._moves = Moves(journal, folder, plan.out)
        self.left = LeftToDo(plan, journal)
        self._completing = False
        self._refused_layouts = 0
        self._handing_over = HandingOver(plan, journal, runner, tell=tell, stop=stop)
        self.intake = Intake(
            plan,
            journal,
            folder,
            crew,
            tell=tell,
            in_work=lambda capture: capture in self._desks,
            stirred=self._stirred,
            ready=self._whole,
        )
        self._kinds = Kinds(plan, journal, folder)
        self._results = Results(plan.out, journal, self.intake)
        self._alone = ShotsAlone(
            plan,
            journal,
            folder,
            crew,
            intake=self.intake,
            kinds=self._kinds,
            results=self._results,
            left=self.left,
            tell=tell,
            session=self._session,
            failed=self._failed,
        )
        self._concluding = Concluding(
            crew, proves=plan.proof, tell=tell, halt=halt, then=self._concluded, failed=self._failed
        )

    def begin(self) -> None:
        """Take up what an earlier watch left."""
        for name in self._journal.captures() - self._journal.complete_captures():
            if self._journal.any_of(name):
                self._desk(name)
        self._handing_over.begin()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return not (self._desks or self._moves) and self._handing_over.is_idle

    @property
    def missed(self) -> int:
        """How many layouts could not be written, folders not be looked into, and commands of the user's failed."""
        return self._refused_layouts + len(self.intake.unread) + self._handing_over.failures

    def await_command(self) -> None:
        """Where the watch was stopped, wait for the user's command to end."""
        self._handing_over.close()

    def close(self) -> None:
        """Let go of all output folders."""
        for desk in self._desks.values():
            desk.close()

    def look_for_done_files(self) -> None:
        """A person says that a capture is complete, by a file called done beside its photos."""
        for desk in self._desks.values():
            desk.look_for_done_file()

    # --- what comes in --------------------------------------------------------------------------------------

    def _desk(self, name: str) -> Desk:
        if name not in self._desks:
            entry = self._journal.one_of(name)
            at = self._folder.path(folder_of(entry.photo, name) if entry else "")
            self._desks[name] = Desk(name=name, folder=at, out=self._plan.out / name)
            self._desks[name].look_for_done_file()  # which may have come before the photos
        return self._desks[name]

    def _stirred(self, capture: str, pass_name: str, at: float) -> None:
        self._journal.set_complete(capture, complete=False)
        self._desk(capture).touched(pass_name, at)

    def _whole(self, entry: Entry, sha256: str) -> None:
        """A photo with new content, or one that was only touched."""
        if sha256 == entry.sha256 and entry.mask_stamp and entry.mask_stamp == self._results.stamp(entry):
            self._journal.change(entry.photo, stage=Stage.MASKED)
            return
        settings = entry.settings if entry.sha256 in ("", sha256) else ""
        entry = replace(entry, sha256=sha256, settings=settings)
        if self._moves.take(entry):
            self._journal.change(entry.photo, sha256=sha256)
        else:
            self._take_up(entry)

    def _take_up(self, entry: Entry) -> None:
        stage, _ = self._kinds.of(entry)
        self._journal.change(
            entry.photo, stage=stage, sha256=entry.sha256, settings=entry.settings, verdict="", mask_stamp=""
        )
        if stage is Stage.READY:
            self._desks[entry.capture].arrived(entry.pass_name, time.monotonic())

    def see_moves(self) -> None:
        """Move masks along with their photos."""
        for move, moved in self._moves.make(self._desks, self._postpone) if self._moves else ():
            if not moved:
                self._journal.change(move.before.photo, mask_stamp=self._results.stamp(move.before))
                self._take_up(move.after)
                continue
            self._journal.change(
                move.after.photo,
                stage=Stage.MASKED,
                settings=move.before.settings,
                verdict=move.before.verdict,
                mask_stamp=self._results.stamp(move.after),
            )
            self._journal.change(move.before.photo, mask_stamp="", reason=f"moved to {move.after.photo}")
            self.intake.look_at(move.before.photo)
            self._stirred(move.before.capture, move.before.pass_name, time.monotonic())
            self._tell(Moved(move.after.photo, move.before.photo))

    # --- what is done next ----------------------------------------------------------------------------------

    def schedule(self) -> None:
        """Begin as much as there is room for."""
        now = time.monotonic()
        self.left.count_at_times(now)
        desks = sorted(self._desks.values(), key=lambda desk: desk.quiet_for(now), reverse=not self._plan.newest_first)
        for desk in desks:
            free = not (desk.completing or desk.concluding or self._moves.concern(desk.name))
            if free and now >= desk.wait_until:
                try:
                    self._work_on(desk, now)
                except SettingsError as error:
                    self._postpone(desk, error)
        self._concluding.go_on()
        self.intake.rewriting = self._concluding.rewriting
        self._handing_over.go_on()

    def _work_on(self, desk: Desk, now: float) -> None:
        if any(Stage.READY in stages for stages in self.left.passes(desk).values()):
            self._alone.go_on(desk, now)
        if not self._completing and not desk.flying:
            self._go_through(desk, now)

    def _go_through(self, desk: Desk, now: float) -> None:
        """The passes that have fallen quiet, or the whole capture for the last time."""
        wanted = self.left.to_go_through(desk, now)
        # Shots with settings of their own first: for others there may have been no room so far, and a pass knows none.
        if wanted is None or self._journal.pinned(desk.name):
            return
        if not wanted.final or self.intake.is_whole(desk.name):
            self._start(desk, wanted)
        elif self._plan.once:  # half a capture, handed over, would be taken for the whole
            desk.close()
            del self._desks[desk.name]

    def _session(self, desk: Desk) -> CaptureSession | None:
        settings = self._plan.of_capture(desk.folder, "").settings
        if desk.session is not None and desk.session.settings != settings:  # their file was changed
            if desk.flying:
                return None
            desk.close()
        if desk.session is None:
            session = CaptureSession(desk.folder, desk.out, settings, self._maskers, workers=self._plan.workers)
            try:
                desk.open(session)
            except OutputError as error:
                if not is_of_one_capture(error):
                    raise
                self._postpone(desk, error)
        return desk.session

    def _postpone(self, desk: Desk, error: UndersideError) -> None:
        """Something is wrong with this capture alone."""
        if self._plan.once:
            raise error
        if not desk.flying:
            desk.close()
        desk.wait_until = time.monotonic() + _AGAIN_AFTER
        if str(error) != desk.told:
            self._tell(Note(f"{desk.name} has to wait: {error}"))
        desk.told = str(error)

    def _stumbled(self, desk: Desk, error: UndersideError) -> None:
        desk.completing = self._completing = False
        self._failed(desk, error)

    def _failed(self, desk: Desk, error: UndersideError) -> None:
        if not is_of_one_capture(error):
            raise error
        self._postpone(desk, error)

    def _start(self, desk: Desk, wanted: Round) -> None:
        session = self._session(desk)
        if session is None:
            return
        own = {_name(entry): entry for entry in self._journal.of_capture(desk.name)}
        held = (Stage.SETTLING, Stage.FAILED)
        allowed = {
            name: entry.photo
            for name, entry in own.items()
            if entry.stage not in held and entry.pass_name not in wanted.without
        }
        work = Work(
            folder=desk.folder,
            out=desk.out,
            output=self._plan.out,
            own=own.keys(),
            allowed=allowed,
            pinned={name for name, entry in own.items() if entry.settings},
            chosen=self._plan.of_capture(desk.folder, ""),
            final=wanted.final,
        )
        desk.completing = self._completing = True
        desk.stale = False

        def changed(photo: str, record: ShotRecord) -> None:
            self._crew.inbox.put(lambda: self._progressed(desk, photo, record))

        self._crew.start_long(
            lambda: go_through(work, session, changed, self._halt),
            lambda done: self._gone_through(desk, work, done),
            lambda error: self._stumbled(desk, error),
        )

    def _progressed(self, desk: Desk, photo: str, record: ShotRecord) -> None:
        """Record progress, so that a status shows a long pass before its end."""
        entry = self._journal.entry(photo)
        if record.state is State.FAILED or entry is None or not self._results.fits(entry, record):
            return
        if entry.stage in (Stage.READY, Stage.MASKED, Stage.DONE, Stage.SET_ASIDE) and not waits_for_its_own(entry):
            # Further passes may have taught more of what was done already.
            self._results.enter(entry, record, Stage.DONE if entry.stage is Stage.DONE else Stage.MASKED)
            told, verdict = desk.verdicts.get(photo), (record.state, record.verdict)
            desk.verdicts[photo] = verdict
            self._tell(Masked(desk.name, photo, record, alone=False, again=told == verdict))

    def _gone_through(self, desk: Desk, work: Work, done: GoneThrough) -> None:
        desk.completing = self._completing = False
        if done.interrupted:
            return
        self._results.enter_all(desk.name, done)
        for pass_name in desk.passes:
            desk.completed(pass_name)
        if work.final and not desk.stale and not self._journal_has_work(desk):
            if done.shots:
                self._concluding.take(desk, work, done)
            else:
                self._close(desk)
                leave_nothing_behind(desk.out, done.manifest)
                self.intake.look_at_left_out()

    def _journal_has_work(self, desk: Desk) -> bool:
        return any(count.capture == desk.name for count in self._journal.unfinished())

    def _close(self, desk: Desk) -> None:
        desk.close()
        del self._desks[desk.name]
        self._journal.set_complete(desk.name, complete=True)

    def _concluded(self, desk: Desk, conclusion: Conclusion | None) -> None:
        if conclusion is None:
            return  # something came between: it is gone through again
        done, joined, put_right = conclusion.done, conclusion.joined, conclusion.put_right
        for entry in list(self._journal.of_capture(desk.name)) if put_right else ():
            record = put_right.get(_name(entry))
            if record is not None and self._results.fits(entry, record):
                self._results.enter(entry, record, Stage.DONE)
                self._tell(Masked(desk.name, entry.photo, record, alone=False))
        if desk.stale or self._journal_has_work(desk):
            return
        self._close(desk)
        if joined.proof is not None:
            self._journal.set_proof(desk.name, joined.proof.answer, in_short(joined.proof))
        self._handing_over.hand_over(desk.name, done.manifest)
        # Whoever is told that it is complete may ask for the status at once; and a watch that is killed now has
        # either all of this to do again, or nothing but the command.
        self._journal.commit()
        if joined.proof is not None:
            self._tell(Proven(desk.name, joined.proof, joined.kept))
        self._tell_of_layouts(desk, conclusion)
        if others := of_other_photos(done.manifest.shots):
            self._tell(Note(f"{desk.name}: {others}"))
        layouts = conclusion.laid_out.layouts
        self._tell(Completed(desk.name, done.manifest, desk.out / MANIFEST_NAME, layouts))

    def _tell_of_layouts(self, desk: Desk, conclusion: Conclusion) -> None:
        for error in conclusion.laid_out.refused:
            self._tell(Note(f"{desk.name}: {error}".removesuffix(".")))
        self._refused_layouts += len(conclusion.laid_out.refused)
        for layout in conclusion.laid_out.layouts:
            if layout.by_hand:
                self._tell(Note(f"{desk.name}: {layout.by_hand}"))


def _name(entry: Entry) -> str:
    return name_in_capture(entry.photo, entry.capture)
