"""Photos whose files have another stamp, though the same size and time: their content says whether they are others."""

from collections.abc import Callable

from underside.survey.grouping import file_digest
from underside.watch.folder import Found, WatchedFolder
from underside.watch.jobs import Crew

__all__ = ["Doubts"]


class Doubts:
    """Read one after another, beside all else: a layout that links a whole capture changes every stamp in it."""

    def __init__(self, folder: WatchedFolder, crew: Crew, read: Callable[[Found, str], None]) -> None:
        """``read`` hears of each file that could be read, with its hash."""
        self._folder = folder
        self._crew = crew
        self._read = read
        self._waiting: dict[str, Found] = {}
        self._at: Found | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._at is not None

    @property
    def is_waiting(self) -> bool:
        """Whether there is one to begin with."""
        return bool(self._waiting) and self._at is None

    def add(self, found: Found) -> None:
        """Have a file read soon."""
        if found != self._at:
            self._waiting[found.photo] = found

    def go_on(self) -> None:
        """Begin with the next one."""
        if not (self.is_waiting and self._crew.has_room):
            return
        found = self._at = self._waiting.pop(next(iter(self._waiting)))
        path = self._folder.path(found.photo)
        self._crew.start(lambda: file_digest(path), self._has_read, lambda _: self._has_read(""))

    def _has_read(self, sha256: str) -> None:
        found, self._at = self._at, None
        if found is not None and sha256:  # else it could not be read: the next look through the folder tries again
            self._read(found, sha256)
