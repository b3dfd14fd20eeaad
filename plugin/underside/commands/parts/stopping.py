"""A run that ends cleanly once somebody wants that."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from underside.errors import ExitCode
from underside.events import when_input_closes

__all__ = ["stopping_cleanly"]


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
