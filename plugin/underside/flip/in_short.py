"""What a proof said, in one line."""

from typing import Any

from underside.counted import counted
from underside.flip.proof.answer import Outcome
from underside.manifest import ProofRecord

__all__ = ["in_short", "proof_facts"]


def in_short(proof: ProofRecord) -> str:
    """The answer, the gravest that speaks against it, and what became of masks that disagreed."""
    told = "; ".join([_ANSWERS[Outcome(proof.answer)], *_of_masks(proof)])
    return f"{told}. {proof.reasons[0]}" if proof.reasons else told


def proof_facts(proof: ProofRecord) -> dict[str, Any]:
    """The proof's result for programs."""
    return {
        "answer": proof.answer,
        "reasons": list(proof.reasons),
        "underside": proof.underside,
        "disagreeing": proof.disagreeing,
        "repaired": list(proof.repaired or ()),
        "notes": list(proof.notes),
    }


_ANSWERS = {
    Outcome.YES: "proven to be one object",
    Outcome.UNSAFE: "unsafe, an engine may join them wrongly",
    Outcome.NO: "they do not become one object",
}


def _of_masks(proof: ProofRecord) -> list[str]:
    told = []
    if proof.answer == Outcome.YES:
        told.append(f"{100 * proof.underside:.0f} % of the underside seen")
    if proof.repaired:
        told.append(f"{counted(len(proof.repaired), 'mask')} put right by what the other shots show")
    elif proof.disagreeing:
        verb = "disagrees" if proof.disagreeing == 1 else "disagree"
        told.append(f"{counted(proof.disagreeing, 'mask')} {verb} with the others")
    return told
