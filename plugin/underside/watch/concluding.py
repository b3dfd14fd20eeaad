"""The end of a capture: its passes are proven, its masks put right and laid out, one capture after another."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from underside.errors import UndersideError
from underside.flip import Joined, join
from underside.layouts import LaidOut
from underside.manifest import Manifest, ShotRecord
from underside.watch.desk import Desk
from underside.watch.going_through import GoneThrough, Work
from underside.watch.happenings import Listener, Note, Proving
from underside.watch.jobs import Crew
from underside.watch.masking import CaptureSession

__all__ = ["Concluding", "Conclusion"]


@dataclass(frozen=True)
class Conclusion:
    """What a capture has come to."""

    done: GoneThrough
    """The work done, with the manifest as it is now."""
    joined: Joined
    laid_out: LaidOut

    @property
    def put_right(self) -> dict[str, ShotRecord]:
        """Shots with new masks, by the manifest's names."""
        return {after.photo: after for _, after in self.joined.put_right}


@dataclass(frozen=True)
class _Task:
    desk: Desk
    work: Work
    done: GoneThrough


class Concluding:
    """A proof takes a minute, in a process of its own: all other captures are masked meanwhile.

    Used from the watch's own thread, but for the work itself.
    """

    def __init__(
        self,
        crew: Crew,
        *,
        proves: bool,
        tell: Listener,
        halt: threading.Event,
        then: Callable[[Desk, Conclusion | None], None],
        failed: Callable[[Desk, UndersideError], None],
    ) -> None:
        """``then`` hears of each desk once nothing more is done for it: with nothing where something came between."""
        self._crew = crew
        self._proves = proves
        self._tell = tell
        self._halt = halt
        self._then = then
        self._failed = failed
        self._waiting: deque[_Task] = deque()
        self._at: Desk | None = None
        self._missing_told = False

    @property
    def rewriting(self) -> str | None:
        """The capture whose masks may just be changing by our own hand."""
        return self._at.name if self._at else None

    def take(self, desk: Desk, work: Work, done: GoneThrough) -> None:
        """Conclude a capture when its turn has come; until then its desk is left alone."""
        desk.concluding = True
        self._waiting.append(_Task(desk, work, done))

    def go_on(self) -> None:
        """Begin with the next one, and give up those in which something has happened since."""
        for task in [task for task in self._waiting if task.desk.stale]:
            self._waiting.remove(task)
            self._end(task.desk, lambda desk: self._then(desk, None))
        if self._at is not None or not self._waiting:
            return
        task = self._waiting.popleft()
        session, desk = task.desk.session, task.desk
        assert session is not None
        self._at = desk
        self._crew.start_long(
            lambda: _conclude(task, session, self._proves, self._hear_of(desk.name), self._halt),
            lambda conclusion: self._end(desk, lambda desk: self._concluded(desk, conclusion)),
            lambda error: self._end(desk, lambda desk: self._failed(desk, error)),
        )

    def _hear_of(self, capture: str) -> Callable[[str], None]:
        return lambda what: self._crew.inbox.put(lambda: self._tell(Proving(capture, what)))

    def _end(self, desk: Desk, then: Callable[[Desk], None]) -> None:
        desk.concluding = False
        if self._at is desk:
            self._at = None
        then(desk)

    def _concluded(self, desk: Desk, conclusion: Conclusion | None) -> None:
        joined = conclusion.joined if conclusion else None
        if joined is not None and joined.why_not:
            self._tell_why_not(desk, joined)
        self._then(desk, conclusion)

    def _tell_why_not(self, desk: Desk, joined: Joined) -> None:
        """That the extra is missing is told once, and only where the settings want what it does."""
        if not joined.extra_is_missing:
            self._tell(Note(f"{desk.name}: {joined.why_not.removesuffix('.')}"))
        elif joined.mend and not self._missing_told:
            self._missing_told = True
            self._tell(Note(joined.why_not.removesuffix(".")))


def _conclude(
    task: _Task, session: CaptureSession, proves: bool, tell: Callable[[str], None], halt: threading.Event
) -> Conclusion | None:
    done, mend = task.done, task.work.chosen.settings.effort == "best"
    joined: Joined | None = Joined(done.manifest, done.manifest, mend=False)
    if proves:
        joined = join(task.work.out, mend=mend, tell=tell, stop=halt, moot=lambda: task.desk.stale)
    if joined is None:
        return None
    manifest: Manifest | None = joined.manifest
    if any(joined.put_right) and task.work.chosen.settings.cutout_options is not None:
        manifest = session.cut_out(done.capture, halt)
    if manifest is None or halt.is_set():
        return None
    laid_out = session.lay_out(manifest, task.work.chosen.layouts)
    return Conclusion(replace(done, manifest=manifest), joined, laid_out)
