"""The file of a journal: one SQLite database, checked when it is opened, its troubles put into words."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path, PurePath
from typing import Any, Self
from urllib.parse import quote

from underside.errors import OutputError
from underside.files import make_folder, writing
from underside.journal.model import Entry

__all__ = ["COLUMNS", "UNFINISHED", "Database", "JournalDamagedError", "as_text", "journal_path", "set_aside", "uri_of"]

FORMAT = 3
"""From 2 on, a photo has a ``ctime_ns``; from 3 on, it has neither ``seconds`` nor ``done_at``, which nobody read."""
COLUMNS = tuple(each.name for each in fields(Entry))
UNFINISHED = "stage IN ('settling', 'ready', 'masked', 'failed') AND gone_at = 0"
_PHOTOS = """
CREATE TABLE photos (
    photo PRIMARY KEY, folder NOT NULL, kin NOT NULL, capture NOT NULL, pass_name NOT NULL, stage TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, settings TEXT NOT NULL,
    verdict TEXT NOT NULL, mask_stamp TEXT NOT NULL,
    seen_at REAL NOT NULL, gone_at REAL NOT NULL
) WITHOUT ROWID;
"""
_INDEXES = f"""
CREATE INDEX of_folder ON photos (folder, kin);
CREATE INDEX of_capture ON photos (capture, pass_name, stage, mtime_ns);
CREATE INDEX unfinished ON photos (capture, pass_name, stage) WHERE {UNFINISHED};
CREATE INDEX of_content ON photos (sha256);
"""
_OTHER_TABLES = """
CREATE TABLE captures (
    capture PRIMARY KEY, complete_at REAL NOT NULL DEFAULT 0, handed_over TEXT NOT NULL DEFAULT '',
    proof TEXT NOT NULL DEFAULT ''
);
CREATE TABLE requests (number INTEGER PRIMARY KEY, photo NOT NULL, settings TEXT NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL);
"""


class JournalDamagedError(OutputError):
    """What the journal's file holds is not a journal."""

    def __init__(self, path: Path, problem: object) -> None:
        super().__init__(f"The journal {path} is damaged ({problem})", "Start underside watch again: it repairs itself")


def journal_path(out: Path) -> Path:
    """Where the journal of a watched folder's output lies."""
    return out / ".underside" / "journal.sqlite"


def set_aside(path: Path) -> Path:
    """Give a damaged journal a dated name, so that a new one can take its place."""
    dated = path.with_name(time.strftime("journal-damaged-%Y%m%d-%H%M%S.sqlite"))
    for suffix in ("", "-wal", "-shm"):
        with writing(dated), suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(dated.with_name(dated.name + suffix))
    return dated


class Database:
    """A connection to it: what was written is durable from ``commit`` on."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        with _in_words(path):
            self._db = _to_read(path) if read_only else _to_write(path)
        self._inode = _inode(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def is_there(self) -> bool:
        """Whether the file is still in its place; on some systems an open file can be removed."""
        return _inode(self._path) == self._inode

    def commit(self) -> None:
        """Make what was changed last through a power cut."""
        if self._db.in_transaction:
            with _in_words(self._path):
                self._db.execute("COMMIT")

    @property
    def changes(self) -> int:
        """Counts what was changed through this view: the same number, the same answers."""
        return self._db.total_changes

    def _read(self, query: str, *values: object) -> list[Any]:
        with _in_words(self._path):
            return self._db.execute(query, [_stored(value) for value in values]).fetchall()

    def _write(self, statement: str, values: Sequence[object]) -> None:
        with _in_words(self._path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(statement, [_stored(value) for value in values])


def _stored(value: object) -> object:
    """A name that is no Unicode is stored as its bytes."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return os.fsencode(value)
    return str(value)


def as_text(value: object) -> str:
    """What was stored, as a name again."""
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _to_read(path: Path) -> sqlite3.Connection:
    written_now = path.with_name(f"{path.name}-wal").exists()
    # Even for reading it wants files beside it, unless it is told that nobody writes it.
    how = "mode=ro" if written_now or os.access(path.parent, os.W_OK) else "mode=ro&immutable=1"
    return sqlite3.connect(f"{uri_of(path.absolute())}?{how}", uri=True, timeout=30)


def uri_of(path: PurePath) -> str:
    """An absolute path as SQLite takes it: of a share of Windows, ``as_uri`` would make a host, which it refuses."""
    place = quote(os.fsencode(path.as_posix()), safe="/:")
    return f"file://{place}" if place.startswith("/") else f"file:///{place}"


def _to_write(path: Path) -> sqlite3.Connection:
    with writing(path):
        make_folder(path.parent)
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    # FULL: in this mode each commit is on the disk before it returns, also through a power cut.
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # a Mac's disk keeps it in its own memory otherwise
    problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise JournalDamagedError(path, problem)
    known = db.execute("PRAGMA user_version").fetchone()[0]
    if known > FORMAT:
        raise OutputError(
            f"{path} was written by a newer Underside (format {known}, this one reads {FORMAT})",
            "Update Underside, or choose another output folder with -o",
        )
    if known == 0:
        db.executescript(f"BEGIN; {_PHOTOS} {_INDEXES} {_OTHER_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
    elif "proof" not in _columns_of(db, "captures"):
        db.execute("ALTER TABLE captures ADD COLUMN proof TEXT NOT NULL DEFAULT ''")
    if 0 < known < FORMAT:
        _bring_up(db)
    if _columns_of(db, "photos") != set(COLUMNS):
        raise JournalDamagedError(path, "its tables are not as expected")


def _bring_up(db: sqlite3.Connection) -> None:
    """Give an earlier Underside's journal the columns of now; one that lacks others is left for what it is."""
    there = _columns_of(db, "photos")
    if not set(COLUMNS) - there <= {"ctime_ns"}:
        return
    kept = ", ".join(name for name in COLUMNS if name in there)
    # A new table, as SQLite before 3.35 cannot drop a column, and some systems have no later one.
    db.executescript(
        f"BEGIN; ALTER TABLE photos RENAME TO photos_before; {_PHOTOS}"
        f"INSERT INTO photos ({kept}) SELECT {kept} FROM photos_before; DROP TABLE photos_before; {_INDEXES}"
        f"PRAGMA user_version = {FORMAT}; COMMIT;"
    )


def _columns_of(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


_FULL = ("the disk is full or fails", "Free some space, or check the disk")
_FORBIDDEN = (
    "you have no permission to read or write it",
    "Give yourself permission, or choose another output folder with -o",
)
_HELD = ("another program holds it", "Close that program, or wait for it, then try again")
_REMEDIES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _FORBIDDEN,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_ERROR}


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # a mistake of ours, that says nothing of the file
            raise
        code &= 0xFF  # what it is, without what of it
        if code in _DAMAGED:
            raise JournalDamagedError(path, error) from error
        reason, remedy = _REMEDIES.get(code, (str(error), "Check the disk"))
        raise OutputError(f"Cannot use the journal {path}: {reason}", remedy) from error
