"""The one engine behind every door: from sources to masks, manifest, layouts and contact sheet."""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Protocol

from underside.capture import Capture, CaptureRules
from underside.capture.left_alone import left_alone
from underside.capture.plates import read_with_plates
from underside.cutout import CutoutWorkers
from underside.errors import ELSEWHERE, OutputError, SettingsError
from underside.flip import Joined, begin_anew, join, take_up_repairs
from underside.kept_rings import Learnt, Rings, learn_rings, load_rings
from underside.ladder import make_ladder
from underside.layouts import LaidOut, check_layout_names, outdated, refuse_clashes, write_layouts
from underside.manifest import Manifest, State
from underside.masker import Masker
from underside.masks import MASKS
from underside.outfolder import alone_in, claimed, without_a_name
from underside.pipeline import Judged, Outcome, Progress, mask_capture, take_hands_work_along, usual_workers
from underside.pipeline.cutting import cut_out_capture
from underside.promises import Promises
from underside.report.contact_sheet import write_contact_sheet
from underside.segmenters import Choices
from underside.segmenters.by_name import make_segmenter
from underside.settings import Settings
from underside.shotwork import ShotWork, engine_facts

__all__ = ["Door", "Result", "RunOptions", "SilentDoor", "learn_from_sources", "load_masker", "mask_sources"]


_CUT_SHORT = "A repair of masks was interrupted: what it has written stays, and underside prove {} --repair resumes it."


class Door(Protocol):
    """Who called the engine, and hears how it goes."""

    def started(self, capture: Capture, notes: tuple[str, ...]) -> None:
        """The capture is understood and the model loaded; the notes say on what processor, for example."""

    def progress(self, progress: Progress) -> None:
        """One shot more has its mask, whose verdict may still change."""

    def judged(self, judged: Judged) -> None:
        """One shot more was held against its neighbours, and tried again where that was needed."""

    def proving(self, what: str) -> None:
        """All masks are made, and the passes are being joined: what is done just now."""

    def joined(self, joined: Joined) -> None:
        """It is known whether the passes are one object, or why not; masks may have been put right."""


class SilentDoor:
    """A door that lets everything go by: what a door of its own kind wants to hear, it overrides."""

    def started(self, capture: Capture, notes: tuple[str, ...]) -> None:
        """Nothing is said."""

    def progress(self, progress: Progress) -> None:
        """Nothing is said."""

    def judged(self, judged: Judged) -> None:
        """Nothing is said."""

    def proving(self, what: str) -> None:
        """Nothing is said."""

    def joined(self, joined: Joined) -> None:
        """Nothing is said."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What is asked of one run; settings say how masks are made in all of them."""

    layouts: Sequence[str] = ()
    """Programs to lay the masks out for."""
    workers: int | None = None
    """Shots in flight; one per processor where nothing is said."""
    force: bool = False
    """Mask finished shots again."""
    force_edited: bool = False
    """Write over masks and cut-outs that a person has changed."""
    rings: Path | None = None
    """A folder of ``learn_from_sources``, for a part of its shots."""
    alone: bool = False
    """Nothing is learnt from other shots."""
    proof: bool = True
    """Prove the passes where the effort asks for it."""


@dataclass(frozen=True)
class Result:
    """What came of a capture."""

    capture: Capture
    outcome: Outcome
    masks: Path
    """The folder they lie in."""
    laid_out: LaidOut
    report: Path
    joined: Joined | None
    """What was found of the passes together; none where that was not asked for, or not reached."""
    interrupted: bool
    """The run was stopped with something left to do."""


def load_masker(settings: Settings | None = None, *, plates: Sequence[Path] = (), shots: Sequence[Path] = ()) -> Masker:
    """A masker with its segmenter ready, as the settings say.

    ``plates`` are photos of the empty platter; the shots that will be masked help to judge them.
    """
    settings = settings or Settings()
    return _masker(settings, settings.choices(plates=plates, shots=shots))


