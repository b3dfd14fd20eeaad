"""Going through a capture the ordinary way: what lies in its folder, as far as it has settled, is masked and judged."""

import threading
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

from underside.capture import Capture, read_capture
from underside.capture.plates import with_plates
from underside.capture.read import understand
from underside.errors import SettingsError
from underside.flip import begin_anew
from underside.manifest import Manifest, ShotRecord, load
from underside.pipeline import Judged, Outcome, Progress
from underside.settings import Resolved
from underside.watch.masking import CaptureSession

__all__ = ["GoneThrough", "Work", "go_through"]


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be gone through. Photos are called as the capture's manifest calls them."""

    folder: Path
    out: Path
    output: Path
    """The output folder of the whole watch, which is never searched."""
    own: Set[str]
    """All photos of the capture."""
    allowed: Mapping[str, str]
    """Those that have settled, of the passes that are over; with their names in the watched folder."""
    pinned: Set[str]
    """Those that were masked with settings of their own."""
    chosen: Resolved
    final: bool
    """The capture is complete: it will be concluded."""


@dataclass(frozen=True)
class GoneThrough:
    """What came of it."""

    capture: Capture
    manifest: Manifest
    allowed: Set[str]
    shots: frozenset[str]
    companions: frozenset[str]
    plates: frozenset[str]
    interrupted: bool


def go_through(
    work: Work, session: CaptureSession, changed: Callable[[str, ShotRecord], None], stop: threading.Event
) -> GoneThrough:
    """Mask and judge; ``changed`` hears of each photo of the watched folder that has a new mask or verdict."""
    capture = _capture(work)
    if work.final and capture.problems:
        problem = capture.problems[0]
        # Half a capture laid out and handed over would be taken for the whole.
        raise SettingsError(f"{problem.name}: {problem.reason}", "Give yourself permission to read it")

    def progress(progress: Progress) -> None:
        if not progress.kept and progress.record.photo in work.allowed:
            changed(work.allowed[progress.record.photo], progress.record)

    def judged(judged: Judged) -> None:
        now, before = judged.record, judged.before
        if (now.verdict, now.mask_sha256) != (before.verdict, before.mask_sha256) and now.photo in work.allowed:
            changed(work.allowed[now.photo], now)

    manifest = load(work.out) or Manifest(capture=str(work.folder), engines={})
    interrupted = False

    def complete() -> Outcome:
        return session.complete(capture, pinned=work.pinned, on_progress=progress, on_judged=judged, stop=stop)

    if capture.shots:
        outcome = complete()
        best = work.chosen.settings.effort == "best"
        if work.final and best and not outcome.unreached and begin_anew(work.out):
            outcome = complete()
        manifest, interrupted = outcome.manifest, bool(outcome.unreached)
        if not (interrupted or work.final):
            session.lay_out(manifest, ())
    return GoneThrough(
        capture=capture,
        manifest=manifest,
        allowed={name for name in work.allowed if not capture.hides(name)},
        shots=frozenset(shot.name for shot in capture.shots),
        companions=frozenset(name for shot in capture.shots for name in shot.companions),
        plates=frozenset(plate.name for plate in capture.plates),
        interrupted=interrupted,
    )


def _capture(work: Work) -> Capture:
    if not work.own:  # perhaps its folder is gone, too
        return Capture(work.folder, shots=())
    plates, rules = not work.chosen.no_plates, work.chosen.passes
    found = read_capture([work.folder], output=work.output, plates=plates, rules=rules)
    if any(shot.name not in work.own for shot in found.shots):  # several captures in one folder
        paths = [work.folder / name for name in work.own]
        found = understand(work.folder, paths, found.problems, plates=plates, rules=rules, whole=False, by_time=True)
    seen = with_plates(found, work.chosen.plates, max_megapixels=work.chosen.settings.max_megapixels)
    shots = tuple(shot for shot in seen.shots if shot.name in work.allowed)
    kept = tuple(plate for plate in seen.plates if plate.name in work.allowed or plate.path in work.chosen.plates)
    whole = seen.whole and len(shots) == len(seen.shots) and len(kept) == len(seen.plates)
    return replace(seen, shots=shots, plates=kept, whole=whole)
