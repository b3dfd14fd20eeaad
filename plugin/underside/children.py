"""Processes of ours beside this one: they leave Ctrl-C to their parent, and end when it does."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext

__all__ = ["begin_as_child", "deaf_to_ctrl_c", "spawning"]

# Python's keeper of semaphores, a process too, takes them away when this one is ended at once. It inherits
# the options for warnings, and would tell the terminal of it.
_NOT_ALOUD = "ignore:resource_tracker"


def spawning() -> SpawnContext:
    """How they are started: not by a fork, whose child may inherit a lock that nobody will ever open."""
    if _NOT_ALOUD not in sys.warnoptions:
        sys.warnoptions.append(_NOT_ALOUD)
    return multiprocessing.get_context("spawn")


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; those that are started here leave it to their parent."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_as_child() -> None:
    """What such a process does first of all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows too
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Libraries print their own warnings, as libjpeg for slightly odd files, straight to the process's standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
