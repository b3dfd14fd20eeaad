"""A watch for a person or a program: a live table, plain lines, or the line protocol."""

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from rich.live import Live
from rich.table import Table

from underside.commands.parts.live_console import LiveConsole
from underside.commands.parts.status_table import status_table
from underside.errors import UndersideError
from underside.events import EventWriter
from underside.watch.happenings import Happening, Masked, Started, Stopped
from underside.watch.pace import Pace
from underside.watch.status import read_status
from underside.watch.telling import as_event, in_words

__all__ = ["Person", "Program"]


class Person(AbstractContextManager["Person"]):
    """A table that lives on a terminal; where there is none, a line for each thing that matters."""

    def __init__(self, out: Path) -> None:
        self._console = LiveConsole()
        self._out = out
        self._pace = Pace()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        if isinstance(happening, Stopped):
            self.__exit__()
        if isinstance(happening, Masked):
            self._pace.count()
        if self._live is None or not isinstance(happening, Masked):
            for line in in_words(happening):
                self._console.say(line)
        if isinstance(happening, Started) and self._console.is_terminal:
            self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=1, transient=True)
            self._live.start()

    def _table(self) -> Table:
        try:
            captures = read_status(self._out).captures
        except UndersideError:  # being made again
            captures = ()
        return status_table(captures, caption=f"{self._pace.a_second():.1f} shots per second in the last minute")


class Program(AbstractContextManager["Program"]):
    """The line protocol on standard output, and nothing else there."""

    def __init__(self) -> None:
        self._write = EventWriter(sys.stdout)

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        event, facts = as_event(happening)
        self._write(event, **facts)
