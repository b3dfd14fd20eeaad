"""Cut-outs in processes of their own: coefficient work holds the interpreter's lock, so threads do not scale."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.cutout import Cutout, CutoutOptions, make_cutout
from underside.errors import PhotoError
from underside.photo import Photo, open_photo

__all__ = ["CutoutWorkers"]


class CutoutWorkers:
    """A pool of processes that make cut-outs; a context manager."""

    def __init__(self, count: int) -> None:
        # Not fork: a child of a process with threads may inherit a lock that nobody will ever open.
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)

    def __enter__(self) -> "CutoutWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def make(self, photo: Photo, mask: NDArray[np.uint8], options: CutoutOptions) -> Cutout:
        """Make one cut-out; several threads may call at once."""
        # Eight mask pixels to a byte: what goes through the pipe is 3 MB rather than 24.
        packed = np.packbits(mask, axis=1)
        megapixels = photo.width * photo.height / 1e6
        try:
            return self._pool.submit(_make, photo.path, megapixels, packed, mask.shape[1], options).result()
        except BrokenProcessPool as error:
            raise PhotoError(
                "A process that makes cut-outs was ended from outside, perhaps for want of memory",
                "Run again, with fewer shots in flight: --workers 1",
            ) from error


def _begin() -> None:
    # Ctrl-C reaches every process of a terminal; the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # libjpeg prints its own warnings for slightly odd files straight to the process's standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _make(path: Path, megapixels: float, packed: NDArray[np.uint8], width: int, options: CutoutOptions) -> Cutout:
    mask = np.unpackbits(packed, axis=1, count=width)
    np.multiply(mask, 255, out=mask)
    return make_cutout(open_photo(path, max_megapixels=megapixels + 1), mask, options)
