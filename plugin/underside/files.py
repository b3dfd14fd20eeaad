"""Files that are whole or not there: atomic, durable writes, links and hashes."""

import errno
import hashlib
import json
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import NamedTuple, Self

from underside.disks import rename, sync, sync_folder
from underside.errors import ELSEWHERE, OutputError, UnfitNameError

__all__ = [
    "PART_SUFFIX",
    "Stamp",
    "alike",
    "json_text",
    "leads_out",
    "link_or_copy",
    "make_folder",
    "refuse_unwritable",
    "sha256_if_there",
    "sha256_of",
    "write_atomically",
    "writing",
]

PART_SUFFIX = ".underside-part"
"""Temporary files are hidden and end so; a crash may leave one, a reader never takes it for a result."""

_PIECE = 1 << 20
_ROOM = 1 << 16


class Stamp(NamedTuple):
    """By what a file is known again without being read: where only this differs, its hash says whether it is another.

    Size and time alone would not do: TIFFs of one camera are all of one size, and what copies a file may keep its time.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    """When the file was last written to, renamed, linked or given other rights; on Windows, when it was made."""

    @classmethod
    def of(cls, facts: os.stat_result) -> Self:
        """The stamp of a file that these were asked of."""
        return cls(facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:  # which does not say of what file, where reading fails and not opening
        raise OSError(error.errno, error.strerror, str(path)) from error


def sha256_if_there(path: Path) -> str | None:
    """The hash of a result; None if there is none yet. A name that its disk refuses is reported as in writing."""
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError as error:
        if error.errno in _OF_THE_NAME:
            with writing(path):
                raise
        raise


def json_text(content: object) -> str:
    """The text of a JSON file for people and programs.

    File names that are not Unicode hold lone surrogates; as JSON's own escapes they come back the same.
    """
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return f"{text}\n".encode(errors="backslashreplace").decode()


def alike(path: str) -> str:
    """Paths that some disk takes for one and the same give the same answer."""
    return unicodedata.normalize("NFC", path).casefold()


def leads_out(name: str) -> bool:
    """Whether a relative path leads out of the folder that it is given in."""
    path = PurePath(name)
    return bool(path.anchor) or ".." in path.parts


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write ``content`` so that ``path`` is either as before or whole, also after a power cut.

    What can be made again from other files, such as a preview, need not be ``durable``: it is then whole
    for every reader, but a power cut may take it.
    """
    with _into_place(path, durable=durable) as part, part.open("xb") as file:
        file.write(content)
        file.flush()
        if durable:
            sync(file.fileno())


def refuse_unwritable(path: Path) -> None:
    """Say why ``path`` could not be written: before long work, not after it. Nothing is left behind."""
    made = [folder for folder in path.parents if not folder.is_dir()]
    part = _part_of(path)
    try:
        with writing(path):
            make_folder(path.parent)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            part.write_bytes(os.urandom(_ROOM))  # a full disk still takes an empty file
    finally:
        with suppress(OSError):
            part.unlink()
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def link_or_copy(source: Path, target: Path, *, link: bool = True) -> None:
    """Make ``target`` the same content as ``source``: a hard link where the disk can, a copy otherwise, or always."""
    with _into_place(target, durable=True) as part:
        if link and not _is_protected(source):
            with suppress(OSError):
                # Of a link, its photo: a link that leads from one folder to another would lead nowhere from a third.
                os.link(os.path.realpath(source), part)
                return
        _copy(source, part)


def _copy(source: Path, part: Path) -> None:
    with part.open("xb") as copy:
        for piece in _pieces(source):
            copy.write(piece)
        copy.flush()
        sync(copy.fileno())
    # Passes are separated by file times too. If a disk keeps no times or permissions, the copy does without.
    with suppress(OSError):
        facts = source.stat()
        os.utime(part, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        # A photo that its camera has protected must not make a copy that cannot be replaced or taken away.
        part.chmod(stat.S_IMODE(facts.st_mode) | stat.S_IWUSR)


def _is_protected(source: Path) -> bool:
    """Whether a link to it could not be taken away again: on Windows that is a property of the file, not its folder."""
    return os.name == "nt" and not source.stat().st_mode & stat.S_IWUSR


def _pieces(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise OutputError(f"Cannot read {source}: {error.strerror}", "Fix that and run again") from error


@contextmanager
def _into_place(path: Path, *, durable: bool) -> Iterator[Path]:
    """A free name beside ``path``; the file that is made there takes the place of ``path`` in the end."""
    part = _part_of(path)
    try:
        with writing(path):
            make_folder(path.parent)
            yield part
            rename(part, path)
            # Two names of one file are not moved onto each other, and both stay.
            part.unlink(missing_ok=True)
            if durable:
                sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _part_of(path: Path) -> Path:
    return path.with_name(f".{secrets.token_hex(8)}{PART_SUFFIX}")


def make_folder(folder: Path) -> None:
    """Make a folder and those around it, so that their names survive a power cut too."""
    if not folder.is_dir():
        if folder.parent == folder:  # a drive or a share that is not there
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


_LIMIT = "Raise the limit on the size of files (ulimit -f) or choose another output folder with -o"
_REMEDIES = {
    errno.ENOSPC: ("the disk is full", "Free some space and run again; what is finished is kept"),
    errno.EDQUOT: ("your disk quota is used up", "Free some space and run again; what is finished is kept"),
    errno.EFBIG: ("a file may not be so large there", f"{_LIMIT}, and run again; what is finished is kept"),
    errno.EROFS: ("that disk is read-only", ELSEWHERE),
    errno.EACCES: ("you have no permission to write there", ELSEWHERE),
    errno.EPERM: ("you have no permission to write there", ELSEWHERE),
    errno.ENOTDIR: ("a file stands where a folder is needed", ELSEWHERE),
    errno.EEXIST: ("a file stands where a folder is needed", ELSEWHERE),
    errno.EISDIR: ("a folder stands in its place", "Move that folder away"),
    errno.EBUSY: ("another program has it open, or it is write-protected", "Free it and run again"),
    errno.ENAMETOOLONG: ("the name is too long for that disk", "Shorten the photo's name or the output folder's"),
    errno.EINVAL: ("that disk does not accept such a name", "Rename the photo"),
    errno.EILSEQ: ("that disk does not accept such a name", "Rename the photo"),
}
_OF_THE_NAME = {
    *(errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.EBUSY),
    *(errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ),
}
# Numbers of Windows that Python turns into EINVAL or ENOENT, as it does with many that are not about a name.
_OF_WINDOWS = {123: errno.EINVAL, 161: errno.EINVAL, 206: errno.ENAMETOOLONG, 1295: errno.EDQUOT}
_LONGEST_ON_WINDOWS = 259


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words why ``path`` cannot be written."""
    try:
        yield
    except OSError as error:
        number = _number_of(error, path)
        reason, remedy = _REMEDIES.get(number, (error.strerror or str(error), ELSEWHERE))
        kind = UnfitNameError if number in _OF_THE_NAME else OutputError
        raise kind(f"Cannot write {path}: {reason}", remedy) from error


def _number_of(error: OSError, path: Path) -> int:
    of_windows = getattr(error, "winerror", None)
    if of_windows is None:
        return error.errno or 0
    if error.errno == errno.ENOENT and len(str(path.absolute())) > _LONGEST_ON_WINDOWS:
        return errno.ENAMETOOLONG
    return _OF_WINDOWS.get(of_windows, 0 if error.errno == errno.EINVAL else error.errno or 0)
