"""Run the engine for a person or a program: signals, progress, the summary and the exit code."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from types import FrameType
from typing import NoReturn, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from underside import pipeline
from underside.capture import Capture
from underside.capture.left_alone import left_alone
from underside.commands.parts.live_console import LiveConsole
from underside.commands.parts.terminal import say, tell
from underside.counted import counted
from underside.engine import Result
from underside.errors import ExitCode
from underside.events import EventWriter, when_input_closes
from underside.flip import Joined, in_short, proof_facts
from underside.manifest import ShotRecord, State, verdicts
from underside.masks import CUTOUTS
from underside.verdict import Grade

# So many shots are named at the end; the contact sheet shows all.
_POOR_TOLD = 8

__all__ = ["Person", "Program", "exit_code", "stopping_cleanly", "summary"]


@contextmanager
def stopping_cleanly(*, with_input: bool = False) -> Iterator[threading.Event]:
    """An event that is set once somebody wants the run to end: Ctrl-C, a terminate signal, a door that closes.

    The second Ctrl-C ends at once.
    """
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            _end_at_once()
        if not stop.is_set():
            stop.set()
            _say_anywhere("underside: finishing the shots in flight; Ctrl-C again ends at once.")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), ask) for name in names}
    if with_input:
        when_input_closes(stop.set)
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _end_at_once() -> NoReturn:
    # Waiting for threads, as any other way to end does, may take as long as their shots do. Results are whole
    # or not there, and cut-out processes end with this one.
    _say_anywhere("underside: Interrupted.")
    os._exit(ExitCode.INTERRUPTED)


def _say_anywhere(line: str) -> None:
    """From a signal's handler, which may have interrupted a line that is being printed."""
    clear = "\r\x1b[2K\x1b[?25h" if os.isatty(2) else ""  # the bar, and the cursor that it hides
    with suppress(OSError):
        os.write(2, f"{clear}{line}\n".encode())


