"""Composes scenes, batch by batch, in processes of its own where that is wished for."""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor

import numpy as np

from training.content.library import Library
from training.content.pool import one_thread_each
from training.content.scenes.kinds import KINDS
from training.content.scenes.plans import compose, drawn
from training.content.scenes.stage import Scene

__all__ = ["Composed", "composed"]

Composed = list[tuple[str, Scene]]
"""Scenes with their kinds."""


def composed(
    library: Library, kinds: Mapping[str, float], sizes: list[int], *, seed: int, workers: int
) -> Iterator[Composed]:
    """Batches of those sizes; a scene depends on the seed and its number alone."""
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    jobs = list(zip(starts, sizes, strict=True))
    if not workers:
        for start, size in jobs:
            yield _batch(library, kinds, seed, start, size)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (library, kinds, seed)) as pool:
        waiting: deque[Future[Composed]] = deque()
        try:
            for start, size in jobs:
                waiting.append(pool.submit(_work, start, size))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


def _batch(library: Library, kinds: Mapping[str, float], seed: int, start: int, size: int) -> Composed:
    scenes = []
    for number in range(start, start + size):
        dice = np.random.default_rng((seed, number))
        name = drawn(dice, kinds)
        scenes.append((name, compose(library, dice, KINDS[name].plan(dice))))
    return scenes


_worker: tuple[Library, Mapping[str, float], int]


def _start_worker(library: Library, kinds: Mapping[str, float], seed: int) -> None:
    global _worker
    one_thread_each()
    _worker = library, kinds, seed


def _work(start: int, size: int) -> Composed:
    return _batch(*_worker, start, size)
