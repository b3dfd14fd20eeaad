"""A console for bars and tables that outlives its reader."""

from contextlib import suppress

from rich.console import Console

from underside.commands.parts.terminal import printable

__all__ = ["LiveConsole"]

_ENDLESS = 100_000


class LiveConsole(Console):
    """A console on standard error or output, for as long as somebody reads it."""

    def __init__(self, *, stderr: bool = True) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)
        if not self.is_terminal:  # a file or a pipe has no edge at which a table would have to be cut
            self.width = _ENDLESS

    def say(self, line: str) -> None:
        """Print a line above what is live; nothing happens where the terminal is gone."""
        with suppress(OSError):
            self.print(printable(line))

    def on_broken_pipe(self) -> None:
        """Fall silent; the usual way would end the run."""
        self.quiet = True
