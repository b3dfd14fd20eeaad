"""The folder of a set: known as ours by its table, changed file by file, and only where something is new."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from underside.errors import OutputError
from underside.files import PART_SUFFIX, json_text, leads_out, sha256_of, write_atomically, writing
from underside.layouts import HOW_TO
from underside.masks import SET_TABLE
from underside.outfolder import locked

__all__ = ["COPIED", "ELSEWHERE", "LINKED", "MADE", "SetFolder", "SetMask", "Table", "open_set", "read_table"]

LINKED, COPIED, MADE = "linked", "copied", "made"
"""How a photo or a mask has come."""
_FORMAT = 1
ELSEWHERE = "Choose another folder with -o"
"""The remedy where the set cannot be put, or must not be."""
_NOWHERE = (-1, -1)


@dataclass(frozen=True)
class _File:
    """One file of ours."""

    of: str
    """Tells what it was made from and how; empty while it is being made."""
    how: str = ""
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    """Hash of photos and masks: distinguishes a person's edit from a copy that has lost its time."""


@dataclass(frozen=True)
class SetMask:
    """One mask of a set, as its table tells of it."""

    photo: str
    """The photo's name in the output folder's manifest."""
    prepared: str
    """The photo in the set."""
    name: str
    source_sha256: str
    """Hash of the mask in the output folder from which it was made."""
    sha256: str
    """Hash of the file itself, as it was written."""


@dataclass(frozen=True)
class Table:
    """What a set says of itself."""

    output: str
    """The output folder from which it was made."""
    masks: tuple[SetMask, ...]
    """The set's masks; none while it is incomplete, or if an earlier Underside made it, which did not record them."""


@dataclass
class SetFolder:
    """An open set. Its methods may be called from several threads, for different files."""

    folder: Path
    kind: Mapping[str, Any]
    """What the set is of: program, output folder and capture."""
    before: bytes
    _files: dict[str, _File]
    _wanted: set[str] = field(default_factory=set)
    written: int = 0
    removed: int = 0
    changed_by_others: list[str] = field(default_factory=list)
    """Files that were left as they are."""
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _touched: bool = False

    @property
    def is_new(self) -> bool:
        """Whether nothing was prepared here before."""
        return not self.before

    def plan(self, names: Iterable[str]) -> None:
        """Say what will be put, so that an interrupted run leaves nothing that the next one does not know."""
        for name in names:
            # Path.exists() fails where the name is too long to be there.
            if name not in self._files and os.path.lexists(self.folder / name):
                raise OutputError(f"{self.folder / name} is in the way, and was not made by Underside", ELSEWHERE)
            self._wanted.add(name)

    def put(self, name: str, of: str, make: Callable[[Path], str]) -> str:
        """Have a file there that is made ``of`` something; ``make`` is called where it is not, and says how."""
        path = self.folder / name
        known = self._files.get(name)
        if known and known.of == of and _stamp(path) == (known.size, known.mtime_ns):
            return known.how
        self._touch()
        how = make(path)
        size, mtime_ns = _stamp(path)
        with self._turn:
            self._files[name] = _File(of, how, size, mtime_ns)
            self.written += 1
        return how

    def put_picture(self, name: str, of: str, make: Callable[[Path], str], *, source_sha256: str) -> str:
        """A photo or a mask; one that a person has changed here stays, unless it was its source, by the same link."""
        path, known = self.folder / name, self._files.get(name)
        if known and known.sha256 and _is_changed(path, known, known.sha256, source_sha256):
            with self._turn:
                self.changed_by_others.append(name)
            return known.how
        how = self.put(name, of, make)
        if not self._files[name].sha256:
            sha256 = sha256_of(path) if how == MADE else source_sha256
            with self._turn:
                self._files[name] = replace(self._files[name], sha256=sha256)
        return how

    def put_text(self, name: str, text: str, *, ours: bool = False) -> None:
        """A small file of text; one that a person or a program has changed since stays as they left it.

        What is ``ours`` is for no hand to change: it is always made anew.
        """
        content = text.encode(errors="surrogateescape")
        known, there = self._files.get(name), _stamp(self.folder / name)
        if not ours and known and known.of and there not in (_NOWHERE, (known.size, known.mtime_ns)):
            self.changed_by_others.append(name)
            return

        def make(path: Path) -> str:
            write_atomically(path, content)
            return "written"

        self.put(name, hashlib.sha256(content).hexdigest(), make)

    def give_up(self, *names: str) -> None:
        """These shall not be in the set after all."""
        with self._turn:
            self._wanted.difference_update(names)

    def sweep(self) -> None:
        """Take away what is not wanted any more, but for what a person has changed."""
        for name in sorted(set(self._files) - self._wanted):
            path, known = self.folder / name, self._files[name]
            if known.of and _is_changed(path, known, known.sha256 or known.of):
                self.changed_by_others.append(name)
                continue
            self._touch()
            with writing(path):
                path.unlink(missing_ok=True)
            del self._files[name]
            self.removed += 1
            if path.parent != self.folder:
                with suppress(OSError):
                    path.parent.rmdir()

    def close(self, facts: Mapping[str, Any]) -> None:
        """Save the table; the set is whole."""
        self._save(facts, whole=True)

    def _touch(self) -> None:
        """Before the first change: from now on the set is not whole."""
        with self._turn:
            if self._touched:
                return
            self._touched = True
            planned = {name: self._files.get(name, _File("")) for name in (*self._files, *self._wanted)}
            self._save({}, whole=False, files=planned)
            with writing(self.folder / HOW_TO):
                (self.folder / HOW_TO).unlink(missing_ok=True)

    def break_off(self) -> None:
        """Keep what is done, for the next run."""
        if self._touched:
            planned = {name: self._files.get(name, _File("")) for name in (*self._files, *self._wanted)}
            with suppress(OutputError):
                self._save({}, whole=False, files=planned)

    def _save(self, facts: Mapping[str, Any], *, whole: bool, files: Mapping[str, _File] | None = None) -> None:
        listed = self._files if files is None else files
        content = {"format": _FORMAT, **self.kind, "whole": whole, **facts}
        content["files"] = {name: asdict(listed[name]) for name in sorted(listed)}
        data = json_text(content).encode()
        if data != self.before:
            write_atomically(self.folder / SET_TABLE, data)


