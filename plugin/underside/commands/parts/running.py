"""A run of the engine for a person or a program: its progress, its end and the exit code."""

import sys
import time
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from underside import pipeline
from underside.capture import Capture
from underside.commands.parts.live_console import LiveConsole
from underside.commands.parts.summary import summary
from underside.commands.parts.terminal import say, tell
from underside.engine import Result
from underside.errors import ExitCode
from underside.events import EventWriter
from underside.flip import Joined, proof_facts
from underside.manifest import State, verdicts

__all__ = ["Person", "Program", "exit_code"]


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


def exit_code(result: Result) -> ExitCode:
    """What a run came to."""
    if result.interrupted:
        return ExitCode.INTERRUPTED
    failed = result.outcome.failed or result.capture.problems or result.laid_out.refused
    return ExitCode.SOME_FAILED if failed else ExitCode.DONE
