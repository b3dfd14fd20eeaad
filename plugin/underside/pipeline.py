"""A whole capture: shots in flight on several workers, finished work skipped, every result written whole."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2

from underside.book import Book
from underside.capture import Capture, Shot
from underside.errors import UndersideError
from underside.kept_rings import Group, Rings, content_of, content_of_file, learnt_together, worth_learning
from underside.manifest import Manifest, ShotRecord, State
from underside.photo import Hashed
from underside.ring import Agreement, Silhouette, agreement
from underside.shotrecord import judged_alone
from underside.shotwork import Done, ShotWork, Tried
from underside.survey import Seen, Surveyor
from underside.verdict import Signs, judge

# Shots further away show the object from another side.
_LENDING_REACH = 2
# What the climbs of so many shots gave is kept until their neighbours are known: about 300 kB each. Others climb again.
_KEPT_CLIMBS = 64

__all__ = ["Judged", "Outcome", "Progress", "mask_capture", "usual_workers"]

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
class Judged:
    """One shot more was held against its neighbours."""

    record: ShotRecord
    before: ShotRecord
    """As it was masked."""
    left: int
    """Shots of its pass that are still being tried again."""


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
    """Not masked, or not judged, because the run was stopped."""
    seconds: float


def mask_capture(
    capture: Capture,
    out: Path,
    work: ShotWork,
    *,
    workers: int,
    rings: Rings | None = None,
    alone: bool = False,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_judged: Callable[[Judged], None] = lambda _: None,
) -> Outcome:
    """Mask every shot of a capture into ``out`` and keep its manifest.

    ``rings`` were learnt before, from these shots and others. ``alone``: no shot is held against any other. ``stop``
    ends the run after the shots in flight. An error that concerns more than one shot (a full disk, a broken model) is
    raised after the shots in flight; what is done is kept and in the manifest.
    """
    # Every worker is one thread's worth of work already; more threads inside would only fight.
    cv2.setNumThreads(1)
    book = Book(capture, out, work.engine, work.warnings, work.promises)
    run = _Run(book, work, stop or threading.Event(), on_progress, on_judged, total=len(capture.shots), alone=alone)
    surveyor = (
        Surveyor(work.ladder.masker.segmenter, capture.plates, max_megapixels=work.settings.max_megapixels)
        if work.ladder.masker.learns and not alone
        else None
    )
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(workers, thread_name_prefix="shot") as pool:
            groups = (
                (run.learnt(shots, capture.plates, surveyor, pool) for shots in learnt_together(capture.shots))
                if rings is None
                else rings.groups(capture.shots, run.content_of_shot, pool)
            )
            for group in groups:
                run.over(group, pool, in_flight=workers)
    finally:
        manifest = book.close(surveyor.warnings if surveyor and surveyor.looked else None)
    if run.broken_by is not None:
        raise run.broken_by
    return Outcome(
        manifest=manifest,
        masked=run.masked,
        kept=run.kept,
        failed=tuple(run.failed),
        unreached=len(capture.shots) - run.done + run.unjudged,
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
        self,
        book: Book,
        work: ShotWork,
        stop: threading.Event,
        on_progress: Callable[[Progress], None],
        on_judged: Callable[[Judged], None],
        *,
        total: int,
        alone: bool,
    ) -> None:
        self._book = book
        self._work = work
        self._stop = stop
        self._on_progress = on_progress
        self._on_judged = on_judged
        self._total = total
        self._alone = alone
        self._signs: dict[str, Signs] = {}
        self._tried: dict[str, Tried] = {}
        self._hashed: dict[str, Hashed] = {}
        self.done = self.masked = self.kept = self.unjudged = 0
        self.failed: list[ShotRecord] = []
        self.broken_by: UndersideError | None = None
        """An error that would meet every further shot too."""

    def learnt(
        self, shots: tuple[Shot, ...], plates: Sequence[Shot], surveyor: Surveyor | None, pool: ThreadPoolExecutor
    ) -> Group:
        """Survey the shots, where that helps and something is left to do."""
        ring, seen = "", dict[str, Seen]()
        if surveyor is not None and worth_learning(shots) and not self._stopped:
            ring = content_of(list(pool.map(self.content_of_shot, [*shots, *plates])))
            if not all(self._is_finished(shot, ring) for shot in shots):
                seen = surveyor.survey(shots, pool, self._stop)
        return Group(shots, ring, seen)

    def over(self, group: Group, pool: ThreadPoolExecutor, *, in_flight: int) -> None:
        """Mask the shots, and judge the masks together."""
        shots, ring, seen = group.shots, group.ring, group.seen
        work = (
            partial(
                self._work.do,
                shot,
                self._book.before(shot),
                ring,
                seen.get(shot.name),
                hashed=self._hashed.get(shot.name),
                ahead=True,
            )
            for shot in shots
        )
        self._fly(work, pool, in_flight, self._count)
        self._judge(shots, seen, pool, in_flight=in_flight)
        self._tried.clear()

    def _judge(
        self, shots: Sequence[Shot], seen: Mapping[str, Seen], pool: ThreadPoolExecutor, *, in_flight: int
    ) -> None:
        """Hold the masks of a pass against each other, and try again where they cannot be trusted."""
        again: list[Callable[[], Done]] = []
        announce = partial(self._book.enter, at_once=True)
        for ring in [[shot] for shot in shots] if self._alone else _rings(shots, seen):
            marked = [(shot, record) for shot in ring if (record := self._book.before(shot)) and record.silhouette]
            silhouettes = [Silhouette(*record.silhouette) for _, record in marked]
            agreements = agreement(silhouettes)
            for place, (shot, record) in enumerate(marked):
                agrees = agreements[place] if len(marked) > 1 else None
                told = f"{agrees.score:.3f} {agrees.reason}".strip() if agrees else ""
                # A shot that was done in another way on purpose was judged alone.
                same = record.agreement == told or shot.name in self._work.pinned
                if (record.judged and same) or record.state is not State.MASKED:
                    continue
                record = replace(record, agreement=told)
                signs = self._signs.pop(record.photo, None)
                if signs is not None and not self._work.ladder.asks_for(verdict := judge(signs, agrees)):
                    self._take_up(judged_alone(record, verdict), record, left=0)
                    continue
                agreed = partial(_agreement_at, place, silhouettes)
                lenders = [(marked[i][0], seen.get(marked[i][0].name)) for i in _lenders(place, agreements)]
                tried = self._tried.get(record.photo)
                climb = partial(self._work.climb, shot, record, seen.get(shot.name), agreed, lenders, announce, tried)
                again.append(climb)
        left = len(again)

        def landed(done: Done) -> None:
            nonlocal left
            left -= 1
            self.broken_by = self.broken_by or done.breaks
            before = self._book.record(done.record.photo)
            self._take_up(done.record, before or done.record, left=left)

        self._fly(again, pool, in_flight, landed)
        self.unjudged += left

    def _take_up(self, record: ShotRecord, before: ShotRecord, *, left: int) -> None:
        self._book.enter(record)
        self._on_judged(Judged(record, before, left))

    def _fly(
        self,
        work: Iterable[Callable[[], Done]],
        pool: ThreadPoolExecutor,
        in_flight: int,
        landed: Callable[[Done], None],
    ) -> None:
        flying: set[Future[Done]] = set()
        for each in work:
            if self._stopped:
                break
            flying.add(pool.submit(each))
            if len(flying) >= in_flight:
                flying = _land(flying, landed)
        while flying:
            flying = _land(flying, landed)

    @property
    def _stopped(self) -> bool:
        return self._stop.is_set() or self.broken_by is not None

    def _is_finished(self, shot: Shot, ring: str) -> bool:
        before = self._book.before(shot)
        return before is not None and self._work.is_finished(shot, before, ring)

    def content_of_shot(self, shot: Shot) -> str:
        """Its photo's hash, from an earlier run where it is still the same."""
        before = self._book.before(shot)
        if before is not None and before.sha256 and before.is_of(shot.path):
            return before.sha256
        try:
            facts = shot.path.stat()
        except OSError:
            return ""
        content = content_of_file(shot.path)
        if content:
            self._hashed[shot.name] = Hashed(content, facts.st_size, facts.st_mtime_ns)
        return content

    def _count(self, done: Done) -> None:
        self._book.enter(done.record)
        if done.signs is not None:
            self._signs[done.record.photo] = done.signs
        if done.tried is not None and len(self._tried) < _KEPT_CLIMBS:
            self._tried[done.record.photo] = done.tried
        self.done += 1
        if done.record.state is State.FAILED:
            self.failed.append(done.record)
        elif done.kept:
            self.kept += 1
        else:
            self.masked += 1
        self.broken_by = self.broken_by or done.breaks
        self._on_progress(Progress(done.record, self.done, self._total, done.kept))