@contextmanager
def open_set(folder: Path, kind: Mapping[str, Any]) -> Iterator[SetFolder]:
    """Make the folder or go on with it; one that is not ours, or of something else, is refused."""
    with writing(folder / SET_TABLE):
        entries = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    before = _read(folder) if SET_TABLE in entries else b""
    files = _known(folder, before, kind) if before else {}
    if not before and any(not name.startswith(".") for name in entries):
        raise OutputError(f"{folder} holds other files and was not made by underside prepare", ELSEWHERE)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    refusal = f"Another run of Underside is preparing {folder}"
    with locked(folder / ".underside-lock", refusal, remedy="Wait for it to end"):
        for part in folder.rglob(f".*{PART_SUFFIX}"):
            with suppress(OSError):
                part.unlink()
        opened = SetFolder(folder, kind, before, files)
        try:
            yield opened
        except BaseException:
            opened.break_off()
            if opened.is_new and not opened._touched:
                _remove_if_empty(folder)
            raise


def read_table(folder: Path) -> Table | None:
    """What a set says of itself; none if the folder is not a set."""
    if not (folder / SET_TABLE).exists():
        return None
    try:
        content = json.loads(_read(folder))
        files = content["files"]
        masks = [
            SetMask(shot["photo"], shot["prepared"], shot["mask"], shot["mask_of"], files[shot["mask"]]["sha256"])
            for shot in content.get("shots", ())
            if "mask_of" in shot
        ]
        return Table(content["output"], tuple(masks))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{folder / SET_TABLE} is not a table that this Underside can read ({error!r})"
        raise OutputError(what, "Run underside prepare again") from error


def _read(folder: Path) -> bytes:
    try:
        return (folder / SET_TABLE).read_bytes()
    except OSError as error:
        raise OutputError(f"Cannot read {folder / SET_TABLE}: {error.strerror}", ELSEWHERE) from error


def _known(folder: Path, table: bytes, kind: Mapping[str, Any]) -> dict[str, _File]:
    try:
        content = json.loads(table)
        version = int(content["format"])
        files = {str(name): _File(**facts) for name, facts in content["files"].items()} if version == _FORMAT else {}
        found = {name: content[name] for name in kind}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(
            f"{folder / SET_TABLE} is not a table that Underside can read ({error})", ELSEWHERE
        ) from error
    if version != _FORMAT:
        raise OutputError(
            f"{folder / SET_TABLE} has format {version}, this Underside reads {_FORMAT}",
            "Use the Underside that wrote it, or choose another folder with -o",
        )
    for name, value in kind.items():
        if found[name] != value:
            raise OutputError(f"{folder} was prepared for another {name}, {found[name]}", ELSEWHERE)
    if any(map(leads_out, files)):
        raise OutputError(f"{folder / SET_TABLE} names files outside its folder", ELSEWHERE)
    return files


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return _NOWHERE
    return facts.st_size, facts.st_mtime_ns


def _is_changed(path: Path, known: _File, *ours: str) -> bool:
    """Whether a file is another one than was written; ``ours`` are the hashes that it may have."""
    return _stamp(path) not in (_NOWHERE, (known.size, known.mtime_ns)) and sha256_of(path) not in ours


def _remove_if_empty(folder: Path) -> None:
    # The lock still lies there; nothing else may.
    with suppress(OSError):
        if [entry.name for entry in folder.iterdir()] == [".underside-lock"]:
            (folder / ".underside-lock").unlink()
            folder.rmdir()