def _masker(settings: Settings, choices: Choices) -> Masker:
    return Masker(make_segmenter(settings.segmenter, choices), effort=settings.effort, edges=settings.edges)


def _choices(settings: Settings, capture: Capture) -> Choices:
    plates, shots = ([photo.path for photo in photos] for photos in (capture.plates, capture.shots))
    return settings.choices(plates=plates, shots=shots)


def mask_sources(
    sources: Sequence[Path],
    out: Path,
    settings: Settings,
    rules: CaptureRules,
    options: RunOptions,
    *,
    door: Door,
    stop: threading.Event | None = None,
) -> Result:
    """Mask a folder, or some photos, into ``out``; finished shots of an earlier run are left as they are.

    The best effort proves the passes too, unless these are a part of the shots.
    """
    check_layout_names(options.layouts)
    capture = _read(sources, out, settings, rules)
    refuse_clashes(options.layouts, [shot.name for shot in capture.shots])
    count = options.workers or usual_workers()
    choices = _choices(settings, capture)
    masker = _masker(settings, choices)
    known = load_rings(options.rings, masker) if options.rings is not None else None
    with_cutouts, best = settings.cutout_options is not None, masker.effort == "best"
    with ExitStack() as stack:
        stack.enter_context(claimed(out))
        cut_short = take_up_repairs(out) and not (options.force or best)  # by which all masks are made again
        door.started(capture, (*masker.segmenter.notes, *([_CUT_SHORT.format(out)] if cut_short else [])))
        names = frozenset(shot.name for shot in capture.shots)
        ladder = make_ladder(masker, choices)
        promises = Promises(out)
        take_hands_work_along(capture, out, promises)
        work = ShotWork(
            out=out,
            ladder=ladder,
            settings=settings,
            engine=engine_facts(settings, ladder),
            promises=promises,
            cutout_workers=stack.enter_context(CutoutWorkers(count)) if with_cutouts else None,
            cutouts_later=with_cutouts and best,
            force=options.force,
            force_edited=options.force_edited,
            names=names,
            refused=without_a_name(names, out),
        )
        run = _Run(capture, work, count, known, alone=options.alone, door=door, stop=stop or threading.Event())
        proves = best and options.proof and known is None and not options.alone
        outcome, joined, interrupted = run.through(proves=proves)
        layouts = _layouts_to_write(outcome.manifest, out, options.layouts)
        return Result(
            capture=capture,
            outcome=outcome,
            masks=out / MASKS,
            report=write_contact_sheet(outcome.manifest, out),
            # Half a capture laid out would be taken for the whole.
            laid_out=LaidOut() if interrupted else _laid_out(capture, outcome.manifest, out, layouts),
            joined=joined,
            interrupted=interrupted,
        )


def _layouts_to_write(manifest: Manifest, out: Path, asked: Sequence[str]) -> tuple[str, ...]:
    """Those asked for, and those of earlier runs that are outdated; none where no shot has a mask."""
    if all(shot.state is State.FAILED for shot in manifest.shots):
        return ()
    return tuple(dict.fromkeys((*asked, *outdated(manifest, out))))


def _laid_out(capture: Capture, manifest: Manifest, out: Path, layouts: Sequence[str]) -> LaidOut:
    if capture.problems and layouts:
        what = f"Not laid out for {', '.join(layouts)}, as {capture.problems[0].name} cannot be read"
        return LaidOut(refused=(OutputError(what, "Give yourself permission to read it, and run again"),))
    return write_layouts(manifest, out, layouts)


