"""How right verdicts are, and the fit of their weights, on masks whose truth is known.

    python benchmarks/verdicts.py label CAPTURE... --rows FOLDER [--cache FOLDER] [--ellipse MODEL]
    python benchmarks/verdicts.py fit CAPTURE... --rows FOLDER
    python benchmarks/verdicts.py measure CAPTURE... --rows FOLDER

``label`` makes masks, right and wrong ones, and keeps what can be read from each in FOLDER, once for all captures. ``fit``
prints the weights for ``verdict/judge.py`` and how they do on each capture when it is left out: fit on the tuning
captures only. ``measure`` prints how the verdicts of today do. ELLIPSE is a network that finds an ellipse in every
photo, as ``u2netp.py`` writes it.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from labelled_masks import USUAL, Labelled, label
from numpy.typing import NDArray

from underside.ring import Agreement
from underside.verdict import Grade, Signs, Verdict, judge
from underside.verdict.judge import BASE, faults

Values = NDArray[np.float64]
Doubt = Callable[[Signs, Agreement | None], float]
# Chances are fitted for all of these at once, with one weight a fault: what tells .95 apart shall rank the rest too.
_LEVELS = (0.6, 0.8, 0.9, 0.95, 0.97, 0.985)
_LEVEL = 0.95
_FLATTENING = 20.0
_BAD, _GOOD = 0.90, 0.97
# What a mask counts in the fit: those that a user meets, those that a ladder tries, those that are made up.
_COUNTS = {"usual": 3.0, "candidate": 1.0, "damage": 0.6}
_BINS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0001)


@dataclass(frozen=True)
class Case:
    """One mask with one way to know it."""

    row: Labelled
    signs: Signs
    agreement: Agreement | None

    @property
    def counts(self) -> float:
        return _COUNTS["usual" if self.row.usual else "candidate" if self.row.candidate else "damage"]


def cases(rows: Sequence[Labelled], knowing: str) -> list[Case]:
    """``knowing`` is "ring", with the neighbours too, or "alone", with and without a network."""
    shots = [row for row in rows if not row.plate]
    if knowing == "ring":
        return [Case(row, row.with_ring, row.agreement) for row in shots if row.with_ring]
    alone = [Case(row, row.alone, None) for row in shots]
    return alone + [Case(row, row.own, None) for row in shots if row.own]


def fit(captures: Mapping[str, list[Case]]) -> dict[str, float]:
    """Weights, none negative: faults are made so that more of one is never better. Captures count alike."""
    every = [case for of_capture in captures.values() for case in of_capture]
    wrong = [faults(case.signs, case.agreement) for case in every]
    names = [name for name in wrong[0] if name != BASE]
    evidence = np.array([[each[name] for name in names] for each in wrong])
    iou = np.array([case.row.iou for case in every])
    counts = np.concatenate([_counts(of_capture) for of_capture in captures.values()])
    used = np.ones(len(names), np.bool_)
    while True:
        weights, intercepts = _newton(evidence[:, used], iou, counts)
        if weights.min() >= 0:
            break
        used[np.flatnonzero(used)[weights.argmin()]] = False
    fitted = {BASE: round(float(intercepts[_LEVELS.index(_LEVEL)]), 3)}
    names = [name for name, use in zip(names, used, strict=True) if use]
    return fitted | {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def _counts(of_capture: Sequence[Case]) -> Values:
    counts = np.array([case.counts for case in of_capture])
    return np.asarray(counts * 400 / counts.sum())


def _newton(evidence: Values, iou: Values, counts: Values) -> tuple[Values, Values]:
    """One weight a fault, and for each level what is so without any."""
    levels = len(_LEVELS)
    stacked = np.concatenate([np.hstack([evidence, np.tile(np.eye(levels)[i], (len(iou), 1))]) for i in range(levels)])
    below = np.concatenate([(iou < level).astype(np.float64) for level in _LEVELS])
    # The level that matters counts as much as all others together.
    shares = [1.0 if level == _LEVEL else 1.0 / (levels - 1) for level in _LEVELS]
    counted = np.concatenate([counts * share for share in shares])
    flattening = np.diag([_FLATTENING] * evidence.shape[1] + [0.01] * levels)
    weights = np.zeros(stacked.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(stacked @ weights, -30, 30)))
        slope = stacked.T @ (counted * (chance - below)) + flattening @ weights
        bend = (stacked * (counted * chance * (1 - chance))[:, None]).T @ stacked + flattening
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-5:
            break
    return weights[: evidence.shape[1]], weights[evidence.shape[1] :]


def doubt_by(weights: Mapping[str, float]) -> Doubt:
    """What ``judge`` would say with these weights."""

    def doubt(signs: Signs, agreement: Agreement | None) -> float:
        wrong = faults(signs, agreement)
        return float(1 / (1 + np.exp(-sum(weight * wrong[name] for name, weight in weights.items()))))

    return doubt


def print_grades(of: Sequence[Case], verdicts: Sequence[Verdict]) -> None:
    """Bad ones found, good ones let through."""
    iou = np.array([case.row.iou for case in of])
    grade = np.array([str(verdict.grade) for verdict in verdicts])
    bad, good = iou < _BAD, iou > _GOOD
    called = grade == str(Grade.INSUFFICIENT)
    best = grade == str(Grade.VERY_GOOD)
    print(
        f"  {len(of)} masks; of {bad.sum()} below {_BAD:.2f}: {called[bad].mean():.1%} called insufficient;"
        f" of {good.sum()} above {_GOOD}: {called[good].mean():.1%}, {best[good].mean():.1%} very good"
    )
    shares = ", ".join(f"{np.mean(iou[best] < level):.1%} below {level:.2f}" for level in (0.9, 0.95, 0.97))
    print(f"  {best.sum()} very good ones: {shares if best.any() else '-'}")


def print_bins(of: Sequence[Case], doubts: Values) -> None:
    """Said and found, by how much was doubted."""
    below = np.array([case.row.iou < _LEVEL for case in of])
    print("  doubt           masks    said   found")
    for low, high in zip(_BINS, _BINS[1:], strict=False):
        here = (doubts >= low) & (doubts < high)
        if here.any():
            print(
                f"  {low:.2f} to {min(high, 1):.2f}   {here.sum():6}   {doubts[here].mean():5.2f}   {below[here].mean():5.2f}"
            )


def print_choice(of: Sequence[Case], doubts: Values, worth: float = 0.0) -> None:
    """What comes of always taking the candidate that is doubted least."""
    shots = defaultdict(list)
    for case, doubt in zip(of, doubts, strict=True):
        if case.row.candidate:
            shots[case.row.capture, case.row.photo].append((float(doubt), case.row.iou, case.row.usual))
    usual, chosen, best = [], [], []
    for candidates in shots.values():
        own = next(((doubt, iou) for doubt, iou, is_usual in candidates if is_usual), None)
        if own is None:
            continue
        least = min(candidates)
        usual.append(own[1])
        chosen.append(least[1] if least[0] < own[0] - worth else own[1])
        best.append(max(iou for _, iou, _ in candidates))
    change = np.array(chosen) - np.array(usual)
    print(
        f"  choice: mean IoU {np.mean(usual):.4f} ({USUAL}) -> {np.mean(chosen):.4f} (least doubt),"
        f" {np.mean(best):.4f} (best there is); worst {min(usual):.3f} -> {min(chosen):.3f};"
        f" of {len(usual)} better {np.sum(change > 0.002)}, worse {np.sum(change < -0.002)}, by .02 {np.sum(change < -0.02)}"
    )


def print_kinds(of: Sequence[Case], verdicts: Sequence[Verdict]) -> None:
    """Bad ones missed and good ones refused, by where they come from."""
    kinds = defaultdict(list)
    for case, verdict in zip(of, verdicts, strict=True):
        kinds[case.row.kind].append((case.row.iou, verdict.grade is Grade.INSUFFICIENT))
    for kind, found in sorted(kinds.items()):
        bad = [called for iou, called in found if iou < _BAD]
        good = [called for iou, called in found if iou > _GOOD]
        print(f"    {kind:22} bad called so {sum(bad):4} of {len(bad):4}; good refused {sum(good):3} of {len(good):4}")


def print_empty(rows: Sequence[Labelled], knowing: str) -> None:
    """Plates that are told as empty, and shots that are."""
    told: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows:
        signs, agreed = (row.with_ring, row.agreement) if knowing == "ring" else (row.alone, None)
        if signs and (row.plate or row.usual):
            told[row.plate].append(judge(signs, agreed).empty)
    print(f"  empty: {sum(told[True])} of {len(told[True])} plates, {sum(told[False])} of {len(told[False])} shots")


def measure(captures: Mapping[str, list[Labelled]]) -> None:
    """With the weights of today, of all captures together."""
    rows = [row for of_capture in captures.values() for row in of_capture]
    for knowing in ("ring", "alone"):
        every = cases(rows, knowing)
        kinds = {"all": every, "with a first look": every[: sum(1 for row in rows if not row.plate)]}
        of = kinds["with a first look"] if knowing == "alone" else every
        verdicts = [judge(case.signs, case.agreement) for case in of]
        doubts = np.array([verdict.doubt for verdict in verdicts])
        print(f"{knowing}:")
        print_grades(of, verdicts)
        print_bins(of, doubts)
        print_choice(of, doubts)
        print_kinds(of, verdicts)
        print_empty(rows, knowing)
        if knowing == "alone":
            own = every[len(of) :]
            print("without a network's first look:")
            print_grades(own, [judge(case.signs, None) for case in own])


def cross_validate(captures: Mapping[str, list[Case]]) -> None:
    """Each capture by weights of the others."""
    of, doubts = [], []
    for name, own in captures.items():
        doubt = doubt_by(fit({other: each for other, each in captures.items() if other != name}))
        here = [doubt(case.signs, case.agreement) for case in own]
        of += own
        doubts += here
        print(f" {name}")
        print_choice(own, np.array(here))
    known, iou = np.array(doubts), np.array([case.row.iou for case in of])
    print(" all")
    print_bins(of, known)
    print_choice(of, known)
    for at in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        bad, good = (known[iou < _BAD] > at).mean(), (known[iou > _GOOD] > at).mean()
        print(f"  above {at:.2f}: {bad:.1%} of those below {_BAD:.2f}, {good:.1%} of those above {_GOOD}")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("label", "fit", "measure"))
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--ellipse", type=Path)
    options = parser.parse_args()
    captures = {}
    for capture in options.captures:
        kept = options.rows / f"{'-'.join(capture.resolve().parts[-2:])}.json"
        if options.task == "label":
            kept.parent.mkdir(parents=True, exist_ok=True)
            made = label(capture, folder=options.cache or options.rows / "answers", ellipse=options.ellipse)
            kept.write_text(json.dumps([row.to_json() for row in made]), encoding="utf-8")
            print(f"{capture}: {len(made)} masks", flush=True)
            continue
        captures[kept.stem] = [Labelled.from_json(row) for row in json.loads(kept.read_text(encoding="utf-8"))]
    if options.task == "measure":
        measure(captures)
    if options.task == "fit":
        for knowing, title in (("alone", "WEIGHTS"), ("ring", "WEIGHTS_WITH_RING")):
            of = {name: cases(rows, knowing) for name, rows in captures.items()}
            print(f"{title} = {json.dumps(fit(of), indent=4)}")
            cross_validate(of)


if __name__ == "__main__":
    main()
