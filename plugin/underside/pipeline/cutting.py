"""Cut-outs of a whole capture, once none of its masks changes any more."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from underside.capture import Capture, Shot
from underside.errors import UndersideError
from underside.manifest import Manifest, ShotRecord, State
from underside.pipeline.book import Book
from underside.shotwork import Done, ShotWork

__all__ = ["CutOut", "cut_out_capture"]


@dataclass(frozen=True)
class CutOut:
    """What came of making a capture's cut-outs."""

    manifest: Manifest
    made: frozenset[str]
    """The shots whose cut-outs were made."""
    failed: tuple[ShotRecord, ...]
    unreached: int
    """Not cut out, because the run was stopped."""


def cut_out_capture(capture: Capture, out: Path, work: ShotWork, *, workers: int, stop: threading.Event) -> CutOut:
    """Make the cut-outs that are missing, or are those of earlier masks."""
    book = Book(capture, out, work.engine, work.warnings, work.promises)
    known = [(shot, book.before(shot)) for shot in capture.shots]
    missing = [(shot, record) for shot, record in known if record and work.lacks_cutout(shot, record)]
    made: set[str] = set()
    failed: list[ShotRecord] = []
    broken_by: UndersideError | None = None
    unreached = 0

    def make(shot: Shot, record: ShotRecord) -> Done | None:
        return None if stop.is_set() or broken_by else work.cut_out(shot, record)

    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="cut-out") as pool:
            for done in pool.map(make, *zip(*missing, strict=True)) if missing else ():
                if done is None:
                    unreached += 1
                    continue
                book.enter(done.record)
                broken_by = broken_by or done.breaks
                if done.record.state is State.FAILED:
                    failed.append(done.record)
                elif not done.record.cutout_by_hand:
                    made.add(done.record.photo)
    finally:
        manifest = book.close()
    if broken_by is not None:
        raise broken_by
    return CutOut(manifest, frozenset(made), tuple(failed), unreached)
