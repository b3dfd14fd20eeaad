"""The output folder: one run at a time, swept of what a crash has left, and a name for every shot's results."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from underside.capture import Shot
from underside.errors import ELSEWHERE, OutputError, SettingsError
from underside.files import PART_SUFFIX, alike, make_folder, writing
from underside.masks import MASKS, RESULT_FOLDERS

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["alone_in", "claimed", "locked", "refuse_photos_among_results", "undisturbed", "without_a_name"]

_LOCK = ".underside-lock"
# What mask, preview and cut-out may have behind the photo's name.
_SUFFIXES = (".png", ".jpg", ".tif", ".webp")


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Make the folder and keep every other run out of it until this one has ended, in whatever way."""
    with writing(out / MASKS):
        make_folder(out / MASKS)
    with alone_in(out):
        for name in RESULT_FOLDERS:
            _sweep(out / name, deep=True)
        yield


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be alone in any folder for results; one that stays empty is removed."""
    with writing(folder):
        make_folder(folder)
    try:
        with locked(folder / _LOCK, f"Another run of Underside is writing into {folder}"):
            _sweep(folder, deep=False)
            yield
    finally:
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def undisturbed(out: Path) -> Iterator[None]:
    """Keep runs out of a finished folder while others read it; what lies where nobody writes needs no lock."""
    if not os.access(out, os.W_OK):
        yield
        return
    refusal = f"A run of Underside is still writing into {out}"
    with locked(out / _LOCK, refusal, remedy="Wait for it to end, then try again"):
        yield


def without_a_name(photos: Iterable[str], out: Path) -> Mapping[str, str]:
    """The photos whose results would stand in the way of those of others, and why, as a sentence with its remedy."""
    photos = sorted(photos)
    folders = {str(folder) for photo in photos for folder in PurePosixPath(photo).parents}
    refused = {
        photo: f"Its mask or its cut-out would be where the folder {photo + suffix} of others must be. "
        "Rename the photo or that folder."
        for photo in photos
        for suffix in _SUFFIXES
        if photo + suffix in folders
    }
    if (out / _LOCK.upper()).exists():
        first: dict[str, str] = {}
        for photo in photos:
            other = first.setdefault(alike(photo), photo)
            if other != photo:
                refused[photo] = (
                    f"The output folder's disk treats its name and {other} as the same. Rename one of the two."
                )
    return refused


def refuse_photos_among_results(shots: Iterable[Shot], out: Path) -> None:
    """Photos in a folder of the output folder's own, however a link leads there: results would take their places."""
    folders = {os.path.realpath(folder) for folder in {shot.path.parent for shot in shots}}
    for own in (os.path.realpath(out / name) for name in RESULT_FOLDERS):
        for folder in folders:
            if Path(folder).is_relative_to(own):
                raise SettingsError(
                    f"The photos in {folder} lie where the results of {out} are written",
                    ELSEWHERE,
                )


def _sweep(folder: Path, *, deep: bool) -> None:
    pattern = f".*{PART_SUFFIX}"
    for part in folder.rglob(pattern) if deep else folder.glob(pattern):
        with suppress(OSError):
            part.unlink()


_ASK_AGAIN_AFTER = 0.02
_WAIT = "Wait for it to end, or choose another output folder with -o"


@contextmanager
def locked(path: Path, refusal: str, *, remedy: str = _WAIT, patience: float = 0.0) -> Iterator[None]:
    """Keep others out who ask for the same lock; ``refusal`` and ``remedy`` are what those are told.

    ``patience``: for how many seconds a lock that somebody else holds is asked for again.
    """
    handle = _opened_and_locked(path, OutputError(refusal, remedy), until=time.monotonic() + patience)
    try:
        yield
    finally:
        if os.name == "nt":  # which does not remove what is open, be it by us or by whoever comes next
            os.close(handle)
        with suppress(OSError):
            path.unlink()
        if os.name != "nt":
            os.close(handle)


def _opened_and_locked(path: Path, refusal: OutputError, *, until: float) -> int:
    """The system itself lets go of the lock when the process ends: none is ever left behind by a crash."""
    while True:
        with writing(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock(handle):
            os.close(handle)
            if time.monotonic() >= until:
                raise refusal
            time.sleep(_ASK_AGAIN_AFTER)
            continue
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)  # a run that ended just now has taken that file away


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # some network shares know no locks
        return True
    return True
