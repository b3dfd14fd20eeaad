"""What the system has told of the folder since it was last asked, each path once however often it changed."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["Changes"]


class Changes:
    """Filled from any thread, emptied by one."""

    def __init__(self, out: Path, wake: Callable[[], None]) -> None:
        """Our own results in the watched folder are not news."""
        self._ours = str(out) + os.sep
        self._wake = wake
        self._lock = threading.Lock()
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, path: str, is_folder: bool) -> None:
        """Something was changed there."""
        if path.startswith(self._ours):
            return
        with self._lock:
            asleep = not (self._files or self._folders)
            (self._folders if is_folder else self._files).add(path)
        if asleep:
            self._wake()

    def take(self) -> tuple[set[str], set[str]]:
        """Files and folders."""
        with self._lock:
            taken = self._files, self._folders
            self._files, self._folders = set(), set()
        return taken
