"""How right verdicts are, and the fit of their weights, on masks whose truth is known.

    python benchmarks/verdicts.py label CAPTURE... --rows FOLDER [--ellipse MODEL] [--every N]
    python benchmarks/verdicts.py fit CAPTURE... --rows FOLDER
    python benchmarks/verdicts.py measure CAPTURE... --rows FOLDER

``label`` makes masks, right and wrong ones, and keeps what can be read from each in FOLDER, once for all captures.
``fit`` prints the weights for ``verdict/weights.py`` and how they do on each capture when left out: fit on the tuning
captures only. ``measure`` prints how the verdicts of today do. ELLIPSE is a network that finds an ellipse in every
photo, as ``u2netp.py`` writes it.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from labelled_masks import ONE_LOOK, SINGLE, USUAL, Labelled, label
from numpy.typing import NDArray

from underside.ring import Agreement
from underside.verdict import Grade, Signs, Verdict, judge
from underside.verdict.faults import BASE, faults
from underside.verdict.judge import known_by, odds_of
from underside.verdict.weights import DOUBT, INSUFFICIENT, VERY_GOOD

Values = NDArray[np.float64]
# Chances are fitted for all of these at once, with one weight a fault: what tells .95 apart shall rank the rest too.
_LEVELS = (0.6, 0.8, 0.9, 0.95, 0.97, 0.985)
_LEVEL = 0.95
_FLATTENING = 15.0
_BAD, _GOOD = 0.90, 0.97
# What a mask counts in the fit: those that a user meets, those that a ladder tries, those that are made up.
_COUNTS = {"usual": 1.5, "candidate": 1.0, "damage": 1.0}
_USUAL = {"one look": ONE_LOOK, "two looks": SINGLE, "ring": USUAL, "plate": USUAL}
# Left out of each way to know a shot, it makes captures judged by weights of the others better, and the samples too:
# an object of the room's colours is no worse cut out.
_NO_SIGN_OF_DOUBT = "object-like"
_BINS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0001)


@dataclass(frozen=True)
class Case:
    """One mask with one way to know it."""

    row: Labelled
    signs: Signs
    agreement: Agreement | None

    @property
    def sort(self) -> str:
        """What a user meets, what a ladder tries, or what is made up."""
        return "usual" if self.usual else "candidate" if self.row.candidate else "damage"

    @property
    def usual(self) -> bool:
        """Whether it is what the engine makes of a shot of which so much is known, before any ladder."""
        return self.row.kind == _USUAL[known_by(self.signs)]


def cases(rows: Sequence[Labelled]) -> dict[str, list[Case]]:
    """By what is known of the shot: one look, two looks, a ring with the neighbours too, and a plate."""
    known = defaultdict(list)
    for row in rows:
        ways = [(row.own, None), (row.alone, None), (row.with_ring, row.agreement)]
        for signs, agreed in ways:
            if signs:
                known[known_by(signs)].append(Case(row, signs, agreed))
    return known


def fit_doubt(captures: Sequence[Sequence[Case]]) -> dict[str, float]:
    """Weights for the chance of less than .95; captures count alike."""
    shots = [[case for case in of_capture if not case.row.plate] for of_capture in captures]
    every = [case for of_capture in shots for case in of_capture]
    iou = np.array([case.row.iou for case in every])
    below = np.stack([iou < level for level in _LEVELS], axis=1).astype(np.float64)
    # The level that matters counts as much as all others together.
    shares = np.array([1.0 if level == _LEVEL else 1.0 / (len(_LEVELS) - 1) for level in _LEVELS])
    counts = np.concatenate([_even([_COUNTS[case.sort] for case in of_capture]) for of_capture in shots])
    return _fit(every, below, counts, shares, _LEVELS.index(_LEVEL), without=_NO_SIGN_OF_DOUBT)


def fit_emptiness(captures: Sequence[Sequence[Case]]) -> dict[str, float]:
    """Weights for the chance that a mask is of an empty platter; plates and shots count alike."""
    every = [case for of_capture in captures for case in of_capture if case.row.plate or case.sort != "damage"]
    plate = np.array([case.row.plate for case in every], np.float64)
    counts = np.where(plate > 0, 500 / plate.sum(), 500 / (1 - plate).sum())
    return _fit(every, plate[:, None], counts, np.ones(1), 0)


def _even(counts: Sequence[float]) -> Values:
    return np.asarray(np.array(counts) * 400 / sum(counts))


def _fit(
    of: Sequence[Case], below: Values, counts: Values, shares: Values, wanted: int, *, without: str = ""
) -> dict[str, float]:
    """None negative: faults are made so that more of one is never better."""
    wrong = [faults(case.signs, case.agreement) for case in of]
    names = [name for name in wrong[0] if name not in (BASE, without)]
    evidence = np.array([[each[name] for name in names] for each in wrong])
    levels = below.shape[1]
    rows = [np.hstack([evidence, np.tile(np.eye(levels)[i], (len(below), 1))]) for i in range(levels)]
    stacked, said, counted = np.concatenate(rows), below.T.ravel(), (shares[:, None] * counts).ravel()
    used = np.ones(stacked.shape[1], np.bool_)
    while True:
        weights = _newton(stacked[:, used], said, counted, flat=levels)
        if weights[:-levels].min() >= 0:
            break
        used[np.flatnonzero(used)[weights[:-levels].argmin()]] = False
    names = [name for name, use in zip(names, used, strict=False) if use]
    fitted = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=False)}
    return {BASE: round(float(weights[wanted - levels]), 3)} | {
        name: weight for name, weight in fitted.items() if weight
    }


def _newton(evidence: Values, said: Values, counts: Values, *, flat: int) -> Values:
    """One weight a column; the last ``flat`` ones stand for what is so without any fault."""
    count = evidence.shape[1]
    flattening = np.diag([_FLATTENING] * (count - flat) + [0.01] * flat)
    weights = np.zeros(count)
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(evidence @ weights, -30, 30)))
        slope = evidence.T @ (counts * (chance - said)) + flattening @ weights
        bend = (evidence * (counts * chance * (1 - chance))[:, None]).T @ evidence + flattening
        step = np.linalg.solve(bend, slope)
        weights -= step * min(1.0, 3 / float(np.abs(step).max() + 1e-9))
        if np.abs(step).max() < 1e-5:
            break
    return weights


def odds_by(weights: Mapping[str, float], of: Sequence[Case]) -> Values:
    """What ``judge`` would say with these weights."""
    return np.array([odds_of(weights, case.signs, case.agreement) for case in of])


def print_grades(of: Sequence[Case], verdicts: Sequence[Verdict]) -> None:
    """Bad ones found, good ones let through."""
    iou = np.array([case.row.iou for case in of])
    grade = np.array([str(verdict.grade) for verdict in verdicts])
    bad, good = iou < _BAD, iou > _GOOD
    called = grade == str(Grade.INSUFFICIENT)
    best = grade == str(Grade.VERY_GOOD)
    print(
        f"  {len(of)} masks; of {bad.sum()} below {_BAD:.2f}: {_share(called[bad])} called insufficient;"
        f" of {good.sum()} above {_GOOD}: {_share(called[good])}, {_share(best[good])} very good"
    )
    shares = ", ".join(f"{_share(iou[best] < level)} below {level:.2f}" for level in (0.9, 0.95, 0.97))
    print(f"  {best.sum()} very good ones: {shares}")


def _share(these: NDArray[np.bool_]) -> str:
    return f"{these.mean():.1%}" if len(these) else "-"


def print_bins(of: Sequence[Case], doubts: Values) -> None:
    """Said and found, by how much was doubted."""
    below = np.array([case.row.iou < _LEVEL for case in of])
    print("  doubt           masks    said   found")
    for low, high in pairwise(_BINS):
        here = (doubts >= low) & (doubts < high)
        if here.any():
            said, found = doubts[here].mean(), below[here].mean()
            print(f"  {low:.2f} to {min(high, 1):.2f}   {here.sum():6}   {said:5.2f}   {found:5.2f}")


def print_usual(of: Sequence[Case], verdicts: Sequence[Verdict]) -> None:
    """What the engine's own masks are called, and what they are."""
    own = [(case.row.iou, verdict.grade) for case, verdict in zip(of, verdicts, strict=True) if case.usual]
    for grade in Grade:
        iou = np.array([each for each, called in own if called is grade])
        if len(iou):
            print(
                f"    usual masks {grade.value:12} {len(iou):4} of {len(own):4}: mean IoU {iou.mean():.4f},"
                f" worst {iou.min():.3f}, {(iou < _LEVEL).sum()} below {_LEVEL}, {(iou < _BAD).sum()} below {_BAD:.2f}"
            )


