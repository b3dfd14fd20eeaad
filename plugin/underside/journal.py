"""The journal: every photo that the watched folder has seen and what became of it, in SQLite, durable."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

from underside.errors import OutputError
from underside.files import writing

__all__ = [
    "FINISHED",
    "Count",
    "Entry",
    "Glimpse",
    "Journal",
    "JournalDamagedError",
    "Request",
    "Stage",
    "journal_path",
    "looking_into",
    "set_aside",
]

FORMAT = 1

_UNFINISHED = "stage IN ('settling', 'ready', 'masked', 'failed') AND gone_at = 0"
_TABLES = f"""
CREATE TABLE photos (
    photo PRIMARY KEY, folder NOT NULL, kin NOT NULL, capture NOT NULL, pass_name NOT NULL, stage TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, attempts INTEGER NOT NULL,
    reason TEXT NOT NULL, settings TEXT NOT NULL, verdict TEXT NOT NULL, mask_stamp TEXT NOT NULL,
    seconds REAL NOT NULL, seen_at REAL NOT NULL, done_at REAL NOT NULL, gone_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX of_folder ON photos (folder, kin);
CREATE INDEX of_capture ON photos (capture, pass_name, stage, mtime_ns);
CREATE INDEX unfinished ON photos (capture, pass_name, stage) WHERE {_UNFINISHED};
CREATE INDEX of_content ON photos (sha256);
CREATE TABLE captures (
    capture PRIMARY KEY, complete_at REAL NOT NULL DEFAULT 0, handed_over TEXT NOT NULL DEFAULT ''
);
CREATE TABLE requests (number INTEGER PRIMARY KEY, photo NOT NULL, settings TEXT NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL);
"""


class Stage(StrEnum):
    """How far a photo has come."""

    SETTLING = "settling"
    """Still being written, perhaps."""
    READY = "ready"
    """Whole, and not masked yet."""
    MASKED = "masked"
    """Masked alone; what its ring knows may still better it."""
    DONE = "done"
    BY_HAND = "by hand"
    FAILED = "failed"
    """Will be tried again."""
    SET_ASIDE = "set aside"
    """Tried often enough."""
    PLATE = "plate"
    COMPANION = "companion"
    """The camera raw file of a shot whose developed file is masked."""
    LEFT_OUT = "left out"
    """A mask of a photo beside it, for example."""


FINISHED = frozenset({Stage.DONE, Stage.BY_HAND, Stage.SET_ASIDE, Stage.PLATE, Stage.COMPANION, Stage.LEFT_OUT})
"""Nothing is left to do, until the file changes."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One photo. Times are seconds since 1970, 0 for never; they are told, never waited for."""

    photo: str
    """Relative to the watched folder, with "/"."""
    folder: str
    kin: str
    """The beginning of the name that a raw file, its JPEG and its mask have in common."""
    capture: str
    pass_name: str
    stage: Stage = Stage.SETTLING
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    attempts: int = 0
    """Tries that failed."""
    reason: str = ""
    settings: str = ""
    """What ``retry`` was told beyond the usual settings, as JSON."""
    verdict: str = ""
    mask_stamp: str = ""
    """Size and time of the mask's file, by which a change is noticed."""
    seconds: float = 0.0
    seen_at: float = 0.0
    done_at: float = 0.0
    gone_at: float = 0.0
    """When the file was missed; its mask is kept."""


class Glimpse(NamedTuple):
    """What is to be known of a photo where there are very many."""

    capture: str
    pass_name: str
    stage: str
    size: int
    mtime_ns: int
    mask_stamp: str
    gone: int


_GLIMPSES = "SELECT photo, capture, pass_name, stage, size, mtime_ns, mask_stamp, gone_at > 0 FROM photos"
_COLUMNS = tuple(each.name for each in fields(Entry))
_PATHS = ("photo", "folder", "kin", "capture", "pass_name")


@dataclass(frozen=True)
class Count:
    """So many photos of a pass are at a stage."""

    capture: str
    pass_name: str
    stage: Stage
    count: int


@dataclass(frozen=True)
class Request:
    """Somebody asks for a photo to be done again."""

    number: int
    photo: str
    settings: str


class JournalDamagedError(OutputError):
    """What the journal's file holds is no journal."""

    def __init__(self, path: Path, problem: object) -> None:
        super().__init__(f"The journal {path} is damaged ({problem})", "Start underside watch again: it mends itself")


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


class Journal:
    """The one writer's view; changes since the last ``commit`` are lost with the process, and found out again."""

    def __init__(self, path: Path) -> None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with _in_words(path):
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        self._inode = _inode(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _prepare(self) -> None:
        # FULL: in this mode each commit is on the disk before it returns, also through a power cut.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise JournalDamagedError(self._path, problem)
        known = self._db.execute("PRAGMA user_version").fetchone()[0]
        if known > FORMAT:
            raise OutputError(
                f"{self._path} was written by a newer Underside (format {known}, this one reads {FORMAT})",
                "Update Underside, or choose another output folder with -o",
            )
        if known == 0:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        names = {row[1] for row in self._db.execute("PRAGMA table_info(photos)")}
        if names != set(_COLUMNS):
            raise JournalDamagedError(self._path, "its tables are of another kind")

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

    # --- photos ---------------------------------------------------------------------------------------------

    def add(self, entry: Entry) -> None:
        """Take up a photo, in place of what was known of it."""
        marks = ", ".join("?" * len(_COLUMNS))
        values = [_stored(getattr(entry, name)) for name in _COLUMNS]
        self._write(f"INSERT OR REPLACE INTO photos ({', '.join(_COLUMNS)}) VALUES ({marks})", values)

    def change(self, photo: str, **columns: object) -> None:
        """Change some of what is known of a photo."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        values = [_stored(value) for value in columns.values()]
        self._write(f"UPDATE photos SET {assignments} WHERE photo = ?", [*values, _stored(photo)])

    def entry(self, photo: str) -> Entry | None:
        """What is known of a photo."""
        return next(self._entries("photo = ?", photo), None)

    def in_folder(self, folder: str) -> dict[str, Glimpse]:
        """The photos of a folder itself, those that are gone too, by their paths."""
        rows = self._read(f"{_GLIMPSES} WHERE folder = ?", folder)
        return {_text(row[0]): Glimpse(_text(row[1]), _text(row[2]), *row[3:]) for row in rows}

    def glimpse(self, photo: str) -> Glimpse | None:
        """The same of one photo."""
        rows = self._read(f"{_GLIMPSES} WHERE photo = ?", photo)
        return Glimpse(_text(rows[0][1]), _text(rows[0][2]), *rows[0][3:]) if rows else None

    def kin(self, entry: Entry) -> list[Entry]:
        """The photos beside it whose names begin alike, itself too."""
        return list(self._entries("folder = ? AND kin = ? AND gone_at = 0", entry.folder, entry.kin))

    def folders(self) -> set[str]:
        """All folders that photos were seen in."""
        return {_text(row[0]) for row in self._read("SELECT DISTINCT folder FROM photos WHERE gone_at = 0")}

    def of_capture(self, capture: str, *, gone_too: bool = False) -> Iterator[Entry]:
        """The photos of a capture that are there."""
        return self._entries(f"capture = ?{'' if gone_too else ' AND gone_at = 0'}", capture)

    def waiting(self, capture: str, pass_name: str, *, newest_first: bool, limit: int) -> list[Entry]:
        """The next photos of a pass to be masked."""
        order = "DESC" if newest_first else "ASC"
        where = f"capture = ? AND pass_name = ? AND stage = ? AND gone_at = 0 ORDER BY mtime_ns {order}, photo LIMIT ?"
        return list(self._entries(where, capture, pass_name, Stage.READY, limit))

    def loose_captures(self) -> dict[str, tuple[int, int]]:
        """The captures of photos in the watched folder itself, with the first and the last time of their files."""
        query = "SELECT capture, min(mtime_ns), max(mtime_ns) FROM photos WHERE folder = '' GROUP BY capture"
        return {_text(row[0]): (row[1], row[2]) for row in self._read(query)}

    def pinned(self, capture: str) -> list[Entry]:
        """The shots of a capture that are to be masked with settings of their own."""
        return list(self._entries("capture = ? AND stage = ? AND gone_at = 0 AND settings <> ''", capture, Stage.READY))

    def any_of(self, capture: str) -> bool:
        """Whether a photo of the capture is there."""
        return bool(self._read("SELECT 1 FROM photos WHERE capture = ? AND gone_at = 0 LIMIT 1", capture))

    def captures(self) -> set[str]:
        """All captures that photos were seen of."""
        return {_text(row[0]) for row in self._read("SELECT DISTINCT capture FROM photos")}

    def at_stage(self, stage: Stage) -> Iterator[Entry]:
        """The photos at a stage that are there."""
        return self._entries("stage = ? AND gone_at = 0", stage)

    def ending_in(self, name: str) -> list[Entry]:
        """The photos that are there whose paths end so, folder by folder."""
        everything = self._entries("gone_at = 0")
        return [entry for entry in everything if f"/{entry.photo}".endswith(f"/{name}")]

    def judged(self, verdict: str) -> list[Entry]:
        """The shots with a verdict."""
        return list(self._entries("verdict = ? AND gone_at = 0", verdict))

    def with_content(self, sha256: str) -> list[Entry]:
        """All photos of that content, those that are gone too."""
        return list(self._entries("sha256 = ?", sha256))

    def unfinished(self) -> list[Count]:
        """How many photos of each pass have something left to be done."""
        return self._counts(_UNFINISHED)

    def counts(self) -> list[Count]:
        """How many photos of each pass that are there have come how far."""
        return self._counts("gone_at = 0")

    def verdicts(self) -> dict[str, dict[str, int]]:
        """How many shots of each capture have which verdict."""
        query = (
            "SELECT capture, verdict, count(*) FROM photos WHERE gone_at = 0 AND verdict <> '' "
            "GROUP BY capture, verdict"
        )
        found: dict[str, dict[str, int]] = {}
        for row in self._read(query):
            found.setdefault(_text(row[0]), {})[row[1]] = row[2]
        return found

    def gone(self) -> int:
        """How many photos were seen and are missed."""
        return int(self._read("SELECT count(*) FROM photos WHERE gone_at > 0")[0][0])

    def _counts(self, where: str) -> list[Count]:
        query = (
            f"SELECT capture, pass_name, stage, count(*) FROM photos WHERE {where} "
            "GROUP BY capture, pass_name, stage ORDER BY capture, pass_name"
        )
        return [Count(_text(row[0]), _text(row[1]), Stage(row[2]), row[3]) for row in self._read(query)]

    # --- captures, requests, facts --------------------------------------------------------------------------

    def complete_captures(self) -> set[str]:
        """The captures that nothing is left to do for."""
        return {_text(row[0]) for row in self._read("SELECT capture FROM captures WHERE complete_at > 0")}

    def set_complete(self, capture: str, *, complete: bool) -> None:
        """Nothing is left to do for a capture, or something is again."""
        self._write(
            "INSERT INTO captures (capture, complete_at) VALUES (?1, ?2) "
            "ON CONFLICT (capture) DO UPDATE SET complete_at = ?2 WHERE (complete_at > 0) <> (?2 > 0)",
            [_stored(capture), time.time() if complete else 0.0],
        )

    def handed_over(self, capture: str) -> str:
        """What was last handed over of a capture, as a fingerprint."""
        rows = list(self._read("SELECT handed_over FROM captures WHERE capture = ?", capture))
        return str(rows[0][0]) if rows else ""

    def set_handed_over(self, capture: str, content: str) -> None:
        """Remember what was handed over."""
        self._write("UPDATE captures SET handed_over = ? WHERE capture = ?", [content, _stored(capture)])

    def ask(self, requests: Iterable[tuple[str, str]]) -> None:
        """Ask for photos to be done again, with settings as JSON; also from beside a running watch."""
        for photo, settings in requests:
            self._write("INSERT INTO requests (photo, settings) VALUES (?, ?)", [_stored(photo), settings])

    def requests(self) -> list[Request]:
        """What was asked for."""
        return [Request(row[0], _text(row[1]), row[2]) for row in self._read("SELECT * FROM requests ORDER BY number")]

    def drop(self, request: Request) -> None:
        """It is seen to."""
        self._write("DELETE FROM requests WHERE number = ?", [request.number])

    @property
    def root(self) -> str:
        """The watched folder."""
        return self.fact("root")

    def of_root(self, root: str) -> None:
        """Keep to one watched folder; it may have been moved."""
        known = self.root
        if known and known != root and Path(known).is_dir() and self.captures():
            raise OutputError(
                f"{self._path.parent.parent} holds the masks of another watched folder, {known}",
                "Choose another output folder with -o",
            )
        if known != root:
            self.set_fact("root", root)

    def fact(self, name: str) -> str:
        """A fact about the whole watch; empty where it is not known."""
        rows = self._read("SELECT value FROM facts WHERE name = ?", name)
        return _text(rows[0][0]) if rows else ""

    def set_fact(self, name: str, value: str) -> None:
        """Remember a fact about the whole watch."""
        self._write("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", [name, _stored(value)])

    # --- SQL ------------------------------------------------------------------------------------------------

    def _entries(self, where: str, *values: object) -> Iterator[Entry]:
        for row in self._read(f"SELECT {', '.join(_COLUMNS)} FROM photos WHERE {where}", *values):
            known: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
            known |= {name: _text(known[name]) for name in _PATHS}
            yield Entry(**known | {"stage": Stage(known["stage"])})

    def _read(self, query: str, *values: object) -> list[Any]:
        with _in_words(self._path):
            return self._db.execute(query, [_stored(value) for value in values]).fetchall()

    def _write(self, statement: str, values: Sequence[object]) -> None:
        with _in_words(self._path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(statement, values)


@contextmanager
def looking_into(path: Path) -> Iterator[Journal]:
    """A journal to read, whether or not a watch writes it just now."""
    journal = Journal.__new__(Journal)
    journal._path = path
    with _in_words(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        journal._db = db
        journal._inode = _inode(path)
        yield journal


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _stored(value: object) -> object:
    """A name that is no Unicode is stored as its bytes."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return os.fsencode(value)
    return str(value)


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_ERROR}


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in {each & 0xFF for each in _DAMAGED}:
            raise JournalDamagedError(path, error) from error
        full = code in {each & 0xFF for each in _FULL}
        reason = "the disk is full or fails" if full else str(error)
        raise OutputError(f"Cannot write {path}: {reason}", "Free some space, or see to the disk") from error
