"""The engine as the watched folder uses it: one shot alone, or all that a capture lacks, with one model in memory."""

import threading
from collections.abc import Callable, Sequence, Set
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from underside.capture import Capture, Shot
from underside.cutout import CutoutWorkers
from underside.engine import load_masker
from underside.flip import take_up_repairs
from underside.ladder import Ladder, make_ladder
from underside.layouts import LaidOut, write_layouts
from underside.manifest import Manifest, ShotRecord, State
from underside.masker import Masker
from underside.outfolder import claimed, without_a_name
from underside.pipeline import Judged, Outcome, Progress, mask_capture
from underside.pipeline.book import Book
from underside.pipeline.cutting import cut_out_capture
from underside.promises import Promises
from underside.report.contact_sheet import write_contact_sheet
from underside.segmenters.by_name import OF_ONE_CAPTURE
from underside.settings import Settings
from underside.shotwork import ShotWork, engine_facts

__all__ = ["CaptureSession", "Maskers", "masks_alone"]


def masks_alone(settings: Settings) -> bool:
    """Whether a shot can be masked before the rest of its capture is there."""
    return settings.segmenter not in OF_ONE_CAPTURE


_MODELS = 2


class Maskers:
    """One model in memory for all captures of the same settings, and one for shots that are retried with others."""

    def __init__(self) -> None:
        self._known: dict[Settings, Masker] = {}
        self._lock = threading.Lock()

    def warm_up(self, settings: Settings) -> tuple[str, ...]:
        """Load the model and let it look once, so that the first photo need not wait; what is to be told of it."""
        if not masks_alone(settings):
            return ()
        masker = self._shared(settings)
        masker.mask(np.zeros((480, 640, 3), np.uint8))
        return masker.segmenter.notes

    def ladder(self, settings: Settings, capture: Capture) -> Ladder:
        """The masker of these settings, and the steps that can be taken for a capture."""
        plates, shots = [plate.path for plate in capture.plates], [shot.path for shot in capture.shots]
        alone = masks_alone(settings)
        masker = self._shared(settings) if alone else load_masker(settings, plates=plates, shots=shots)
        return make_ladder(masker, settings.choices(plates=plates, shots=shots))

    def _shared(self, settings: Settings) -> Masker:
        with self._lock:
            masker = self._known.pop(settings, None) or load_masker(settings)
            self._known[settings] = masker
            while len(self._known) > _MODELS:
                del self._known[next(iter(self._known))]
            return masker


class CaptureSession:
    """Work on one capture; its output folder is nobody else's meanwhile."""

    def __init__(self, folder: Path, out: Path, settings: Settings, maskers: Maskers, *, workers: int) -> None:
        self._folder = folder
        self._out = out
        self.settings = settings
        self._maskers = maskers
        self._workers = workers
        self._stack = ExitStack()
        self._book: Book | None = None
        self._saving = threading.Lock()

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # which releases the folder if this fails
            stack.enter_context(claimed(self._out))
            take_up_repairs(self._out)
            self._promises = Promises(self._out)
            cuts_out = self.settings.cutout_options is not None
            self._cutouts = stack.enter_context(CutoutWorkers(self._workers)) if cuts_out else None
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            self._close_book()

    def mask_alone(self, shot: Shot, settings: Settings | None = None) -> ShotRecord:
        """Mask one shot, without what its ring knows; several threads may call at once.

        With ``settings`` of its own it is tried by all steps that these allow, and stays so.
        """
        capture = Capture(self._folder, shots=(shot,), whole=False)
        work = self._work(capture, settings or self.settings)
        with self._saving:
            if self._book is None:
                self._book = Book(capture, self._out, work.engine, work.warnings, self._promises)
            book = self._book
        done = work.do(shot, book.before(shot))
        if settings and done.breaks is None and done.record.state is State.MASKED:
            book.enter_of(work.engine, done.record)
            # Its neighbours have no say: they were masked in another way.
            done = work.climb(shot, done.record, None, lambda _: None, (), partial(book.enter, at_once=True))
        book.enter_of(work.engine, done.record)
        if done.breaks is not None:
            raise done.breaks
        return done.record

    def complete(
        self,
        capture: Capture,
        *,
        pinned: Set[str],
        on_progress: Callable[[Progress], None],
        on_judged: Callable[[Judged], None],
        stop: threading.Event,
    ) -> Outcome:
        """Do all that the shots lack, the ordinary way; those pinned keep their masks."""
        self._close_book()
        work = replace(self._work(capture, self.settings), pinned=frozenset(pinned))
        return mask_capture(
            capture,
            self._out,
            work,
            workers=self._workers,
            stop=stop,
            on_progress=on_progress,
            on_judged=on_judged,
        )

    def cut_out(self, capture: Capture, stop: threading.Event) -> Manifest | None:
        """Make the cut-outs of masks that have changed since; nothing where it was stopped."""
        cut = cut_out_capture(capture, self._out, self._work(capture, self.settings), workers=self._workers, stop=stop)
        return None if cut.unreached else cut.manifest

    def lay_out(self, manifest: Manifest, layouts: Sequence[str]) -> LaidOut:
        """Write the report, and lay the masks out."""
        write_contact_sheet(manifest, self._out)
        any_mask = any(shot.state is not State.FAILED for shot in manifest.shots)
        return write_layouts(manifest, self._out, layouts if any_mask else ())

    def _work(self, capture: Capture, settings: Settings) -> ShotWork:
        ladder = self._maskers.ladder(settings, capture)
        names = frozenset(shot.name for shot in capture.shots)
        return ShotWork(
            out=self._out,
            ladder=ladder,
            settings=settings,
            engine=engine_facts(settings, ladder),
            promises=self._promises,
            cutout_workers=self._cutouts,
            names=names,
            refused=without_a_name(names, self._out),
        )

    def _close_book(self) -> None:
        with self._saving:
            book, self._book = self._book, None
            if book is not None:
                book.close()
