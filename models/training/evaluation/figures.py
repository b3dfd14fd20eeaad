"""From judged photos to figures, each with how far chance may have moved it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

import numpy as np

from training.evaluation.judging import Judged, Judgement

__all__ = ["GROUPS", "NOTHING", "compared", "figures"]

GROUPS = ("kind", "size", "thickness", "room", "platter")
NOTHING = 0.001
"""Less of an empty photo than this is nothing: a part of 16 x 16 pixels in one of 512 x 512."""
_DRAWS = 2000


def figures(judgement: Judgement) -> dict[str, Any]:
    """All that is told of a network on a set."""
    whole: dict[str, Any] = {"photos": len(judgement.photos), "with_object": len(judgement.with_object)}
    if judgement.with_object:
        whole |= _shares(judgement.with_object)
        whole["interval"] = _interval([each.score.iou for each in judgement.with_object])
        whole["by"] = {trait: _grouped(judgement.with_object, trait) for trait in GROUPS}
    if judgement.empty:
        kept = [each.score.kept for each in judgement.empty]
        clean = fmean(share < NOTHING for share in kept)
        whole["empty"] = {"photos": len(kept), "kept": _short(fmean(kept)), "nothing_kept": _short(clean)}
    whole["calibration"] = {
        "error": _short(judgement.reliability.error()),
        "error_where_doubtful": _short(judgement.reliability.doubtful_error()),
        "table": judgement.reliability.table(),
    }
    whole["each"] = [
        {"photo": each.photo.name, **asdict(each.traits), **asdict(each.score)} for each in judgement.photos
    ]
    return whole


def compared(judgement: Judgement, other: Judgement) -> dict[str, Any]:
    """The first against the other, photo by photo: by how much its IoU is higher, and what it keeps of empty ones more.

    An interval that holds 0 means that these photos cannot tell which is better.
    """
    answer: dict[str, Any] = {}
    pairs: tuple[tuple[str, list[Judged], list[Judged], Callable[[Judged], float]], ...] = (
        ("iou", judgement.with_object, other.with_object, lambda each: each.score.iou),
        ("kept_of_empty", judgement.empty, other.empty, lambda each: each.score.kept),
    )
    for name, ours, theirs, value in pairs:
        if ours:
            differences = [value(a) - value(b) for a, b in zip(ours, theirs, strict=True)]
            answer[name] = {"difference": _short(fmean(differences)), "interval": _interval(differences)}
    return answer


def _shares(photos: Sequence[Judged]) -> dict[str, Any]:
    scores = [each.score for each in photos]
    platters = [score.platter for score in scores if score.platter is not None]
    return {
        "iou": _short(fmean(score.iou for score in scores)),
        "median": _short(float(np.median([score.iou for score in scores]))),
        "worst": _short(min(score.iou for score in scores)),
        "boundary": _short(fmean(score.boundary for score in scores)),
        "platter": _short(fmean(platters)) if platters else None,
    }


def _grouped(photos: Sequence[Judged], trait: str) -> dict[str, Any]:
    groups: dict[str, list[Judged]] = {}
    for each in photos:
        word = getattr(each.traits, trait)
        if word is not None:
            groups.setdefault(word, []).append(each)
    return {word: {"photos": len(group), **_shares(group)} for word, group in sorted(groups.items())}


def _interval(values: Sequence[float]) -> list[float]:
    """In which 95 of 100 means lie when as many photos are drawn anew from these: always the same draws."""
    random = np.random.default_rng(0)
    drawn = np.asarray(values)[random.integers(len(values), size=(_DRAWS, len(values)))].mean(1)
    return [_short(float(each)) for each in np.percentile(drawn, [2.5, 97.5])]


def _short(value: float) -> float:
    return round(value, 4)
