"""A fixed number of shots in flight at once, so that memory does not grow with the capture."""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["fly", "usual_workers"]

Result = TypeVar("Result")

# A shot in flight holds its pixels, its mask and the file: about 150 MB at 24 megapixels. More than eight
# at once no longer go faster, because reading and writing then share one disk.
_MOST = 8


def usual_workers() -> int:
    """As many workers as there are processors for us, within reason."""
    return max(1, min(_processors(), _MOST))


def _processors() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def fly(
    work: Iterable[Callable[[], Result]],
    pool: ThreadPoolExecutor,
    *,
    in_flight: int,
    landed: Callable[[Result], None],
    stopped: Callable[[], bool],
) -> None:
    """Do all work in the pool, ``in_flight`` pieces at once; ``landed`` hears of each on the calling thread.

    Once ``stopped``, nothing more begins; what is in flight is brought to its end.
    """
    flying: set[Future[Result]] = set()
    for each in work:
        if stopped():
            break
        flying.add(pool.submit(each))
        if len(flying) >= in_flight:
            flying = _land(flying, landed)
    while flying:
        flying = _land(flying, landed)


def _land(flying: set[Future[Result]], landed: Callable[[Result], None]) -> set[Future[Result]]:
    down, still_flying = wait(flying, return_when=FIRST_COMPLETED)
    for future in down:
        landed(future.result())
    return still_flying
