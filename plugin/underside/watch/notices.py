"""Notices that something has changed in the watched folder: from the system, or none where it gives none."""

import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

__all__ = ["Notices", "file_system_of", "why_to_poll"]

# On these, what another machine writes gives no events here.
_WITHOUT_EVENTS = (
    *("nfs", "cifs", "smb", "afs", "afpfs", "webdav", "ncpfs"),
    *("fuse", "macfuse", "osxfuse", "9p", "vboxsf", "vmhgfs", "prl_fs", "drvfs", "virtiofs"),
)
# A disk of this machine, as NTFS and exFAT are mounted: nobody else writes to it.
_WITH_EVENTS = ("fuseblk",)
_OF_INTEREST = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class Notices(AbstractContextManager["Notices"]):
    """Calls ``changed`` with a path and whether it is a folder, from threads of its own."""

    def __init__(self, folder: Path, changed: Callable[[str, bool], None]) -> None:
        """Raises OSError where the system has no watches left."""
        # A full queue is reported as a warning; the full scan finds what it has lost.
        logging.getLogger("watchdog").setLevel(logging.ERROR)
        # watchdog sees a folder twice if it arrives within another new one, by its own notice and by looking through
        # the other: it replaces the callback by the same one.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        self._observer = Observer()
        self._observer.schedule(_Handler(changed), str(folder), recursive=True, event_filter=_OF_INTEREST)
        with ExitStack() as stack:
            stack.callback(self._observer.unschedule_all)
            self._observer.start()
            stack.pop_all()

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join(5)

    @property
    def come(self) -> bool:
        """Whether notices still come."""
        return self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: Callable[[str, bool], None]) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if path:
                self._changed(os.fsdecode(path), event.is_directory)


def why_to_poll(folder: Path) -> str:
    """Why the system's events cannot be relied on there, as a sentence; empty where they can."""
    kind = file_system_of(folder)
    if kind.lower().startswith(_WITHOUT_EVENTS) and not kind.lower().startswith(_WITH_EVENTS):
        return f"{folder} lies on {kind}, which gives no notification of changes made elsewhere"
    return ""


def file_system_of(folder: Path) -> str:
    """The kind of file system, as the system calls it; empty where that is not told."""
    place = folder.resolve()
    if sys.platform == "win32":
        return "cifs" if str(place).startswith("\\\\") else ""
    best, kind = -1, ""
    for mounted, this in mounted_on_mac() if sys.platform == "darwin" else mounted_on_linux():
        if (place == mounted or mounted in place.parents) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), this
    return kind


def mounted_on_linux(table: Path = Path("/proc/mounts")) -> Iterator[tuple[Path, str]]:
    try:
        lines = table.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        _, mount, kind, *_ = line.split(" ")
        # Spaces and backslashes are written as octal numbers.
        yield Path(mount.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")), kind


def mounted_on_mac(program: str = "/sbin/mount") -> Iterator[tuple[Path, str]]:
    try:
        told = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in os.fsdecode(told).splitlines():
        # As in: //me@nas/photos on /Volumes/photos (smbfs, nodev, nosuid, mounted by me)
        if found := re.fullmatch(r".* on (/.*) \((\w+).*\)", line):
            yield Path(found[1]), found[2]
