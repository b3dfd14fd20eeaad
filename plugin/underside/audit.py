"""What each setting changes: a sample of a capture masked again and again, one setting changed at a time."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.capture import Capture, Shot
from underside.errors import PhotoError, SettingsError, UndersideError
from underside.manifest import State
from underside.masks import read_mask
from underside.pipeline import Outcome
from underside.scoring import MaskFolder, iou, read_soft
from underside.settings import SETTINGS, Settings, option_of, read_text, setting, spoken

__all__ = [
    "Audit",
    "Difference",
    "StoppedError",
    "Trial",
    "TrialShot",
    "Variant",
    "audit_sample",
    "compare",
    "sample_of",
    "usual_variants",
    "variants",
]

# These change the mask through the segmenter, whose own fingerprint says so, not through Option.in_mask.
_OF_THE_SEGMENTER = {"model", "working_size", "segmenter"}

# The knobs that people reach for first. An effort has few values, so all of them are tried.
_USUAL = {
    "working_size": ("384", "512", "640"),
    "sensitivity": ("0.2", "0.8"),
    "grow": ("-2", "2"),
    "mask_blur": ("3",),
    "keep": ("largest",),
    "foreground": ("200", "250"),
}

# Structural similarity (Wang et al., 2004) with its authors' window and constants.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Pixels = NDArray[np.uint8]
MaskSample = Callable[[Settings, Path], Outcome]
"""Masks the sample with these settings into that folder, one shot at a time."""


class StoppedError(Exception):
    """Somebody wanted the audit to end."""


@dataclass(frozen=True)
class Variant:
    """The reference's settings but for one."""

    setting: str
    value: str
    settings: Settings

    @property
    def name(self) -> str:
        """The variant's name, as asked for."""
        return f"{self.setting}={self.value}"


@dataclass(frozen=True)
class Difference:
    """How far a mask is from the reference's mask of the same photo."""

    iou: float
    ssim: float
    gained: float
    """Share of the photo's pixels that are object here and not in the reference."""
    lost: float
    """Share that is object in the reference and not here."""

    @property
    def changed(self) -> float:
        """Share of the photo's pixels that differ."""
        return self.gained + self.lost


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


def variants(reference: Settings, vary: Sequence[str]) -> tuple[Variant, ...]:
    """Each value of each ``SETTING=V1,V2`` as a variant; the reference's own values are left out."""
    known = _that_vary()
    found: dict[str, Variant] = {}
    for wish in vary:
        name, equals, values = wish.partition("=")
        field = setting(name.strip())
        if field is None or field.name not in known:
            can = ", ".join(sorted(map(spoken, known)))
            raise SettingsError(f"There is no setting {name.strip()} to vary", f"These change the mask: {can}")
        texts = [text.strip() for text in values.split(",") if text.strip()]
        if not equals or not texts:
            raise SettingsError(f"{wish} names no values", f"Write {name.strip()}=VALUE,VALUE")
        for text in texts:
            value = read_text(field, text)
            if value != getattr(reference, field.name):
                variant = Variant(spoken(field.name), text, _with(reference, field.name, value))
                found.setdefault(variant.name, variant)
    return tuple(found.values())


def usual_variants(reference: Settings) -> tuple[Variant, ...]:
    """What is tried where nothing is asked for, as far as it goes with the reference."""
    found: list[Variant] = []
    for name, values in {"effort": option_of(SETTINGS["effort"]).choices, **_USUAL}.items():
        for value in values:
            with suppress(SettingsError):  # such as a foreground below the reference's background
                found += variants(reference, [f"{name}={value}"])
    return tuple(found)


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


def compare(reference: Pixels, mask: Pixels) -> Difference:
    """Two hard masks of the same photo."""
    before, after = reference > 0, mask > 0
    return Difference(
        iou=iou(before, after),
        ssim=_ssim(reference, mask),
        gained=float(np.count_nonzero(after & ~before) / after.size),
        lost=float(np.count_nonzero(before & ~after) / after.size),
    )


class _Run:
    """Masks the sample under one variant after another."""

    def __init__(self, capture: Capture, work: Path, mask: MaskSample, truth: MaskFolder | None) -> None:
        self._capture = capture
        self._work = work
        self._mask = mask
        self._truth = truth

    def reference(self, settings: Settings) -> Trial:
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


def _ssim(one: Pixels, other: Pixels) -> float:
    """Mean structural similarity; where both are the same for a window around it is exactly 1."""
    left, top, width, height = cv2.boundingRect(cv2.absdiff(one, other))
    if width == 0:
        return 1.0
    reach = _WINDOW // 2
    # Pixels whose window holds a difference, and again as much for those windows' own content.
    inner = _around(left, top, left + width, top + height, reach, one.shape)
    outer = _around(left, top, left + width, top + height, 2 * reach, one.shape)
    a, b = (mask[outer].astype(np.float32) for mask in (one, other))
    mean_a, mean_b = _blurred(a), _blurred(b)
    spread = _blurred(a * a) - mean_a**2 + _blurred(b * b) - mean_b**2
    both = _blurred(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + _C1) * (2 * both + _C2) / ((mean_a**2 + mean_b**2 + _C1) * (spread + _C2))
    y, x = inner[0].start - outer[0].start, inner[1].start - outer[1].start
    alike = alike[y : y + inner[0].stop - inner[0].start, x : x + inner[1].stop - inner[1].start]
    return float(1 - (1 - alike).sum() / one.size)


def _blurred(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(picture, (_WINDOW, _WINDOW), _SIGMA, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def _around(left: int, top: int, right: int, bottom: int, reach: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows = slice(max(0, top - reach), min(shape[0], bottom + reach))
    return rows, slice(max(0, left - reach), min(shape[1], right + reach))


def _with(reference: Settings, name: str, value: object) -> Settings:
    """The settings with one changed; what concerns only another segmenter is dropped for the one tried."""
    changes: dict[str, Any] = {name: value}
    if name == "segmenter":
        changes |= {key: None for key, each in SETTINGS.items() if option_of(each).only_for not in (None, value)}
    return replace(reference, **changes)


def _that_vary() -> dict[str, Field[Any]]:
    return {name: each for name, each in SETTINGS.items() if option_of(each).in_mask or name in _OF_THE_SEGMENTER}
