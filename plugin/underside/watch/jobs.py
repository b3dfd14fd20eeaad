"""What is done beside the watch's own thread: a bounded number of jobs, whose results come back in order."""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from underside.errors import UndersideError

__all__ = ["Crew"]

_Result = TypeVar("_Result")


class Crew:
    """Threads beside the watch's own, which alone knows the journal."""

    def __init__(self, workers: int) -> None:
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        """What is to be done in the watch's own thread."""
        # More for the captures that are being gone through and concluded, which have threads of their own.
        self._pool = ThreadPoolExecutor(workers + 2, thread_name_prefix="watch")
        self._most = workers
        self._flying = 0

    @property
    def has_room(self) -> bool:
        """Whether a further job would begin at once."""
        return self._flying < self._most

    def start(
        self,
        job: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[UndersideError], None],
    ) -> None:
        """Do a job; what comes of it is seen to in the watch's own thread."""
        self._flying += 1

        def land(seen_to: Callable[[], None]) -> None:
            self._flying -= 1
            seen_to()

        self._pool.submit(lambda: self.inbox.put(_outcome(job, then, failed, land)))

    def start_long(
        self,
        job: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[UndersideError], None],
    ) -> None:
        """Start what takes minutes and keeps no shot from being masked."""
        self._pool.submit(lambda: self.inbox.put(_outcome(job, then, failed, lambda seen_to: seen_to())))

    def close(self) -> None:
        """Wait for what is in flight, and forget what comes of it."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _outcome(
    job: Callable[[], _Result],
    then: Callable[[_Result], None],
    failed: Callable[[UndersideError], None],
    land: Callable[[Callable[[], None]], None],
) -> Callable[[], None]:
    try:
        result = job()
    except UndersideError as error:
        problem = error
        return lambda: land(lambda: failed(problem))
    except BaseException as error:
        mistake = error

        def again() -> None:
            raise mistake

        return lambda: land(again)
    return lambda: land(lambda: then(result))
