"""How many shots per second were masked lately."""

import threading
import time
from collections import deque

__all__ = ["Pace"]

_OVER = 60.0


class Pace:
    """Counted in one thread, read in any."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._at: deque[float] = deque(maxlen=100_000)
        self._lock = threading.Lock()

    def count(self) -> None:
        """One more."""
        with self._lock:
            self._at.append(time.monotonic())

    def a_second(self) -> float:
        """Shots per second over the last minute, or since the start if that is less."""
        now = time.monotonic()
        with self._lock:
            while self._at and self._at[0] < now - _OVER:
                self._at.popleft()
            return len(self._at) / max(1.0, min(_OVER, now - self._began))
