"""The engine while it works: a process whose events are read by threads and handed over when asked for."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections import deque
from typing import IO, Any, Dict, Sequence

from underside_metashape.host import MenuError
from underside_metashape.record import NO_CONSOLE, own_environment

__all__ = ["Run"]

Event = Dict[str, Any]


class Run:
    """One run of the engine; its threads touch nothing but this object."""

    def __init__(self, command: Sequence[str]) -> None:
        self._events: queue.Queue[Event] = queue.Queue()
        self._complaints: deque[str] = deque(maxlen=20)
        self._begun = threading.Event()
        self.asked_to_stop = False
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=own_environment(),
                creationflags=NO_CONSOLE,
            )
        except (OSError, ValueError) as error:
            raise MenuError(
                f"Underside's engine does not start ({error}). Open a terminal and run: underside install metashape"
            ) from error
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read_events, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_complaints, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def events(self, wait: float = 0.0) -> list[Event]:
        """What has come since; ``wait`` so many seconds for the first."""
        found: list[Event] = []
        try:
            found.append(self._events.get(timeout=wait) if wait else self._events.get_nowait())
            while True:
                found.append(self._events.get_nowait())
        except queue.Empty:
            return found

    @property
    def ended(self) -> bool:
        """Whether all is over and all events were handed over."""
        alive = any(reader.is_alive() for reader in self._readers)
        return not alive and self._process.poll() is not None and self._events.empty()

    @property
    def code(self) -> int:
        """How it ended."""
        return self._process.wait()

    @property
    def complaint(self) -> str:
        """The engine's last line for people, without its name."""
        lines = [line for line in self._complaints if line.startswith("underside: ")] or list(self._complaints)
        return lines[-1].split("underside: ", 1)[-1] if lines else ""

    def stop(self) -> None:
        """Ask for a clean end after the shots in flight."""
        self.asked_to_stop = True
        if not self._begun.is_set():
            # Until it begins it does not listen; and there is nothing yet to end cleanly.
            self.kill()
            return
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError:  # it has ended already
            pass

    def kill(self) -> None:
        """End it now, whatever it does; results are whole or not there."""
        if self._process.poll() is None:
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        for reader in self._readers:
            reader.join(5)

    def _read_events(self, stream: IO[bytes]) -> None:
        for line in stream:
            try:
                event = json.loads(line.decode("ascii"))
            except ValueError:
                continue
            if isinstance(event, dict):
                self._begun.set()
                self._events.put(event)
        stream.close()

    def _read_complaints(self, stream: IO[bytes]) -> None:
        for line in stream:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self._complaints.append(text)
        stream.close()
