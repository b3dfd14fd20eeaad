"""The sample masked under one variant after another, each mask held against the reference's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.audit.comparing import Difference, compare
from underside.audit.variants import Variant
from underside.capture import Capture, Shot
from underside.errors import PhotoError, SettingsError, UndersideError
from underside.manifest import State
from underside.masks import read_mask
from underside.pipeline import Outcome
from underside.scoring import MaskFolder, iou, read_soft
from underside.settings import Settings

__all__ = ["Audit", "StoppedError", "Trial", "TrialShot", "audit_sample", "sample_of"]

Pixels = NDArray[np.uint8]
MaskSample = Callable[[Settings, Path], Outcome]
"""Masks the sample with these settings into that folder, one shot at a time."""


class StoppedError(Exception):
    """Somebody wanted the audit to end."""


@dataclass(frozen=True)
class TrialShot:
    """One shot under one variant."""

    photo: Path
    mask: Path
    seconds: float
    difference: Difference
    truth_iou: float | None
    """IoU with the truth, where that is known."""


@dataclass(frozen=True)
class Trial:
    """What came of the sample under one variant; ``variant`` is none for the reference."""

    variant: Variant | None
    seconds: float
    """For one shot, one at a time, loading the model left out."""
    shots: Mapping[str, TrialShot]
    """By the photo's name in the capture."""
    problems: tuple[str, ...] = ()

    @property
    def mean(self) -> Difference | None:
        """The mean over the shots; none if there is no mask."""
        each = [shot.difference for shot in self.shots.values()]
        if not each:
            return None
        return Difference(*(float(np.mean([getattr(one, f.name) for one in each])) for f in fields(Difference)))

    @property
    def truth_iou(self) -> float | None:
        """Mean IoU with the truth over the shots whose truth is known."""
        known = [shot.truth_iou for shot in self.shots.values() if shot.truth_iou is not None]
        return float(np.mean(known)) if known else None


@dataclass(frozen=True)
class Audit:
    """A sample of a capture under all variants."""

    capture: Capture
    settings: Settings
    """The reference's."""
    reference: Trial
    trials: tuple[Trial, ...]

    @property
    def by_setting(self) -> dict[str, tuple[Trial, ...]]:
        """The trials of each setting."""
        names = dict.fromkeys(trial.variant.setting for trial in self.trials if trial.variant)
        return {
            name: tuple(trial for trial in self.trials if trial.variant and trial.variant.setting == name)
            for name in names
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that could not be done, once."""
        return tuple(dict.fromkeys(problem for trial in (self.reference, *self.trials) for problem in trial.problems))


def sample_of(capture: Capture, size: int) -> tuple[Shot, ...]:
    """Shots spread evenly over the passes, and over each pass; the same ones every time."""
    passes: dict[str, list[Shot]] = {}
    for shot in capture.shots:
        passes.setdefault(shot.pass_name, []).append(shot)
    wanted = dict.fromkeys(passes, 0)
    while sum(wanted.values()) < min(size, len(capture.shots)):
        # The pass that is furthest behind, counted in shots; the first of several.
        wanted[min((name for name in passes if wanted[name] < len(passes[name])), key=lambda name: wanted[name])] += 1
    return tuple(
        ring[int((index + 0.5) * len(ring) / wanted[name])]
        for name, ring in passes.items()
        for index in range(wanted[name])
    )


def audit_sample(
    capture: Capture,
    settings: Settings,
    tried: Sequence[Variant],
    work: Path,
    *,
    mask: MaskSample,
    truth: MaskFolder | None = None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Audit:
    """Mask the sample with the reference's settings, then with each variant; masks are left in ``work``."""
    run = _Run(capture, work, mask, truth)
    reference = run.reference(settings)
    if not reference.shots:
        raise SettingsError(
            "None of the sampled shots can be masked", f"The first: {reference.problems[0]}".rstrip(".")
        )
    on_trial(reference)
    trials = []
    for number, variant in enumerate(tried, 1):
        trials.append(run.trial(number, variant, reference))
        on_trial(trials[-1])
    return Audit(capture, settings, reference, tuple(trials))


class _Run:
    """Masks the sample under one variant after another."""

    def __init__(self, capture: Capture, work: Path, mask: MaskSample, truth: MaskFolder | None) -> None:
        self._capture = capture
        self._work = work
        self._mask = mask
        self._truth = truth

    def reference(self, settings: Settings) -> Trial:
        # The first run of a process also pays for what all others find ready: as a reference it would seem slow.
        self._mask(settings, self._work / "first")
        return self._trial(None, settings, self._work / "reference", {})

    def trial(self, number: int, variant: Variant, reference: Trial) -> Trial:
        try:
            return self._trial(variant, variant.settings, self._work / str(number), reference.shots)
        except UndersideError as error:  # a network of a fixed size, a model that is not here: the rest goes on
            return Trial(variant, 0.0, {}, (f"{variant.name}: {error}",))

    def _trial(
        self, variant: Variant | None, settings: Settings, folder: Path, before: Mapping[str, TrialShot]
    ) -> Trial:
        outcome = self._mask(settings, folder)
        if outcome.unreached:
            raise StoppedError
        shots: dict[str, TrialShot] = {}
        problems: list[str] = []
        for record in outcome.manifest.shots:
            path = Path(outcome.manifest.capture) / record.photo
            name = path.relative_to(self._capture.folder).as_posix()
            if record.state is State.FAILED:
                problems.append(record.reason)
            elif variant is None or name in before:
                mask = read_mask(folder / record.mask, width=record.width, height=record.height)
                earlier = read_mask(before[name].mask, width=record.width, height=record.height) if variant else mask
                true, problem = self._against_truth(name, mask)
                problems += [problem] if problem else []
                shots[name] = TrialShot(path, folder / record.mask, record.seconds, compare(earlier, mask), true)
        return Trial(variant, outcome.seconds / max(1, outcome.masked), shots, tuple(problems))

    def _against_truth(self, name: str, mask: Pixels) -> tuple[float | None, str]:
        path = self._truth.find(name) if self._truth else None
        if path is None:
            return None, f"{name}: its truth is missing" if self._truth else ""
        try:
            return iou(mask > 0, read_soft(path, like=mask > 0) >= 0.5), ""
        except PhotoError as error:
            return None, f"{name}: {error}"
