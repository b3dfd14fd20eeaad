"""A bar on standard error, where somebody looks at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from underside.commands.parts.live_console import LiveConsole

__all__ = ["ProgressBar", "progress_bar"]


class ProgressBar:
    """How far some work has come."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def advance(self) -> None:
        """One step more is done."""
        self._bar.advance(self._task)

    def move(self, done: int, total: int) -> None:
        """So many steps are done, of so many."""
        self._bar.update(self._task, completed=done, total=total)


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[ProgressBar]:
    """A bar for what is being done, gone once that is done."""
    console = LiveConsole()
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield ProgressBar(bar, bar.add_task(what, total=total))