@dataclass(frozen=True)
class _Run:
    """A capture's way from shots to all that is made of them."""

    capture: Capture
    work: ShotWork
    workers: int
    rings: Rings | None
    _: KW_ONLY
    alone: bool
    door: Door
    stop: threading.Event

    def through(self, *, proves: bool) -> tuple[Outcome, Joined | None, bool]:
        """Mask every shot, prove the passes if all shots are here, then cut out; and whether something stopped that."""
        outcome, joined = self._mask(self.work, self.door.progress), None
        interrupted = bool(outcome.unreached)
        if proves and not interrupted and self.work.names >= {shot.photo for shot in outcome.manifest.shots}:
            outcome, joined = self._join(outcome)
            interrupted = joined is None
        if self.work.cutouts_later and not interrupted:
            outcome = self._cut_out(outcome)
            interrupted = bool(outcome.unreached)
        return outcome, joined, interrupted

    def _join(self, outcome: Outcome) -> tuple[Outcome, Joined | None]:
        """Prove the passes and put masks right by that; nothing where that was stopped."""
        if begin_anew(self.work.out):
            again = self._mask(replace(self.work, force=False, force_edited=False), lambda _: None)
            outcome = replace(outcome, manifest=again.manifest, unreached=again.unreached)
            if outcome.unreached:
                return outcome, None
        joined = join(self.work.out, mend=True, anew=self.work.force, tell=self.door.proving, stop=self.stop)
        if joined is None:
            return outcome, None
        for before, after in joined.put_right:
            self.door.judged(Judged(after, before, left=0))
        self.door.joined(joined)
        return replace(outcome, manifest=joined.manifest), joined

    def _cut_out(self, outcome: Outcome) -> Outcome:
        """Make the cut-outs of masks that do not change any more."""
        work = replace(self.work, cutouts_later=False)
        cut = cut_out_capture(self.capture, work.out, work, workers=self.workers, stop=self.stop)
        return replace(
            outcome,
            manifest=cut.manifest,
            kept=outcome.kept - cut.made,
            cut_out=outcome.cut_out + len(outcome.kept & cut.made),
            failed=(*outcome.failed, *cut.failed),
            unreached=cut.unreached,
        )

    def _mask(self, work: ShotWork, on_progress: Callable[[Progress], None]) -> Outcome:
        return mask_capture(
            self.capture,
            work.out,
            work,
            workers=self.workers,
            rings=self.rings,
            alone=self.alone,
            stop=self.stop,
            on_progress=on_progress,
            on_judged=self.door.judged,
        )


def learn_from_sources(
    sources: Sequence[Path],
    out: Path,
    settings: Settings,
    rules: CaptureRules,
    *,
    workers: int | None = None,
    started: Callable[[Capture, tuple[str, ...]], None],
    stop: threading.Event,
) -> Learnt | None:
    """Survey all photos once, for runs of ``mask_sources`` that each see a part of them; nothing if it was stopped."""
    capture = _read(sources, out, settings, rules)
    masker = _masker(settings, _choices(settings, capture))
    count = workers or usual_workers()
    with alone_in(out):
        started(capture, masker.segmenter.notes)
        return learn_rings(capture, out, masker, max_megapixels=settings.max_megapixels, workers=count, stop=stop)


def _read(sources: Sequence[Path], out: Path, settings: Settings, rules: CaptureRules) -> Capture:
    capture = read_with_plates(sources, rules, output=out, max_megapixels=settings.max_megapixels)
    _refuse_unusable(capture, sources, out)
    return capture


def _refuse_unusable(capture: Capture, sources: Sequence[Path], out: Path) -> None:
    if any(source.is_dir() for source in sources) and os.path.realpath(out) == os.path.realpath(capture.folder):
        raise SettingsError(f"The output folder {out} is the capture's own folder", ELSEWHERE)
    if capture.shots:
        return
    if capture.plates:
        raise SettingsError(
            f"All photos in {capture.folder} are plates (the empty platter) by their names, or by --plate",
            "Rename them, or mask them anyway with --no-plates",
        )
    if capture.problems:
        problem = capture.problems[0]
        raise SettingsError(f"{problem.name}: {problem.reason}", "Check its permissions")
    raise SettingsError("; ".join((f"There are no photos in {capture.folder}", *left_alone(capture))), "Check the path")
