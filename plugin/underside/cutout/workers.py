"""Cut-outs by several at once: coefficient work holds the interpreter's lock, so it has processes of its own."""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from underside.children import begin_as_child, deaf_to_ctrl_c, spawning
from underside.cutout.make import Cutout, CutoutOptions, is_lossless, make_cutout
from underside.errors import PhotoError
from underside.photo import Photo, open_known

__all__ = ["CutoutWorkers"]

_TRIES = 2


class CutoutWorkers:
    """Processes that make cut-outs; a context manager."""

    def __init__(self, count: int) -> None:
        # One process a pool: one that ends takes all tasks of its pool with it.
        self._pools = [_new_pool() for _ in range(count)]
        self._idle: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
        for pool in self._pools:
            self._idle.put(pool)

    def __enter__(self) -> "CutoutWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)

    def make(self, photo: Photo, mask: NDArray[np.uint8], options: CutoutOptions) -> Cutout:
        """Make one cut-out; several threads may call at once."""
        if not is_lossless(photo, options):
            return make_cutout(photo, mask, options)
        # Eight mask pixels to a byte: what goes through the pipe is 3 MB rather than 24.
        task = _Task(photo.path, photo.sha256, photo.width, photo.height, np.packbits(mask, axis=1), options)
        pool = self._idle.get()
        try:
            for _ in range(_TRIES):
                try:
                    return _ask(pool, task)
                except BrokenProcessPool:
                    pool = self._instead_of(pool)
        finally:
            self._idle.put(pool)
        raise PhotoError(
            "The process that made its cut-out was killed twice, perhaps for lack of memory", "Try --workers 1"
        )

    def _instead_of(self, broken: ProcessPoolExecutor) -> ProcessPoolExecutor:
        broken.shutdown()
        pool = _new_pool()
        self._pools[self._pools.index(broken)] = pool
        return pool


@dataclass(frozen=True)
class _Task:
    photo: Path
    sha256: str
    width: int
    height: int
    packed: NDArray[np.uint8]
    options: CutoutOptions

    def do(self) -> Cutout:
        photo = open_known(self.photo, self)
        if photo.sha256 != self.sha256:
            raise PhotoError(f"{self.photo} was changed while it was being masked", "Run again")
        mask = np.unpackbits(self.packed, axis=1, count=self.width)
        np.multiply(mask, 255, out=mask)
        return make_cutout(photo, mask, self.options)


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=spawning(), initializer=begin_as_child)


def _ask(pool: ProcessPoolExecutor, task: _Task) -> Cutout:
    try:
        with deaf_to_ctrl_c():
            future = pool.submit(task.do)
    except OSError as error:  # it was ended before it had read what it is to do
        raise BrokenProcessPool(str(error)) from error
    return future.result()
