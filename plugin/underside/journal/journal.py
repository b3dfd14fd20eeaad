"""The journal itself: what is asked of it, and what is entered."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

from underside.errors import ELSEWHERE, OutputError
from underside.journal.database import COLUMNS, UNFINISHED, Database, as_text
from underside.journal.model import Count, Entry, Glimpse, Request, Stage

__all__ = ["Journal", "looking_into"]

_GLIMPSES = "SELECT photo, capture, pass_name, stage, size, mtime_ns, ctime_ns, mask_stamp, gone_at > 0 FROM photos"
# Columns that may hold a name, which may not be Unicode.
_NAMES = ("photo", "folder", "kin", "capture", "pass_name", "reason")


def looking_into(path: Path) -> AbstractContextManager["Journal"]:
    """A journal to read, whether or not a watch writes it just now."""
    return Journal(path, read_only=True)


class Journal(Database):
    """The one writer's view; changes since the last ``commit`` are lost with the process, and found out again."""

    # --- photos ---------------------------------------------------------------------------------------------

    def add(self, entry: Entry) -> None:
        """Take up a photo, in place of what was known of it."""
        marks = ", ".join("?" * len(COLUMNS))
        values = [getattr(entry, name) for name in COLUMNS]
        self._write(f"INSERT OR REPLACE INTO photos ({', '.join(COLUMNS)}) VALUES ({marks})", values)

    def change(self, photo: str, **columns: object) -> None:
        """Change some of what is known of a photo."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._write(f"UPDATE photos SET {assignments} WHERE photo = ?", [*columns.values(), photo])

    def has_mask(self, photo: str, *, stage: Stage, sha256: str, mask_stamp: str, verdict: str) -> None:
        """A photo of that content has a mask: what failed before is forgotten."""
        done = {"stage": stage, "sha256": sha256, "mask_stamp": mask_stamp, "verdict": verdict}
        self.change(photo, **done, reason="", attempts=0)

    def entry(self, photo: str) -> Entry | None:
        """What is known of a photo."""
        return next(self._entries("photo = ?", photo), None)

    def in_folder(self, folder: str) -> dict[str, Glimpse]:
        """The photos of a folder itself, those that are gone too, by their paths."""
        rows = self._read(f"{_GLIMPSES} WHERE folder = ?", folder)
        return {as_text(row[0]): Glimpse(as_text(row[1]), as_text(row[2]), *row[3:]) for row in rows}

    def glimpse(self, photo: str) -> Glimpse | None:
        """The glimpse of one photo."""
        rows = self._read(f"{_GLIMPSES} WHERE photo = ?", photo)
        return Glimpse(as_text(rows[0][1]), as_text(rows[0][2]), *rows[0][3:]) if rows else None

    def kin(self, entry: Entry) -> list[Entry]:
        """The photos beside it whose names begin alike, itself too."""
        return list(self._entries("folder = ? AND kin = ? AND gone_at = 0", entry.folder, entry.kin))

    def folders(self) -> set[str]:
        """All folders that photos were seen in."""
        return {as_text(row[0]) for row in self._read("SELECT DISTINCT folder FROM photos WHERE gone_at = 0")}

    def of_capture(self, capture: str, *, gone_too: bool = False) -> Iterator[Entry]:
        """The photos of a capture that are there."""
        return self._entries(f"capture = ?{'' if gone_too else ' AND gone_at = 0'}", capture)

    def one_of(self, capture: str) -> Entry | None:
        """A photo of a capture: one that is there, or where all are gone, one of those."""
        there = next(self._entries("capture = ? AND gone_at = 0 LIMIT 1", capture), None)
        return there or next(self._entries("capture = ? LIMIT 1", capture), None)

    def holder_of(self, capture: str) -> Entry | None:
        """A photo that is there, or whose mask still is, in the capture's folder of the output."""
        return next(self._entries("capture = ? AND (gone_at = 0 OR mask_stamp <> '') LIMIT 1", capture), None)

    def waiting(self, capture: str, pass_name: str, *, newest_first: bool, limit: int) -> list[Entry]:
        """The next photos of a pass to be masked."""
        order = "DESC" if newest_first else "ASC"
        where = f"capture = ? AND pass_name = ? AND stage = ? AND gone_at = 0 ORDER BY mtime_ns {order}, photo LIMIT ?"
        return list(self._entries(where, capture, pass_name, Stage.READY, limit))

    def loose_captures(self) -> dict[str, tuple[int, int]]:
        """The captures of photos in the watched folder itself, with the first and the last time of their files."""
        query = "SELECT capture, min(mtime_ns), max(mtime_ns) FROM photos WHERE folder = '' GROUP BY capture"
        return {as_text(row[0]): (row[1], row[2]) for row in self._read(query)}

    def pinned(self, capture: str) -> list[Entry]:
        """The shots of a capture that are to be masked with settings of their own."""
        return list(self._entries("capture = ? AND stage = ? AND gone_at = 0 AND settings <> ''", capture, Stage.READY))

    def any_of(self, capture: str) -> bool:
        """Whether a photo of the capture is there."""
        return bool(self._read("SELECT 1 FROM photos WHERE capture = ? AND gone_at = 0 LIMIT 1", capture))

    def captures(self) -> set[str]:
        """All captures that photos were seen of."""
        return {as_text(row[0]) for row in self._read("SELECT DISTINCT capture FROM photos")}

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
        return self._counts(UNFINISHED)

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
            found.setdefault(as_text(row[0]), {})[row[1]] = row[2]
        return found

    def gone(self) -> int:
        """How many photos were masked and are missed; one whose mask has gone along with it is none of them."""
        return int(self._read("SELECT count(*) FROM photos WHERE gone_at > 0 AND mask_stamp <> ''")[0][0])

    def _counts(self, where: str) -> list[Count]:
        query = (
            f"SELECT capture, pass_name, stage, count(*) FROM photos WHERE {where} "
            "GROUP BY capture, pass_name, stage ORDER BY capture, pass_name"
        )
        return [Count(as_text(row[0]), as_text(row[1]), Stage(row[2]), row[3]) for row in self._read(query)]

    # --- captures, requests, facts --------------------------------------------------------------------------

    def complete_captures(self) -> set[str]:
        """The captures that nothing is left to do for."""
        return {as_text(row[0]) for row in self._read("SELECT capture FROM captures WHERE complete_at > 0")}

    def set_complete(self, capture: str, *, complete: bool) -> None:
        """Nothing is left to do for a capture, or something is again: then what was proven of it is of no more use."""
        self._write(
            "INSERT INTO captures (capture, complete_at) VALUES (?1, ?2) "
            "ON CONFLICT (capture) DO UPDATE SET complete_at = ?2, proof = '' WHERE (complete_at > 0) <> (?2 > 0)",
            [capture, time.time() if complete else 0.0],
        )

    def handed_over(self, capture: str) -> str:
        """What was last handed over of a capture, as a fingerprint."""
        rows = list(self._read("SELECT handed_over FROM captures WHERE capture = ?", capture))
        return str(rows[0][0]) if rows else ""

    def all_handed_over(self) -> dict[str, str]:
        """What was handed over, for every capture of which something was."""
        rows = self._read("SELECT capture, handed_over FROM captures WHERE handed_over <> ''")
        return {as_text(row[0]): str(row[1]) for row in rows}

    def set_handed_over(self, capture: str, content: str) -> None:
        """Remember what was handed over."""
        self._write("UPDATE captures SET handed_over = ? WHERE capture = ?", [content, capture])

    def proofs(self) -> dict[str, tuple[str, str]]:
        """The answer, and its short form, for each capture whose passes were proven."""
        if not self._read("SELECT 1 FROM pragma_table_info('captures') WHERE name = 'proof'"):
            return {}  # of an earlier Underside, and only read
        rows = self._read("SELECT capture, proof FROM captures WHERE proof <> ''")
        told = {as_text(row[0]): as_text(row[1]).partition("\n") for row in rows}
        return {capture: (answer, sentence) for capture, (answer, _, sentence) in told.items()}

    def set_proof(self, capture: str, answer: str, told: str) -> None:
        """Remember what was proven of a complete capture."""
        self._write("UPDATE captures SET proof = ? WHERE capture = ?", [f"{answer}\n{told}", capture])

    def ask(self, requests: Iterable[tuple[str, str]]) -> None:
        """Ask for photos to be done again, with settings as JSON; also from beside a running watch."""
        for photo, settings in requests:
            self._write("INSERT INTO requests (photo, settings) VALUES (?, ?)", [photo, settings])

    def requests(self) -> list[Request]:
        """What was asked for."""
        return [
            Request(row[0], as_text(row[1]), row[2]) for row in self._read("SELECT * FROM requests ORDER BY number")
        ]

    def drop(self, request: Request) -> None:
        """Forget a request that was seen to."""
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
                ELSEWHERE,
            )
        if known != root:
            self.set_fact("root", root)

    def fact(self, name: str) -> str:
        """A fact about the whole watch; empty where it is not known."""
        rows = self._read("SELECT value FROM facts WHERE name = ?", name)
        return as_text(rows[0][0]) if rows else ""

    def set_fact(self, name: str, value: str) -> None:
        """Remember a fact about the whole watch."""
        self._write("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", [name, value])

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """Those of an entry that there are: an earlier Underside's journal, only read, lacks some."""
        there = {row[0] for row in self._read("SELECT name FROM pragma_table_info('photos')")}
        return tuple(name for name in COLUMNS if name in there)

    def _entries(self, where: str, *values: object) -> Iterator[Entry]:
        for row in self._read(f"SELECT {', '.join(self._columns)} FROM photos WHERE {where}", *values):
            known: dict[str, Any] = dict(zip(self._columns, row, strict=True))
            known |= {name: as_text(known[name]) for name in _NAMES}
            yield Entry(**known | {"stage": Stage(known["stage"])})
