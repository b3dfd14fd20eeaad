"""In what order photos are looked at, and several at once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order", "spread"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(count: int) -> list[int]:
    """All places of a row in such an order that however many are taken, they are spread evenly."""
    bits = max(1, (count - 1).bit_length())
    return sorted(range(count), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))


def in_order(pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """Results in the order of the items, with a few in work ahead: what is done is not piled up."""
    ahead: deque[Future[_Result]] = deque()
    for item in items:
        ahead.append(pool.submit(work, item))
        if len(ahead) > 8:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
