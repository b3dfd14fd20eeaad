"""The flip: whether two passes are one object, proven; and what their masks must agree on in 3D."""

from underside.flip.answer import Answer, Finding, PassFacts, Verdict
from underside.flip.coverage import Coverage, View
from underside.flip.prove import PROOF_NAME, Proof, facts_of, prove, save_proof

__all__ = [
    "PROOF_NAME",
    "Answer",
    "Coverage",
    "Finding",
    "PassFacts",
    "Proof",
    "Verdict",
    "View",
    "facts_of",
    "prove",
    "save_proof",
]
