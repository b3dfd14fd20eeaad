"""The proof: from an output folder to an answer with its numbers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from underside.files import json_text, write_atomically
from underside.flip.agreement.agree import Correction, Disagreement, agree
from underside.flip.proof.answer import (
    Answer,
    Kind,
    Outcome,
    PassFacts,
    answer_of,
    pass_facts,
    scattered,
    weakest_union,
)
from underside.flip.proof.colmap import colmap
from underside.flip.proof.coverage import Coverage, coverage_of
from underside.flip.proof.features import find_features
from underside.flip.proof.links import Union, ties_of, union_of
from underside.flip.proof.mapping import Model, build_models
from underside.flip.proof.sources import Sources, read_sources

__all__ = ["PROOF_NAME", "Proof", "facts_of", "prove", "save_proof"]

PROOF_NAME = "proof.json"
_EMPTY = Coverage(0.0, 0.0, ())

# Said of pairs of shots: which of the two is wrong, nobody knows.
_OF_PAIRS = {Kind.DISPUTED, Kind.ALIKE}
# What leaves the shots that are in the model, and on their circles, where they are.
_HARMLESS = {Kind.ONE_PASS, Kind.SHOTS_MISSING, Kind.STRAYS, Kind.WEAK_LINK}


@dataclass(frozen=True)
class Proof:
    """Everything that a report may show."""

    answer: Answer
    shots: int
    registered: int
    models: tuple[int, ...]
    """Shots in each model, the largest first."""
    passes: tuple[PassFacts, ...]
    error: float
    """Mean reprojection error, in pixels of the photos."""
    unions: tuple[Union, ...]
    weakest: Union | None
    coverage: Coverage
    seconds: float
    model: Model | None
    """The largest."""
    notes: tuple[str, ...] = ()
    """What a person should know beside the answer: photos that had no part in it, other lenses."""
    corrections: tuple[Correction, ...] = ()
    """Every trusted shot's mask against all others; empty where the passes are not truly joined."""

    @property
    def joined(self) -> bool:
        """Whether the model may be built upon: all that it holds is in its place, if not every shot is in it."""
        return self.model is not None and {each.kind for each in self.answer.findings} <= _HARMLESS

    @property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Masks that disagree with the others, the worst first."""
        found = [each.disagreement for each in self.corrections]
        return tuple(sorted((each for each in found if each), key=lambda each: -(each.kept + each.lost)))


def prove(out: Path, *, tell: Callable[[str], None] = lambda _: None, cut_from: Path | None = None) -> Proof:
    """Ask whether the masks of an output folder join its passes into one object.

    ``cut_from`` is the folder with the masks from which something was cut off to make these.
    """
    started = time.monotonic()
    colmap()
    sources = read_sources(out)
    tell(f"Looking for points in {len(sources.shots)} shots")
    features = dict(zip((shot.name for shot in sources.shots), find_features(sources.shots), strict=True))
    points = int(np.median([len(each.at) for each in features.values()]))
    tell("Matching and placing them")
    models, links = build_models(sources.shots, list(features.values()))
    if not models:
        return _without_a_model(sources, points, time.monotonic() - started)
    model = models[0]
    passes = pass_facts([(shot.name, shot.pass_name) for shot in sources.shots], model)
    ties = ties_of(model, links, features)
    answer = answer_of(passes, models, ties, points)
    unions = tuple(union_of(one.name, other.name, ties) for one, other in combinations(passes, 2))
    proof = Proof(
        answer=answer,
        shots=len(sources.shots) + len(sources.left_out),
        registered=len(model.places),
        models=tuple(len(each.places) for each in models),
        passes=tuple(passes),
        error=round(model.error, 3),
        unions=unions,
        weakest=weakest_union(unions),
        coverage=_coverage(model, passes, answer),
        seconds=round(time.monotonic() - started, 1),
        model=model,
        notes=sources.notes,
    )
    if not proof.joined:
        return proof
    tell("Comparing the masks with each other")
    corrections = tuple(agree(model, without=_named(answer), cut_from=cut_from))
    return replace(proof, corrections=corrections, seconds=round(time.monotonic() - started, 1))


def save_proof(proof: Proof, out: Path) -> Path:
    """Write the numbers into the output folder, for reports and programs."""
    path = out / PROOF_NAME
    write_atomically(path, json_text(facts_of(proof)).encode())
    return path


def facts_of(proof: Proof) -> dict[str, Any]:
    """What JSON can hold of a proof: everything but the model."""
    return {
        "answer": proof.answer.outcome.value,
        "findings": [asdict(finding) for finding in proof.answer.findings],
        "shots": proof.shots,
        "registered": proof.registered,
        "models": proof.models,
        "reprojection_error": proof.error,
        "passes": [_pass_facts(each) for each in proof.passes],
        "unions": [asdict(union) for union in proof.unions],
        "weakest": asdict(proof.weakest) if proof.weakest else None,
        "coverage": asdict(proof.coverage),
        "disagreements": [asdict(each) for each in proof.disagreements],
        "notes": proof.notes,
        "seconds": proof.seconds,
    }


def _pass_facts(facts: PassFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "shots": facts.shots,
        "registered": facts.registered,
        "missing": facts.missing,
        "turned": facts.turned,
        "axis": None if facts.turning is None else facts.turning.axis.round(4).tolist(),
    }


def _coverage(model: Model, passes: Sequence[PassFacts], answer: Answer) -> Coverage:
    up = next((each.turning.axis for each in passes if each.turning), None)
    if up is None:
        return _EMPTY
    # Which shots of a disputed join are right, nobody knows: they count, and the answer says that it is unsafe.
    return coverage_of(model, up, without=_named(answer))


def _named(answer: Answer) -> set[str]:
    return {shot for finding in answer.findings if finding.kind not in _OF_PAIRS for shot in finding.shots}


def _without_a_model(sources: Sources, points: int, seconds: float) -> Proof:
    finding = scattered(0, len(sources.shots), points)
    return Proof(
        answer=Answer(Outcome.NO, (finding,)),
        shots=len(sources.shots) + len(sources.left_out),
        registered=0,
        models=(),
        passes=(),
        error=0.0,
        unions=(),
        weakest=None,
        coverage=_EMPTY,
        seconds=round(seconds, 1),
        model=None,
        notes=sources.notes,
    )
