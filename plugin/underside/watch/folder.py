"""The watched folder as it lies on the disk: which files are called like photos, and their sizes and times."""

import os
import stat
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from underside.capture.taken import holds_results, is_passed_over, may_be_photo, photos_beside_results
from underside.disks import identity, may_be_there
from underside.errors import ELSEWHERE, SettingsError
from underside.files import Stamp, alike
from underside.journal import journal_path
from underside.masks import RESULT_FOLDERS

__all__ = ["Found", "Listing", "WatchedFolder"]


@dataclass(frozen=True)
class Found:
    """A file that is called like a photo."""

    photo: str
    """Relative to the watched folder, with "/"."""
    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True)
class Listing:
    """What lies in one folder itself."""

    folder: str
    photos: tuple[Found, ...]
    unread: str = ""
    """Why it, or what is in it, cannot be looked at, where that is so."""


class WatchedFolder:
    """One folder tree, without what in it is hidden, somebody's thumbnails, or our own output."""

    def __init__(self, root: Path, out: Path) -> None:
        self.root = root
        self._out = os.path.realpath(out)
        if self._out == os.path.realpath(root):
            raise SettingsError(f"The output folder {out} is the watched folder itself", ELSEWHERE)
        # Later on photos in it are a person's, beside results that must go on being made.
        is_new = not journal_path(out).exists()
        if is_new and Path(self._out).is_relative_to(os.path.realpath(root)) and photos_beside_results(out):
            raise SettingsError(f"The photos in {out} would be left out, because it is the output folder", ELSEWHERE)

    def is_there(self) -> bool:
        """Whether the folder itself can be read: a share that is away has no photos either."""
        try:
            with os.scandir(self.root):
                return True
        except OSError:
            return False

    def path(self, photo: str) -> Path:
        """Where a photo lies."""
        return self.root / photo

    def name_of(self, path: str) -> str | None:
        """A path as it is called in the folder; none for what lies outside of it."""
        parts, own = Path(path).parts, self.root.parts
        # On a Mac, the system may tell the folder's name in another spelling than the one that it was given in.
        if [alike(part) for part in parts[: len(own)]] != [alike(part) for part in own]:
            return None
        return "/".join(parts[len(own) :])

    def look_at(self, photo: str) -> Found | None:
        """One file, if it is there, a file, and called like a photo."""
        if not may_be_photo(PurePosixPath(photo).name):
            return None
        try:
            facts = self.path(photo).stat()
        except OSError:
            return None
        return Found(photo, *Stamp.of(facts)) if stat.S_ISREG(facts.st_mode) else None

    def is_gone(self, photo: str) -> bool:
        """Whether it is surely not there; in a folder that cannot be looked into, it may be."""
        return not may_be_there(self.path(photo)) and self.is_there()

    def takes(self, photo: str) -> bool:
        """Whether the folders that it lies in are looked into."""
        place = self.root
        for part in PurePosixPath(photo).parent.parts:
            if part in RESULT_FOLDERS and place == self.root and holds_results(place):
                return False
            place /= part
            if is_passed_over(part) or self._is_output(place) or holds_results(place):
                return False
        return True

    def holds(self, name: str) -> bool:
        """Whether a folder by that name lies in it and is looked into."""
        return (self.root / name).is_dir() and self.takes(f"{name}/photo")

    def walk(self, below: str = "") -> Iterator[Listing]:
        """Every folder, itself first; the same folder only once, whatever links lead to it."""
        start = self.root / below if below else self.root
        folders, links, seen = [start], list[Path](), set[Hashable]()
        while folders or links:
            place = folders.pop() if folders else links.pop(0)
            try:
                itself = identity(place)
                if itself in seen or (place != self.root and self._is_output(place)):
                    continue
                seen.add(itself)
                with os.scandir(place) as scan:
                    entries = list(scan)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                yield Listing(self.name_of(str(place)) or "", (), unread=error.strerror or str(error))
                continue
            is_output = holds_results(place)
            if is_output and place != self.root:
                continue
            photos: list[Found] = []
            unread = ""
            for entry in entries:
                try:
                    if entry.is_dir():
                        if not is_passed_over(entry.name) and not (is_output and entry.name in RESULT_FOLDERS):
                            (links if entry.is_symlink() else folders).append(place / entry.name)
                    elif may_be_photo(entry.name):
                        facts = entry.stat()
                        name = (place / entry.name).relative_to(self.root).as_posix()
                        photos += [Found(name, *Stamp.of(facts))] if stat.S_ISREG(facts.st_mode) else []
                except OSError as error:  # gone in this moment, or a link to nowhere
                    if isinstance(error, PermissionError) and not entry.is_symlink():
                        unread = error.strerror or str(error)
            yield Listing(self.name_of(str(place)) or "", tuple(photos), unread)

    def _is_output(self, place: Path) -> bool:
        real = os.path.realpath(place)
        return real == self._out or Path(real) in self.root.parents