class Person(AbstractContextManager["Person"]):
    """A door for people: a bar with rate and time left on a terminal, failures as they come, a summary."""

    def __init__(self) -> None:
        self._console = LiveConsole()
        self._bar = Progress(
            TextColumn("masking"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("masking", total=None, rate="")
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def started(self, capture: Capture, notes: tuple[str, ...]) -> None:
        """Say what the work runs on, and show the bar."""
        for note in notes:
            self._console.say(note)
        self._started = time.monotonic()
        self._bar.update(self._task, total=len(capture.shots))

    def progress(self, progress: pipeline.Progress) -> None:
        """Move the bar; name a shot that was set aside."""
        rate = progress.done / max(time.monotonic() - self._started, 1e-3)
        self._bar.update(self._task, completed=progress.done, rate=f"{rate:.1f} per second")
        if progress.record.state is State.FAILED:
            self._console.say(f"underside: {progress.record.reason}")

    def judged(self, judged: pipeline.Judged) -> None:
        """Say what is being done while no shot more is through."""
        self._bar.update(self._task, rate=f"{judged.left} looked at again" if judged.left else "")

    def proving(self, what: str) -> None:
        """Say what is being done while no mask is made."""
        self._bar.update(self._task, rate=what)

    def joined(self, joined: Joined) -> None:
        """It comes with the summary."""
        self._bar.update(self._task, rate="")

    def finished(self, result: Result) -> None:
        """Sum up on standard output."""
        self.__exit__()
        # On one terminal the reasons of shots that were set aside stand above already.
        for line in summary(result, reasons=not (self._console.is_terminal and sys.stdout.isatty())):
            tell(line)
        _say_refused(result)


class Program(AbstractContextManager["Program"]):
    """A door for programs: the line protocol on standard output, and nothing else there."""

    def __init__(self) -> None:
        self._write = EventWriter(sys.stdout)

    def __exit__(self, *_: object) -> None:
        return

    def started(self, capture: Capture, notes: tuple[str, ...]) -> None:
        """Tell how many shots there are."""
        self._write("started", total=len(capture.shots), plates=len(capture.plates), notes=list(notes))

    def progress(self, progress: pipeline.Progress) -> None:
        """Tell of one shot."""
        record = progress.record
        if record.state is State.FAILED:
            self._write("failed", photo=record.photo, reason=record.reason)
            return
        self._write(
            "shot",
            photo=record.photo,
            mask=record.mask,
            state=record.state.value,
            kept=progress.kept,
            verdict=record.verdict,
            reasons=list(record.reasons),
            notes=list(record.notes),
            seconds=record.seconds,
        )

    def judged(self, judged: pipeline.Judged) -> None:
        """Report a verdict, or a mask, that has changed since the shot was reported."""
        record, before = judged.record, judged.before
        if (record.verdict, record.mask_sha256, record.steps) == (before.verdict, before.mask_sha256, before.steps):
            return
        self._write(
            "judged",
            photo=record.photo,
            mask=record.mask,
            verdict=record.verdict,
            reasons=list(record.reasons),
            steps=[asdict(step) for step in record.steps],
            changed=record.mask_sha256 != before.mask_sha256,
        )

    def proving(self, what: str) -> None:
        """Tell what takes so long."""
        self._write("proving", text=what)

    def joined(self, joined: Joined) -> None:
        """Tell the answer, where the question was to be asked."""
        if joined.proof is not None:
            self._write("proof", **proof_facts(joined.proof), kept=joined.kept)
        elif joined.why_not:
            self._write("proof", answer="", reasons=[joined.why_not])

    def finished(self, result: Result) -> None:
        """Tell the counts."""
        outcome = result.outcome
        self._write(
            "finished",
            masked=outcome.masked,
            kept=len(outcome.kept),
            cut_out=outcome.cut_out,
            failed=len(outcome.failed),
            unreached=outcome.unreached,
            verdicts=verdicts(outcome.manifest.shots),
            warnings=list(outcome.manifest.warnings),
            report=str(result.report),
            seconds=round(outcome.seconds, 3),
        )
        _say_refused(result)
        for layout in result.laid_out.layouts:
            if layout.by_hand:
                say(f"underside: {layout.by_hand}.")


def _say_refused(result: Result) -> None:
    for error in result.laid_out.refused:
        say(f"underside: {error}")


def summary(result: Result, *, reasons: bool = True) -> Iterator[str]:
    """What a person must know at the end, line by line; without ``reasons``, the shots set aside were named before."""
    outcome = result.outcome
    rate = f", {outcome.masked / outcome.seconds:.1f} per second" if outcome.masked else ""
    yield f"{counted(outcome.masked, 'shot')} masked in {outcome.seconds:.1f} s{rate}"
    if outcome.kept:
        yield f"{counted(len(outcome.kept), 'shot')} already done, left as they are"
    if outcome.cut_out:
        yield f"{counted(outcome.cut_out, 'cut-out')} made from existing masks"
    by_hand = sum(shot.state is State.BY_HAND for shot in outcome.manifest.shots)
    if by_hand:
        yield f"{counted(by_hand, 'mask')} changed by hand, kept (--force-edited overwrites them)"
    cutouts = sum(shot.cutout_by_hand for shot in outcome.manifest.shots)
    if cutouts:
        yield f"{counted(cutouts, 'cut-out')} changed by hand, kept (--force-edited overwrites them)"
    if result.capture.plates:
        yield f"{counted(len(result.capture.plates), 'plate')} left alone (the empty platter)"
    if result.capture.left_out:
        yield f"{counted(len(result.capture.left_out), 'file')} left out: masks of the photos beside them"
    yield from left_alone(result.capture)
    yield from _trust(outcome.manifest.shots)
    yield from _one_object(result)
    for warning in outcome.manifest.warnings:
        yield f"Warning: {warning}"
    if outcome.unreached:
        yield f"{counted(outcome.unreached, 'shot')} not reached: the same command continues with them"
    if outcome.failed:
        yield f"{counted(len(outcome.failed), 'shot')} set aside{':' if reasons else ', as reported above'}"
        yield from (f"  {shot.reason}" for shot in outcome.failed if reasons)
    yield f"Masks: {result.masks}"
    if any(shot.cutout for shot in outcome.manifest.shots):
        yield f"Cut-outs: {result.masks.with_name(CUTOUTS)}"
    yield f"Contact sheet: {result.report}"
    for layout in result.laid_out.layouts:
        yield f"Laid out for {layout.name}: {layout.folder}"
        yield from (f"  {note}" for note in layout.notes)


def _one_object(result: Result) -> Iterator[str]:
    joined = result.joined
    if joined is not None and joined.proof is not None:
        yield f"Passes: {in_short(joined.proof)}"
        yield from (f"  {note}" for note in joined.proof.notes)
    elif joined is not None and joined.why_not:
        yield f"Passes: {joined.why_not}"
    elif result.interrupted and not result.outcome.unreached:
        yield "The passes are not proven yet: the same command will do that"


def _trust(shots: Sequence[ShotRecord]) -> Iterator[str]:
    counts = verdicts(shots)
    if not counts:
        return
    yield "Verdicts: " + ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    poor = sorted((shot for shot in shots if shot.verdict == Grade.INSUFFICIENT), key=lambda shot: -shot.doubt)
    if poor:
        yield f"Look at {'this one' if len(poor) == 1 else 'these'} yourself:"
        yield from (f"  {shot.photo}: {'; '.join(shot.reasons)}{_since(shot)}" for shot in poor[:_POOR_TOLD])
    if len(poor) > _POOR_TOLD:
        yield f"  and {len(poor) - _POOR_TOLD} more, first in the contact sheet"


def _since(shot: ShotRecord) -> str:
    return "; since put right by what the other shots show" if shot.is_put_right else ""


def exit_code(result: Result) -> ExitCode:
    """What a run came to."""
    if result.interrupted:
        return ExitCode.INTERRUPTED
    failed = result.outcome.failed or result.capture.problems or result.laid_out.refused
    return ExitCode.SOME_FAILED if failed else ExitCode.DONE