def _land(flying: set[Future[Done]], landed: Callable[[Done], None]) -> set[Future[Done]]:
    down, still_flying = wait(flying, return_when=FIRST_COMPLETED)
    for future in down:
        landed(future.result())
    return still_flying


def _rings(shots: Sequence[Shot], seen: Mapping[str, Seen]) -> list[list[Shot]]:
    """The shots of each pass in which the camera stood still, in their order; whole passes where none was surveyed."""
    rings: dict[tuple[str, int], list[Shot]] = {}
    for shot in shots:
        known = seen.get(shot.name)
        rings.setdefault((shot.pass_name, known.place if known else -1), []).append(shot)
    return list(rings.values())


def _lenders(place: int, agreements: Sequence[Agreement]) -> list[int]:
    """The nearest shots on both sides that go with the ring, for one that does not."""
    if not agreements[place].reason:
        return []
    fine = [i for i, agrees in enumerate(agreements) if not agrees.reason]
    sides = ([i for i in fine if i < place][-1:], [i for i in fine if i > place][:1])
    return [i for side in sides for i in side if abs(i - place) <= _LENDING_REACH]


def _agreement_at(place: int, silhouettes: Sequence[Silhouette], own: Silhouette) -> Agreement | None:
    """How well a mask of another silhouette would go with its neighbours'; nothing where it has none."""
    if len(silhouettes) == 1:
        return None
    return agreement([*silhouettes[:place], own, *silhouettes[place + 1 :]])[place]
