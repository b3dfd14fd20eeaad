"""What systems and disks do each in their own way: which files are one, moves onto open files, power cuts."""

import errno
import os
import sys
import time
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path

if sys.platform == "darwin":
    import fcntl

__all__ = ["identity", "may_be_there", "rename", "same_file", "sync", "sync_folder"]


def identity(place: Path) -> Hashable:
    """By what a file or folder is known again, whatever name or link leads to it."""
    facts = place.stat()
    # Some network drives of Windows number nothing: by that number, all of their folders would be one.
    return (facts.st_dev, facts.st_ino) if facts.st_ino else os.path.realpath(place)


def same_file(one: Path, other: Path) -> bool:
    """Whether two names are of one file; no where the disk does not tell."""
    facts = one.stat()
    return bool(facts.st_ino) and os.path.samestat(facts, other.stat())


def may_be_there(path: Path) -> bool:
    """Whether something has that name, as far as one may look: a folder that is closed to us hides what it holds."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        return error.errno not in (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
    return True


def rename(source: Path, target: Path) -> None:
    """Give a file or folder another name on its disk; a file that has that name is replaced."""
    for pause in (0.05, 0.2, 0.5, 1.0) if os.name == "nt" else ():
        try:
            source.replace(target)
            return
        except PermissionError:  # a viewer, an indexer or a virus scanner has it open just now
            time.sleep(pause)
    try:
        source.replace(target)
    except PermissionError as error:
        if os.name == "nt" and target.is_file():
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target)) from error
        raise


def sync(handle: int) -> None:
    """Let what was written to an open file survive a power cut."""
    if sys.platform == "darwin":  # where fsync leaves it in the drive's own memory
        with suppress(OSError):  # a share, which knows no such call
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


# How shares and disks that know no such call refuse it; they keep names in ways of their own.
_NOT_FOR_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOSYS, errno.EACCES, errno.EPERM}


def sync_folder(folder: Path) -> None:
    """Let names that were just given in a folder survive a power cut, where the system can do that."""
    # Windows has no such call and needs none.
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            sync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
