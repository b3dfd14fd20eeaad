"""Files that may still be being written: each is left alone until its size and time have stood still for a while."""

import heapq
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from underside.watch.folder import Found

__all__ = ["Settling"]


@dataclass
class _Waiting:
    found: Found
    until: float


class Settling:
    """Keeps the files that have changed lately. Times are those of a clock that never jumps.

    A whole archive may be new at once: nothing here goes through all files each time.
    """

    def __init__(self, still_for: float) -> None:
        self._still_for = still_for
        self._files: dict[str, _Waiting] = {}
        self._queue: list[tuple[float, str]] = []
        """By time; what does not fit to ``_files`` any more counts for nothing."""
        self._due: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._files)

    def changed(self, found: Found, now: float) -> None:
        """A file was seen; from now on it must stand still."""
        known = self._files.get(found.photo)
        if known is None or known.found != found:
            until = now + self._still_for
            self._files[found.photo] = _Waiting(found, until)
            self._due.pop(found.photo, None)
            heapq.heappush(self._queue, (until, found.photo))

    def forget(self, photo: str) -> None:
        """The file is gone."""
        self._files.pop(photo, None)
        self._due.pop(photo, None)

    def due(self, now: float) -> Iterator[Found]:
        """What should be looked at again: still the same means settled."""
        while self._next_in_queue() <= now:
            self._due[heapq.heappop(self._queue)[1]] = None
        for _ in range(len(self._due)):
            photo = next(iter(self._due), None)
            if photo is None:
                return
            self._due.move_to_end(photo)
            yield self._files[photo].found

    def next_due(self) -> float:
        """When to ask again."""
        return 0.0 if self._due else self._next_in_queue()

    def _next_in_queue(self) -> float:
        while self._queue:
            until, photo = self._queue[0]
            waiting = self._files.get(photo)
            if waiting is not None and waiting.until == until and photo not in self._due:
                return until
            heapq.heappop(self._queue)
        return float("inf")
