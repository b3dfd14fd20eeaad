"""The line protocol between doors and engine: one JSON object per line."""

import json
import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

__all__ = ["EventWriter", "when_input_closes"]


class EventWriter:
    """Writes events to a stream, each line whole, from any thread."""

    def __init__(self, stream: TextIO | None) -> None:
        """Without a stream, as if standard output was closed from the start, nobody listens."""
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, event: str, **facts: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Write one event; a reader that has gone away is not our failure."""
        # In ASCII, which every stream takes; a name that is no Unicode comes through too.
        line = json.dumps({"event": event, **facts})
        if self._stream is None:
            return
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return


def when_input_closes(action: Callable[[], None]) -> None:
    """Call ``action`` once the door that started us closes our standard input.

    Only a pipe or socket that is open now can be closed by a door: a terminal, a file, ``/dev/null``, or
    what a shell or a scheduler left closed from the start means nothing.
    """
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)) or _hung_up():
        return

    # Processes that we start must not meet it: on Windows, one waits at its start for as long as we read there.
    door = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        with suppress(OSError):  # a connection that is broken off is closed too
            while os.read(door, 4096):
                pass
        action()

    threading.Thread(target=wait, name="input", daemon=True).start()


def _hung_up() -> bool:
    if sys.platform == "win32":  # which has no poll
        return False
    poll = select.poll()
    poll.register(0, select.POLLIN)
    return any(state & select.POLLHUP for _, state in poll.poll(0))
