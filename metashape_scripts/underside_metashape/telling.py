"""What a person must be told about masks besides that they exist: which to look at, and what holds for all of them."""

from __future__ import annotations

from typing import Sequence

from underside_metashape.host import listed
from underside_metashape.results import Found, Proof, Results

__all__ = ["told_of"]

_ANSWERS = {
    "yes": "The passes are proven to be one object.",
    "unsafe": "The passes may be joined wrongly: the proof answers unsafe.",
    "no": "The passes do not become one object: the proof answers no.",
}


def told_of(found: Sequence[Found], results: Results) -> list[str]:
    """Lines about these masks and the results they belong to; none if all is well."""
    lines: list[str] = []
    found = [each for each in found if each.view.camera.enabled]
    empty = [each.view.name for each in found if each.shot.is_empty]
    if empty:
        lines += [
            "No object was found in these photos, so nothing of them is used. Correct their masks, or disable them:",
            *listed(empty),
        ]
    poor = [
        f"{each.view.name}: {each.shot.doubts}" for each in found if each.shot.doubts and each.view.name not in empty
    ]
    if poor:
        lines += ["Look at these masks, which are insufficient; Underside > Check masks selects them:", *listed(poor)]
    if results.proof is not None:
        lines.append(_answer(results.proof))
    if results.warnings:
        lines += ["Please note:", *listed(results.warnings)]
    return lines


def _answer(proof: Proof) -> str:
    said = _ANSWERS.get(proof.answer, f"The proof of the passes answers {proof.answer}.")
    return " ".join([said, *(f"{each.rstrip('.')}." for each in (*proof.reasons, *proof.notes))])