def print_ladder(known: str, of: Sequence[Case], odds: Values) -> None:
    """What comes of the ladder: its steps in their order, each taken where it leaves enough less doubt."""
    shots = defaultdict(list)
    for case, doubt in zip(of, odds, strict=True):
        if case.usual or case.row.worth is not None:
            shots[case.row.capture, case.row.photo].append((float(doubt), case))
    asks, enough = (float(np.log(at / (1 - at))) for at in (VERY_GOOD[known], INSUFFICIENT[known]))
    usual, chosen, best = [], [], []
    for tried in shots.values():
        tried.sort(key=lambda each: not each[1].usual)
        if not tried[0][1].usual or len(tried) == 1:
            continue
        least, iou = tried[0][0], tried[0][1].row.iou
        for doubt, case in tried[1:] if least > asks else []:
            if doubt < least - (case.row.worth or 0.0):
                least, iou = doubt, case.row.iou
            if least <= enough:
                break
        usual.append(tried[0][1].row.iou)
        chosen.append(iou)
        best.append(max(case.row.iou for _, case in tried))
    if not usual:
        return
    change = np.array(chosen) - np.array(usual)
    print(
        f"  ladder: mean IoU {np.mean(usual):.4f} -> {np.mean(chosen):.4f} ({np.mean(best):.4f} the best there is);"
        f" worst {min(usual):.3f} -> {min(chosen):.3f};"
        f" of {len(usual)} better {np.sum(change > 0.002)}, worse {np.sum(change < -0.002)},"
        f" by .02 {np.sum(change < -0.02)}"
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


def print_empty(of: Sequence[Case], told: Sequence[bool]) -> None:
    """Plates that are told as empty, and shots that are."""
    plates = [empty for case, empty in zip(of, told, strict=True) if case.row.plate]
    shots = [empty for case, empty in zip(of, told, strict=True) if not case.row.plate and case.sort != "damage"]
    usual = [empty for case, empty in zip(of, told, strict=True) if not case.row.plate and case.usual]
    print(
        f"  told as empty: {sum(plates)} of {len(plates)} plates, {sum(usual)} of {len(usual)} usual masks,"
        f" {sum(shots)} of {len(shots)} candidates"
    )


def measure(captures: Mapping[str, Mapping[str, list[Case]]]) -> None:
    """With the weights of today, of all captures together."""
    for known in DOUBT:
        every = [case for of_capture in captures.values() for case in of_capture.get(known, [])]
        if not every:
            continue
        print(f"{known}:")
        verdicts = [judge(case.signs, case.agreement) for case in every]
        print_empty(every, [verdict.empty for verdict in verdicts])
        judged = [(case, verdict) for case, verdict in zip(every, verdicts, strict=True) if not case.row.plate]
        of, said = [case for case, _ in judged], [verdict for _, verdict in judged]
        print_grades(of, said)
        print_bins(of, np.array([verdict.doubt for verdict in said]))
        print_usual(of, said)
        print_ladder(known, of, np.array([verdict.odds for verdict in said]))
        print_kinds(of, said)


def cross_validate(known: str, captures: Mapping[str, list[Case]]) -> None:
    """Each capture by weights of the others."""
    of: list[Case] = []
    odds, empty = [], []
    for name, own in captures.items():
        others = [each for other, each in captures.items() if other != name]
        of += own
        odds.append(odds_by(fit_doubt(others), own))
        empty.append(odds_by(fit_emptiness(others), own) > 1)
    print_empty(of, list(np.concatenate(empty)))
    shots = np.array([not case.row.plate for case in of])
    logits = np.concatenate(odds)[shots]
    of = [case for case in of if not case.row.plate]
    doubts, iou = 1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.array([case.row.iou for case in of])
    print_bins(of, doubts)
    print_ladder(known, of, logits)
    own_masks = np.array([case.usual for case in of])
    print("  above     below .90   above .97   usual above .97   up to it: below .95, usual")
    for at in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        called, under = doubts > at, doubts <= at
        print(
            f"  {at:.2f}     {_share(called[iou < _BAD]):>9} {_share(called[iou > _GOOD]):>11}"
            f" {_share(called[own_masks & (iou > _GOOD)]):>17}   {_share((iou < _LEVEL)[under])},"
            f" {_share((iou < _LEVEL)[under & own_masks])} of {(under & own_masks).sum()}"
        )


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("label", "fit", "measure"))
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--ellipse", type=Path)
    parser.add_argument("--every", type=int, default=3, help="try everything on one shot of so many")
    options = parser.parse_args()
    captures: dict[str, dict[str, list[Case]]] = {}
    for capture in options.captures:
        kept = options.rows / f"{'-'.join(capture.resolve().parts[-2:])}.json"
        if options.task == "label":
            kept.parent.mkdir(parents=True, exist_ok=True)
            made = label(capture.resolve(), ellipse=options.ellipse, every=options.every)
            kept.write_text(json.dumps([row.to_json() for row in made]), encoding="utf-8")
            print(f"{capture}: {len(made)} masks", flush=True)
            continue
        rows = [Labelled.from_json(row) for row in json.loads(kept.read_text(encoding="utf-8"))]
        captures[kept.stem] = cases(rows)
    if options.task == "measure":
        measure(captures)
    if options.task == "fit":
        doubt, emptiness = {}, {}
        for known in DOUBT:
            of = {name: each[known] for name, each in captures.items() if each.get(known)}
            if not of:
                continue
            doubt[known], emptiness[known] = fit_doubt(list(of.values())), fit_emptiness(list(of.values()))
            print(f"{known}:")
            cross_validate(known, of)
        print(f"DOUBT = {json.dumps(doubt, indent=4)}")
        print(f"EMPTINESS = {json.dumps(emptiness, indent=4)}")


if __name__ == "__main__":
    main()
