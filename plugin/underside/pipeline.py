"""A whole capture: shots in flight on several workers, finished work skipped, every result written whole."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2

from underside.book import Book
from underside.capture import Capture, Shot
from underside.errors import UndersideError
from underside.files import sha256_of
from underside.manifest import Manifest, ShotRecord, State
from underside.shotwork import Done, ShotWork
from underside.survey import Surveyor

__all__ = ["Outcome", "Progress", "mask_capture", "usual_workers"]

# A shot in flight holds its pixels, its mask and the file: about 150 MB at 24 megapixels. More than eight
# at once no longer go faster, because reading and writing then share one disk.
_MOST = 8
# Fewer shots do not tell the still room from the object.
_FEWEST_TO_LEARN_FROM = 4
# A survey keeps half a megabyte a shot.
_LEARNT_AT_ONCE = 400


@dataclass(frozen=True)
class Progress:
    """One shot more is through."""

    record: ShotRecord
    done: int
    total: int
    kept: bool
    """Finished by an earlier run and left as it is."""


@dataclass(frozen=True)
class Outcome:
    """What a run over a capture came to."""

    manifest: Manifest
    masked: int
    """Masked in this run."""
    kept: int
    """Finished by an earlier run."""
    failed: tuple[ShotRecord, ...]
    unreached: int
    """Not looked at because the run was stopped."""
    seconds: float


def mask_capture(
    capture: Capture,
    out: Path,
    work: ShotWork,
    *,
    workers: int,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Mask every shot of a capture into ``out`` and keep its manifest.

    ``stop`` ends the run after the shots in flight. An error that concerns more than one shot (a full disk,
    a broken model) is raised after the shots in flight; what is done is kept and in the manifest.
    """
    # Every worker is one thread's worth of work already; more threads inside would only fight.
    cv2.setNumThreads(1)
    book = Book(capture, out, work.engine, work.warnings)
    run = _Run(book, work, stop or threading.Event(), on_progress, total=len(capture.shots))
    surveyor = (
        Surveyor(work.masker.segmenter, capture.plates, max_megapixels=work.settings.max_megapixels)
        if work.masker.learns
        else None
    )
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="shot") as pool:
            for group in _passes(capture.shots):
                run.over(group, capture.plates, surveyor, pool, in_flight=workers)
    finally:
        manifest = book.close()
    if run.broken_by is not None:
        raise run.broken_by
    return Outcome(
        manifest=manifest,
        masked=run.masked,
        kept=run.kept,
        failed=tuple(run.failed),
        unreached=len(capture.shots) - run.done,
        seconds=time.monotonic() - started,
    )


def usual_workers() -> int:
    """As many as there are processors for us, within reason."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        processors = os.cpu_count() or 1
    return max(1, min(processors, _MOST))


def _passes(shots: Sequence[Shot]) -> Iterator[Sequence[Shot]]:
    """The shots pass by pass, in their order; of very long passes, parts."""
    for _, of_pass in groupby(shots, key=lambda shot: shot.pass_name):
        together = list(of_pass)
        yield from (together[start : start + _LEARNT_AT_ONCE] for start in range(0, len(together), _LEARNT_AT_ONCE))


def _content_of(hashes: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16]


class _Run:
    """Keeps a fixed number of shots in flight, so that memory does not grow with the capture."""

    def __init__(
        self,
        book: Book,
        work: ShotWork,
        stop: threading.Event,
        on_progress: Callable[[Progress], None],
        *,
        total: int,
    ) -> None:
        self._book = book
        self._work = work
        self._stop = stop
        self._on_progress = on_progress
        self._total = total
        self.done = self.masked = self.kept = 0
        self.failed: list[ShotRecord] = []
        self.broken_by: UndersideError | None = None
        """An error that would meet every further shot too."""

    def over(
        self,
        shots: Sequence[Shot],
        plates: Sequence[Shot],
        surveyor: Surveyor | None,
        pool: ThreadPoolExecutor,
        *,
        in_flight: int,
    ) -> None:
        """Survey a pass, where that helps and something is left to do in it, and mask it."""
        ring, seen = "", {}
        if surveyor is not None and len(shots) >= _FEWEST_TO_LEARN_FROM and not self._stopped:
            ring = _content_of(list(pool.map(self._content_of_shot, [*shots, *plates])))
            if not all(self._is_finished(shot, ring) for shot in shots):
                seen = surveyor.survey(shots, pool, self._stop)
        flying: set[Future[Done]] = set()
        for shot in shots:
            if self._stopped:
                break
            flying.add(pool.submit(self._work.do, shot, self._book.before(shot), ring, seen.get(shot.name)))
            if len(flying) >= in_flight:
                flying = self._land(flying)
        while flying:
            flying = self._land(flying)

    @property
    def _stopped(self) -> bool:
        return self._stop.is_set() or self.broken_by is not None

    def _is_finished(self, shot: Shot, ring: str) -> bool:
        before = self._book.before(shot)
        return before is not None and self._work.is_finished(shot, before, ring)

    def _content_of_shot(self, shot: Shot) -> str:
        before = self._book.before(shot)
        if before is not None and before.sha256 and before.is_of(shot.path):
            return before.sha256
        try:
            # Reading a pipe or a device could wait for ever. What it is is told when its turn to be masked comes.
            return sha256_of(shot.path) if shot.path.is_file() else ""
        except OSError:
            return ""

    def _land(self, flying: set[Future[Done]]) -> set[Future[Done]]:
        landed, still_flying = wait(flying, return_when=FIRST_COMPLETED)
        for future in landed:
            self._count(future.result())
        return still_flying

    def _count(self, done: Done) -> None:
        self._book.enter(done.record)
        self.done += 1
        if done.record.state is State.FAILED:
            self.failed.append(done.record)
        elif done.kept:
            self.kept += 1
        else:
            self.masked += 1
        self.broken_by = self.broken_by or done.breaks
        self._on_progress(Progress(done.record, self.done, self._total, done.kept))
