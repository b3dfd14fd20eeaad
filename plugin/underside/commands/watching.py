"""A watch for a person or a program: a live table, plain lines, or the line protocol."""

import sys
import time
from collections import deque
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Self

from rich.live import Live
from rich.table import Table

from underside.commands.running import LiveConsole
from underside.commands.terminal import printable
from underside.errors import UndersideError
from underside.events import EventWriter
from underside.manifest import State
from underside.watch.happenings import Completed, Failed, Happening, Masked, Moved, Note, Seen, Started, Stopped
from underside.watch.status import CaptureStatus, read_status

__all__ = ["Person", "Program", "status_table"]

# The rate is that of the last shots within so many seconds.
_RATE_OVER = 60.0
# A table of more captures than a screen has lines shows those that are not complete, and the latest.
_ROWS = 20


class Person(AbstractContextManager["Person"]):
    """A table that lives on a terminal; where there is none, a line for each thing that matters."""

    def __init__(self, out: Path) -> None:
        self._console = LiveConsole()
        self._out = out
        self._masked_at: deque[float] = deque(maxlen=10_000)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        match happening:
            case Started(root, out, notes):
                for note in notes:
                    self._say(note)
                self._say(f"Watching {root}; masks go to {out}. Ctrl-C ends it.")
                if self._console.is_terminal:
                    self._live = Live(
                        console=self._console, get_renderable=self._table, refresh_per_second=1, transient=True
                    )
                    self._live.start()
            case Masked(photo=photo, record=record, alone=alone):
                self._masked_at.append(time.monotonic())
                if self._live is None:
                    by_hand = ", by hand" if record.state is State.BY_HAND else ""
                    how = f"{record.verdict or 'masked'}{by_hand}{', for now' if alone else ''}"
                    self._say(f"{photo}: {how} ({record.seconds:.1f} s)")
            case Failed(reason=reason, final=final):
                self._say(f"underside: {reason}{' It is set aside.' if final else ''}")
            case Moved(photo, before):
                self._say(f"{before} is {photo} now; its mask went along")
            case Completed(capture, manifest, path, layouts):
                self._say(f"{capture} is complete: {len(manifest.shots)} shots, {path.with_name('report.html')}")
                for layout in layouts:
                    self._say(f"  laid out for {layout.name}: {layout.folder}")
            case Note(text):
                self._say(f"underside: {text}.")
            case Stopped(failed):
                self.__exit__()
                self._say(f"Stopped{f'; {failed} photos are set aside' if failed else ''}.")
            case Seen():
                pass

    def _say(self, line: str) -> None:
        with suppress(OSError):  # the terminal is gone
            self._console.print(printable(line))

    def _table(self) -> Table:
        now = time.monotonic()
        recent = sum(at > now - _RATE_OVER for at in self._masked_at)
        try:
            captures = read_status(self._out).captures
        except UndersideError:  # being made anew
            captures = ()
        return status_table(captures, caption=f"{recent / _RATE_OVER:.1f} shots a second in the last minute")


def status_table(captures: tuple[CaptureStatus, ...], *, caption: str = "") -> Table:
    """The captures, one a line."""
    table = Table(caption=caption or None, caption_justify="left", box=None, pad_edge=False)
    for heading in ("capture", "passes", "masked", "waiting", "failed", "by hand", "verdicts", ""):
        table.add_column(heading, justify="left" if heading in ("capture", "passes", "verdicts", "") else "right")
    open_first = sorted(captures, key=lambda each: each.complete)
    for each in open_first[:_ROWS]:
        table.add_row(
            printable(each.name),
            printable(", ".join(f"{name or 'one'} {sum(stages.values())}" for name, stages in each.passes.items())),
            f"{each.done} of {each.shots}",
            str(each.waiting or ""),
            str(each.failed or ""),
            str(each.stages.get("by hand", "")),
            ", ".join(f"{count} {verdict}" for verdict, count in each.verdicts.items()),
            "complete" if each.complete else "",
        )
    if len(captures) > _ROWS:
        table.add_row(f"and {len(captures) - _ROWS} more")
    return table


class Program(AbstractContextManager["Program"]):
    """The line protocol on standard output, and nothing else there."""

    def __init__(self) -> None:
        self._write = EventWriter(sys.stdout)

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        match happening:
            case Started(root, out, notes):
                self._write("started", root=str(root), output=str(out), notes=list(notes))
            case Seen(photo):
                self._write("seen", photo=photo)
            case Masked(capture, photo, record, alone):
                self._write(
                    "shot",
                    capture=capture,
                    photo=photo,
                    mask=record.mask,
                    state=record.state.value,
                    alone=alone,
                    verdict=record.verdict,
                    reasons=list(record.reasons),
                    notes=list(record.notes),
                    seconds=record.seconds,
                )
            case Failed() | Moved():
                self._write(type(happening).__name__.lower(), **asdict(happening))
            case Completed(capture, manifest, path, layouts):
                folders = {layout.name: str(layout.folder) for layout in layouts}
                shots = len(manifest.shots)
                self._write("complete", capture=capture, manifest=str(path), shots=shots, layouts=folders)
            case Note(text):
                self._write("note", text=text)
            case Stopped(failed):
                self._write("finished", failed=failed)
