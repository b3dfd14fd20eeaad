"""What people are told while they wait: lines on standard error."""

import sys
import time

__all__ = ["Ticker", "say"]

_EVERY = 5.0
_BEGUN = time.monotonic()


def say(text: str) -> None:
    """A line, with the seconds since the beginning."""
    sys.stderr.write(f"[{time.monotonic() - _BEGUN:6.1f}] {text}\n")
    sys.stderr.flush()


class Ticker:
    """For what happens often: says the first, then one every few seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def say(self, text: str) -> None:
        """Or keep silent, when the last line is too new."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            say(text)
