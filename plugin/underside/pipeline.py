"""A whole capture: shots in flight on several workers, finished work skipped, every result written whole."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from underside.capture import Capture, Shot
from underside.errors import UndersideError
from underside.manifest import Manifest, ShotRecord, State, load, save
from underside.shotwork import ShotWork, failed

__all__ = ["Outcome", "Progress", "mask_capture", "usual_workers"]

# The manifest is saved this often while shots are masked, and at most for a twentieth of the time.
_SAVE_EVERY_SECONDS = 2.0
_SAVE_SHARE = 0.05


# A shot in flight holds its pixels, its mask and the file: about 150 MB at 24 megapixels. More than eight
# at once no longer go faster, because reading and writing then share one disk.
_MOST = 8


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
    book = _Book(capture, out, work.engine, work.warnings)
    run = _Run(book, work, stop or threading.Event(), on_progress)
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="shot") as pool:
            run.over(pool, capture.shots, in_flight=workers)
    finally:
        manifest = book.close()
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


class _Run:
    """Keeps a fixed number of shots in flight, so that memory does not grow with the capture."""

    def __init__(
        self, book: "_Book", work: ShotWork, stop: threading.Event, on_progress: Callable[[Progress], None]
    ) -> None:
        self._book = book
        self._work = work
        self._stop = stop
        self._on_progress = on_progress
        self.done = self.masked = self.kept = 0
        self.failed: list[ShotRecord] = []

    def over(self, pool: ThreadPoolExecutor, shots: tuple[Shot, ...], *, in_flight: int) -> None:
        flying: dict[Future[ShotRecord], Shot] = {}
        try:
            for shot in shots:
                if self._stop.is_set():
                    break
                before = self._book.before(shot)
                if before is not None and self._work.is_finished(shot, before):
                    self._count(before, total=len(shots), kept=True)
                    continue
                flying[pool.submit(self._work.do, shot, before)] = shot
                if len(flying) >= in_flight:
                    self._land(flying, total=len(shots))
            while flying:
                self._land(flying, total=len(shots))
        except UndersideError:
            self._stop.set()
            wait(flying)
            for future in flying:
                if future.exception() is None:
                    self._count(future.result(), total=len(shots), kept=False)
            raise

    def _land(self, flying: dict[Future[ShotRecord], Shot], *, total: int) -> None:
        landed, _ = wait(flying, return_when=FIRST_COMPLETED)
        for future in landed:
            shot = flying.pop(future)
            try:
                record = future.result()
            except UndersideError:
                raise
            except Exception as error:  # one shot cannot harm another, whatever it is
                record = failed(shot, f"Underside made a mistake of its own ({type(error).__name__}: {error})")
            self._count(record, total=total, kept=False)

    def _count(self, record: ShotRecord, *, total: int, kept: bool) -> None:
        self._book.enter(record)
        self.done += 1
        if record.state is State.FAILED:
            self.failed.append(record)
        elif kept:
            self.kept += 1
        else:
            self.masked += 1
        self._on_progress(Progress(record, self.done, total, kept))


class _Book:
    """The manifest as it grows: what an earlier run left, and what this one adds."""

    def __init__(self, capture: Capture, out: Path, engine: Mapping[str, Any], warnings: tuple[str, ...]) -> None:
        self._capture = capture
        self._out = out
        self._before = load(out) or Manifest(capture=str(capture.folder), engines={})
        self._records = {record.photo: record for record in self._before.shots}
        self._engines = {**self._before.engines, str(engine["fingerprint"]): engine}
        self._warnings = warnings
        self._saved_at = time.monotonic()
        self._save_seconds = 0.0

    def before(self, shot: Shot) -> ShotRecord | None:
        return self._records.get(shot.name)

    def enter(self, record: ShotRecord) -> None:
        self._records[record.photo] = record
        pause = max(_SAVE_EVERY_SECONDS, self._save_seconds / _SAVE_SHARE)
        if time.monotonic() - self._saved_at > pause:
            self._save()

    def close(self) -> Manifest:
        return self._save()

    def _save(self) -> Manifest:
        started = time.monotonic()
        manifest = self._manifest()
        save(manifest, self._out)
        self._saved_at = time.monotonic()
        self._save_seconds = self._saved_at - started
        return manifest

    def _manifest(self) -> Manifest:
        names = [shot.name for shot in self._capture.shots]
        shots = tuple(self._records[name] for name in names if name in self._records)
        used = {record.fingerprint for record in shots}
        return Manifest(
            capture=str(self._capture.folder),
            engines={key: engine for key, engine in self._engines.items() if key in used},
            shots=shots,
            plates=tuple(shot.name for shot in self._capture.plates),
            warnings=(*_warnings(self._capture, shots), *self._warnings),
        )


def _warnings(capture: Capture, shots: tuple[ShotRecord, ...]) -> tuple[str, ...]:
    warnings = [f"{problem.name}: {problem.reason}" for problem in capture.problems]
    lacking = sorted({fact for shot in shots for fact in shot.lacks})
    if lacking:
        count = sum(bool(shot.lacks) for shot in shots)
        warnings.append(
            f"{count} of {len(shots)} photos do not say their {', '.join(lacking)}: "
            "photogrammetry programs then guess the lens"
        )
    return tuple(warnings)
