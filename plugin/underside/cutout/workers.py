"""Cut-outs by several at once: coefficient work holds the interpreter's lock, so it has processes of its own."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.cutout.make import Cutout, CutoutOptions, is_lossless, make_cutout
from underside.errors import PhotoError
from underside.photo import Photo, open_photo

__all__ = ["CutoutWorkers"]

# Python's keeper of semaphores, a process too, takes them away when this one is ended at once. It inherits
# the options for warnings, and would tell the terminal of it.
_NOT_ALOUD = "ignore:resource_tracker"


class CutoutWorkers:
    """A pool of processes that make cut-outs; a context manager."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = _new_pool(count)
        self._mending = threading.Lock()

    def __enter__(self) -> "CutoutWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def make(self, photo: Photo, mask: NDArray[np.uint8], options: CutoutOptions) -> Cutout:
        """Make one cut-out; several threads may call at once."""
        if not is_lossless(photo, options):
            return make_cutout(photo, mask, options)
        # Eight mask pixels to a byte: what goes through the pipe is 3 MB rather than 24.
        task = _Task(photo.path, photo.sha256, photo.width, photo.height, np.packbits(mask, axis=1), options)
        pool = self._pool
        try:
            return _ask(pool, task)
        except BrokenProcessPool:
            with self._mending:
                if self._pool is pool:
                    self._pool = _new_pool(self._count)
                return _ask_alone(task)


@dataclass(frozen=True)
class _Task:
    photo: Path
    sha256: str
    width: int
    height: int
    packed: NDArray[np.uint8]
    options: CutoutOptions

    def do(self) -> Cutout:
        photo = open_photo(self.photo, max_megapixels=self.width * self.height / 1e6 + 1)
        if photo.sha256 != self.sha256:
            raise PhotoError(f"{self.photo} was changed while it was being masked", "Run again")
        mask = np.unpackbits(self.packed, axis=1, count=self.width)
        np.multiply(mask, 255, out=mask)
        return make_cutout(photo, mask, self.options)


def _new_pool(count: int) -> ProcessPoolExecutor:
    if _NOT_ALOUD not in sys.warnoptions:
        sys.warnoptions.append(_NOT_ALOUD)
    # Not fork: a child of a process with threads may inherit a lock that nobody will ever open.
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _ask(pool: ProcessPoolExecutor, task: _Task) -> Cutout:
    with _deaf_to_ctrl_c():
        future = pool.submit(task.do)
    return future.result()


def _ask_alone(task: _Task) -> Cutout:
    """A process that ends takes all tasks of its pool with it; alone, only the one that ends it fails."""
    try:
        with _new_pool(1) as pool:
            return _ask(pool, task)
    except BrokenProcessPool as error:
        raise PhotoError(
            "The process that made its cut-out was ended twice, perhaps for want of memory", "Try --workers 1"
        ) from error


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; those that are started here leave it to their parent."""
    if os.name != "posix":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows too
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # libjpeg prints its own warnings for slightly odd files straight to the process's standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
