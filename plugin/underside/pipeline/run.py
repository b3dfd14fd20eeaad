"""A run over a capture: its shots masked, group by group, and the masks of each group judged together."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2

from underside.capture import Capture, Shot
from underside.errors import UndersideError
from underside.files import Stamp
from underside.kept_rings import Rings
from underside.manifest import ShotRecord, State
from underside.photo import Hashed
from underside.pipeline.book import Book
from underside.pipeline.in_flight import fly
from underside.pipeline.neighbours import agreement_at, in_rings, lenders, said_of
from underside.pipeline.outcome import Judged, Outcome, Progress
from underside.ring import Silhouette, agreement
from underside.shotwork import Done, ShotWork, TriedAhead
from underside.shotwork.record import judged_alone
from underside.survey import Seen, Surveyor
from underside.survey.grouping import Group, digest_of, file_digest, learnt_together, worth_learning
from underside.verdict import Signs, judge

__all__ = ["mask_capture"]

# What the climbs of so many shots gave is kept until their neighbours are known: about 300 kB each. Others climb again.
_KEPT_CLIMBS = 64


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
    run = _Run(book, work, stop or threading.Event(), on_progress, on_judged, shots=capture.shots, alone=alone)
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
                else rings.groups(capture.shots, run.digest_of_shot, pool)
            )
            for group in groups:
                run.over(group, pool, in_flight=workers)
    finally:
        # A survey that was cut short has not seen the shots that a plate may have been taken for.
        judges_plates = surveyor is not None and surveyor.looked and not run.unreached
        manifest = book.close(surveyor.warnings if surveyor and judges_plates else None)
    if run.broken_by is not None:
        raise run.broken_by
    return Outcome(
        manifest=manifest,
        masked=run.masked,
        kept=frozenset(run.kept),
        cut_out=run.cut_out,
        failed=tuple(run.failed),
        unreached=len(run.unreached),
        seconds=time.monotonic() - started,
    )


class _Run:
    """What is counted, kept and told while the groups of a capture go by."""

    def __init__(
        self,
        book: Book,
        work: ShotWork,
        stop: threading.Event,
        on_progress: Callable[[Progress], None],
        on_judged: Callable[[Judged], None],
        *,
        shots: Sequence[Shot],
        alone: bool,
    ) -> None:
        self._book = book
        self._work = work
        self._stop = stop
        self._on_progress = on_progress
        self._on_judged = on_judged
        self._total, self._done = len(shots), 0
        self._alone = alone
        self._signs: dict[str, Signs] = {}
        self._tried: dict[str, TriedAhead] = {}
        self._hashed: dict[str, Hashed] = {}
        self.masked = self.cut_out = 0
        self.kept: set[str] = set()
        self.unreached = {shot.name for shot in shots}
        """Not masked so far, or not judged."""
        self.failed: list[ShotRecord] = []
        self.broken_by: UndersideError | None = None
        """An error that would meet every further shot too."""

    def learnt(
        self, shots: tuple[Shot, ...], plates: Sequence[Shot], surveyor: Surveyor | None, pool: ThreadPoolExecutor
    ) -> Group:
        """Survey the shots, where that helps and something is left to do."""
        learnt_from, seen = "", dict[str, Seen]()
        if surveyor is not None and worth_learning(shots) and not self._is_stopped():
            learnt_from = digest_of(list(pool.map(self.digest_of_shot, [*shots, *plates])))
            if not all(self._is_finished(shot, learnt_from) for shot in shots) or self._are_at_odds(shots):
                seen = surveyor.survey(shots, pool, self._stop)
        return Group(shots, learnt_from, seen)

    def over(self, group: Group, pool: ThreadPoolExecutor, *, in_flight: int) -> None:
        """Mask the shots, and judge the masks together."""
        work = (
            partial(
                self._work.do,
                shot,
                self._book.before(shot),
                group.learnt_from,
                group.seen.get(shot.name),
                hashed=self._hashed.get(shot.name),
                ahead=True,
            )
            for shot in group.shots
        )
        fly(work, pool, in_flight=in_flight, landed=self._landed, stopped=self._is_stopped)
        self._judge(group, pool, in_flight=in_flight)
        self._tried.clear()

    def _judge(self, group: Group, pool: ThreadPoolExecutor, *, in_flight: int) -> None:
        """Hold the masks of each ring against each other, and try again where they cannot be trusted."""
        again = [climb for ring in self._in_rings(group.shots, group.seen) for climb in self._climbs(ring, group)]
        left = len(again)
        self.unreached.update(shot.name for shot, _ in again)

        def climbed(done: Done) -> None:
            nonlocal left
            left -= 1
            self.broken_by = self.broken_by or done.breaks
            self.unreached.discard(done.record.photo)
            before = self._book.record(done.record.photo)
            self._take_up(done.record, before or done.record, left=left)

        work = (climb for _, climb in again)
        fly(work, pool, in_flight=in_flight, landed=climbed, stopped=self._is_stopped)

    def _in_rings(self, shots: Sequence[Shot], seen: Mapping[str, Seen]) -> list[list[Shot]]:
        """Shots that are held against each other; where none was surveyed now, an earlier run tells the positions."""
        if self._alone:
            return [[shot] for shot in shots]
        numbers = {}
        for shot in shots:
            now, before = seen.get(shot.name), self._book.before(shot)
            numbers[shot.name] = known.position_number if (known := now or before) else -1
        return in_rings(shots, numbers)

    def _marked(self, ring: Sequence[Shot]) -> list[tuple[Shot, ShotRecord]]:
        """Those that have a mask."""
        return [(shot, record) for shot in ring if (record := self._book.before(shot)) and record.silhouette]

    def _are_at_odds(self, shots: Sequence[Shot]) -> bool:
        """Whether some neighbours say another thing of a mask than when it was judged."""
        for marked in map(self._marked, self._in_rings(shots, {})):
            agreements = agreement([Silhouette(*record.silhouette) for _, record in marked])
            said = (said_of(at, agreements) for at in range(len(marked)))
            if not all(self._is_judged(*each, told) for each, told in zip(marked, said, strict=True)):
                return True
        return False

    def _climbs(self, ring: Sequence[Shot], group: Group) -> Iterator[tuple[Shot, Callable[[], Done]]]:
        """A climb for each mask of a ring that asks for one; the others are judged here and now."""
        marked = self._marked(ring)
        silhouettes = [Silhouette(*record.silhouette) for _, record in marked]
        agreements = agreement(silhouettes)
        for place, (shot, record) in enumerate(marked):
            agrees = agreements[place] if len(marked) > 1 else None
            told = said_of(place, agreements)
            if self._is_judged(shot, record, told):
                continue
            record = replace(record, agreement=told)
            signs = self._signs.pop(record.photo, None)
            if signs is not None and not self._work.ladder.asks_for(verdict := judge(signs, agrees)):
                self._take_up(judged_alone(record, verdict), record, left=0)
                continue
            lending = [marked[at][0] for at in lenders(place, agreements)]
            climb = partial(
                self._work.climb,
                shot,
                record,
                group.seen.get(shot.name),
                partial(agreement_at, place, silhouettes),
                [(lender, group.seen.get(lender.name)) for lender in lending],
                partial(self._book.enter, at_once=True),
                self._tried.get(record.photo),
            )
            yield shot, climb

    def _is_judged(self, shot: Shot, record: ShotRecord, told: str) -> bool:
        """Whether an earlier run judged the mask, and its neighbours say the same of it still; or a person made it."""
        # A shot that was masked with settings of its own was judged alone.
        judged = record.judged and (record.agreement == told or shot.name in self._work.pinned)
        return judged or record.state is not State.MASKED

    def _enter(self, record: ShotRecord) -> None:
        """Take up a record. A manifest that cannot be saved ends the run, but only after the shots in flight."""
        try:
            self._book.enter(record)
        except UndersideError as error:
            self.broken_by = self.broken_by or error

    def _take_up(self, record: ShotRecord, before: ShotRecord, *, left: int) -> None:
        self._enter(record)
        self._on_judged(Judged(record, before, left))

    def _is_stopped(self) -> bool:
        return self._stop.is_set() or self.broken_by is not None

    def _is_finished(self, shot: Shot, learnt_from: str) -> bool:
        before = self._book.before(shot)
        return before is not None and self._work.is_finished(shot, before, learnt_from)

    def digest_of_shot(self, shot: Shot) -> str:
        """Its photo's hash, from an earlier run where it is still the same."""
        before = self._book.before(shot)
        known = before.as_it_lies(shot.path) if before is not None else None
        if known is not None:
            if known is not before:
                self._enter(known)
            return known.sha256
        try:
            facts = shot.path.stat()
        except OSError:
            return ""
        content = file_digest(shot.path)
        if content:
            self._hashed[shot.name] = Hashed(content, Stamp.of(facts))
        return content

    def _landed(self, done: Done) -> None:
        self._enter(done.record)
        if done.signs is not None:
            self._signs[done.record.photo] = done.signs
        if done.tried is not None and len(self._tried) < _KEPT_CLIMBS:
            self._tried[done.record.photo] = done.tried
        self._done += 1
        self.unreached.discard(done.record.photo)
        if done.record.state is State.FAILED:
            self.failed.append(done.record)
        elif done.masked:
            self.masked += 1
        elif done.cut_out:
            self.cut_out += 1
        else:
            self.kept.add(done.record.photo)
        self.broken_by = self.broken_by or done.breaks
        self._on_progress(Progress(done.record, self._done, self._total, done.kept))
