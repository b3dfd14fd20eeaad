"""The proof's page: what the report needs of a proof, gathered and handed over."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.answer import Outcome
from underside.flip.proof.coverage import HORIZON, REACH, middle_of, upright_axes
from underside.flip.proof.mapping import Model, Place
from underside.flip.prove import Proof
from underside.flip.repair import Repaired
from underside.manifest import load
from underside.report.coverage_facts import (
    CoverageFacts,
    Direction,
    FoundAgainst,
    MaskDoubt,
    PassLine,
    Scene,
    TieLine,
)
from underside.report.coverage_page import write_coverage_page

__all__ = ["ANSWERS", "show_proof"]

Floats = NDArray[np.float64]

ANSWERS: Mapping[Outcome, str] = {
    Outcome.YES: "Yes: the passes are one object.",
    Outcome.UNSAFE: "Unsafe: an engine may join these passes wrongly.",
    Outcome.NO: "No: the passes do not become one object.",
}


def show_proof(proof: Proof, out: Path, repaired: Sequence[Repaired] | None = None) -> Path:
    """Write the page, to which the contact sheet leads; ``repaired`` is none where that was not asked."""
    manifest = load(out)
    assert manifest is not None, "what was proven has a manifest"
    return write_coverage_page(_facts(proof, repaired), manifest, out)


def _facts(proof: Proof, repaired: Sequence[Repaired] | None) -> CoverageFacts:
    return CoverageFacts(
        outcome=proof.answer.outcome.value,
        answer=ANSWERS[proof.answer.outcome],
        findings=tuple(
            FoundAgainst(each.weighs.value, each.what, each.remedy, each.shots) for each in proof.answer.findings
        ),
        shots=proof.shots,
        registered=proof.registered,
        other_models=proof.models[1:],
        error=proof.error,
        passes=tuple(PassLine(each.name, each.shots, each.registered, each.turned) for each in proof.passes),
        ties=tuple(
            TieLine(
                each.first, each.second, each.points, each.pairs, each.disputed_pairs, weakest=each == proof.weakest
            )
            for each in proof.unions
        ),
        underside=proof.coverage.underside,
        topside=proof.coverage.topside,
        reach=REACH,
        horizon=HORIZON,
        directions=_directions(proof),
        scene=_scene(proof),
        compared=proof.joined,
        doubts=tuple(_doubts(proof, repaired or ())),
        repaired=repaired is not None,
        notes=proof.notes,
    )


def _directions(proof: Proof) -> tuple[Direction, ...]:
    """The direction of every camera in the model; none if no pass says which way is up."""
    up = _up(proof)
    if proof.model is None or up is None:
        return ()
    trusted = {view.photo for view in proof.coverage.views}
    to_object, middle = upright_axes(up), middle_of(proof.model.points)
    return tuple(
        Direction(place.shot.name, place.shot.pass_name, _towards(to_object, place, middle), place.shot.name in trusted)
        for place in proof.model.places
    )


def _towards(to_object: Floats, place: Place, middle: Floats) -> tuple[float, float, float]:
    direction = to_object @ (place.centre - middle)
    x, y, z = (direction / max(float(np.linalg.norm(direction)), 1e-12)).tolist()
    return x, y, z


def _up(proof: Proof) -> Floats | None:
    return next((each.turning.axis for each in proof.passes if each.turning), None)


def _scene(proof: Proof) -> Scene | None:
    model = proof.model
    if model is None or not len(model.points):
        return None
    up = _up(proof)
    if up is None:
        up = np.mean([place.up for place in model.places], axis=0)
    to_object, middle = upright_axes(up / np.linalg.norm(up)), middle_of(model.points)
    numbers = {each.name: number for number, each in enumerate(proof.passes)}
    return Scene(
        points=((model.points - middle) @ to_object.T).astype(np.float32),
        colours=model.colours,
        seen=_seen(model, numbers),
        centres=np.array([to_object @ (place.centre - middle) for place in model.places], np.float32),
        corners=np.array([to_object @ place.turn.T @ corner for place in model.places for corner in _corners(place)])
        .reshape(-1, 4, 3)
        .astype(np.float32),
        camera_passes=np.array([numbers[place.shot.pass_name] for place in model.places], np.uint8),
    )


def _seen(model: Model, numbers: Mapping[str, int]) -> NDArray[np.uint8]:
    """One bit for each pass that sees a point; from the eighth pass on they share one."""
    bits = {place.shot.name: 1 << min(7, numbers[place.shot.pass_name]) for place in model.places}
    return np.array([sum({bits[name] for name in names}) for names in model.seen_in], np.uint8)


def _corners(place: Place) -> Iterator[Floats]:
    """The picture's corners in the camera's own axes, going round."""
    shot, lens = place.shot, place.lens
    for x, y in ((0, 0), (shot.width, 0), (shot.width, shot.height), (0, shot.height)):
        yield np.array([(x - lens.x) / lens.focal, (y - lens.y) / lens.focal, 1.0])


def _doubts(proof: Proof, repaired: Sequence[Repaired]) -> Iterator[MaskDoubt]:
    """The worst first; a mask that was put right by what was wrong with it at first."""
    put_right = {each.photo: each for each in repaired}
    asked = {each.own.place.shot.name: each for each in proof.corrections}
    asked |= {photo: each.correction for photo, each in put_right.items()}
    found = [each.disagreement for each in asked.values()]
    for one in sorted((each for each in found if each), key=lambda each: -(each.kept + each.lost)):
        own, wanted, done = asked[one.photo].own, asked[one.photo].wanted, put_right.get(one.photo)
        areas = (done.area_before, done.area_after) if done else None
        yield MaskDoubt(one.photo, one.in_words, own.box, own.mask, wanted.mask, areas)
