"""The one engine behind every door: from sources to masks, manifest, layouts and contact sheet."""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from underside.capture import Capture, PassRules, read_capture
from underside.capture.plates import with_plates
from underside.cutout import CutoutWorkers
from underside.errors import SettingsError
from underside.kept_rings import Learnt, learn_rings, load_rings
from underside.ladder import make_ladder
from underside.layouts import LayoutResult, check_layout_names, write_layout
from underside.manifest import State
from underside.masker import Effort, Masker
from underside.masks import MASKS
from underside.outfolder import claimed, without_a_name
from underside.pipeline import Judged, Outcome, Progress, mask_capture, usual_workers
from underside.promises import Promises
from underside.report import write_contact_sheet
from underside.segmenters.by_name import make_segmenter
from underside.settings import Settings
from underside.shotwork import ShotWork, engine_facts

__all__ = ["Door", "Result", "learn_from_sources", "load_masker", "mask_sources"]


class Door(Protocol):
    """Who called the engine, and hears how it goes."""

    def started(self, capture: Capture, notes: tuple[str, ...]) -> None:
        """The capture is understood and the model loaded; the notes say on what processor, for example."""

    def progress(self, progress: Progress) -> None:
        """One shot more has its mask, whose verdict may still change."""

    def judged(self, judged: Judged) -> None:
        """One shot more was held against its neighbours, and tried again where that was needed."""


@dataclass(frozen=True)
class Result:
    """What came of a capture."""

    capture: Capture
    outcome: Outcome
    masks: Path
    """The folder they lie in."""
    layouts: tuple[LayoutResult, ...]
    report: Path


def load_masker(settings: Settings | None = None, *, plates: Sequence[Path] = (), shots: Sequence[Path] = ()) -> Masker:
    """A masker with its segmenter ready, as the settings say.

    ``plates`` are photos of the empty platter; the shots that will be masked help to judge them.
    """
    settings = settings or Settings()
    segmenter = make_segmenter(settings.segmenter, settings.choices(plates=plates, shots=shots))
    return Masker(segmenter, effort=Effort(settings.effort), edges=settings.edges)


def mask_sources(
    sources: Sequence[Path],
    out: Path,
    settings: Settings,
    *,
    layouts: Sequence[str] = (),
    plates: bool = True,
    extra_plates: Sequence[Path] = (),
    rules: PassRules | None = None,
    workers: int | None = None,
    force: bool = False,
    force_edited: bool = False,
    rings: Path | None = None,
    alone: bool = False,
    door: Door,
    stop: threading.Event | None = None,
) -> Result:
    """Mask a folder, or some photos, into ``out``; finished shots of an earlier run are left as they are.

    With ``plates`` off, photos named like plates are shots. ``extra_plates`` are plates whatever their names.
    ``rules`` tell passes apart where sub-folders do not. ``rings`` is a folder of ``learn_from_sources``, for a part of
    its shots; ``alone``: nothing is learnt from other shots.
    """
    check_layout_names(layouts)
    with_cutouts = settings.cutout_options is not None
    found = read_capture(sources, output=out, plates=plates, rules=rules)
    capture = with_plates(found, extra_plates, max_megapixels=settings.max_megapixels)
    _refuse_unusable(capture, sources, out)
    count = workers or usual_workers()
    plates_at, shots_at = [plate.path for plate in capture.plates], [shot.path for shot in capture.shots]
    masker = load_masker(settings, plates=plates_at, shots=shots_at)
    known = load_rings(rings, masker) if rings is not None else None
    with ExitStack() as stack:
        stack.enter_context(claimed(out))
        door.started(capture, masker.segmenter.notes)
        names = frozenset(shot.name for shot in capture.shots)
        ladder = make_ladder(masker, settings.choices(plates=plates_at, shots=shots_at))
        work = ShotWork(
            out=out,
            ladder=ladder,
            settings=settings,
            engine=engine_facts(settings, ladder),
            promises=Promises(out),
            cutout_workers=stack.enter_context(CutoutWorkers(count)) if with_cutouts else None,
            force=force,
            force_edited=force_edited,
            names=names,
            refused=without_a_name(names, out),
        )
        outcome = mask_capture(
            capture,
            out,
            work,
            workers=count,
            rings=known,
            alone=alone,
            stop=stop,
            on_progress=door.progress,
            on_judged=door.judged,
        )
        # Half a capture laid out would be taken for the whole.
        complete = not outcome.unreached and any(shot.state is not State.FAILED for shot in outcome.manifest.shots)
        return Result(
            capture=capture,
            outcome=outcome,
            masks=out / MASKS,
            report=write_contact_sheet(outcome.manifest, out),
            layouts=tuple(write_layout(outcome.manifest, out, name) for name in layouts if complete),
        )


def learn_from_sources(
    sources: Sequence[Path],
    out: Path,
    settings: Settings,
    *,
    plates: bool = True,
    extra_plates: Sequence[Path] = (),
    rules: PassRules | None = None,
    workers: int | None = None,
    started: Callable[[Capture, tuple[str, ...]], None],
    stop: threading.Event,
) -> Learnt | None:
    """Survey all photos once, for runs of ``mask_sources`` that each see a part of them; nothing if it was stopped."""
    found = read_capture(sources, output=out, plates=plates, rules=rules)
    capture = with_plates(found, extra_plates, max_megapixels=settings.max_megapixels)
    _refuse_unusable(capture, sources, out)
    plates_at, shots_at = [plate.path for plate in capture.plates], [shot.path for shot in capture.shots]
    masker = load_masker(settings, plates=plates_at, shots=shots_at)
    started(capture, masker.segmenter.notes)
    count = workers or usual_workers()
    return learn_rings(capture, out, masker, max_megapixels=settings.max_megapixels, workers=count, stop=stop)


def _refuse_unusable(capture: Capture, sources: Sequence[Path], out: Path) -> None:
    if os.path.realpath(out) == os.path.realpath(capture.folder) and any(source.is_dir() for source in sources):
        raise SettingsError(
            f"The output folder {out} is the capture's own folder", "Choose another output folder with -o"
        )
    if capture.shots:
        return
    if capture.plates:
        raise SettingsError(
            f"All photos in {capture.folder} are plates (the empty platter) by their names, or by --plate",
            "Rename them, or mask them all the same with --no-plates",
        )
    if capture.problems:
        problem = capture.problems[0]
        raise SettingsError(f"{problem.name}: {problem.reason}", "Check its permissions")
    raise SettingsError(f"There are no photos in {capture.folder}", "Check the path")
