"""The flip: whether two passes are one object, proven; and what their masks must agree on in 3D."""

from underside.flip.agreement import Disagreement
from underside.flip.answer import Answer, Finding, PassFacts, Verdict
from underside.flip.colmap import ProofExtraMissingError, colmap_is_here
from underside.flip.coverage import Coverage, View
from underside.flip.page import ANSWERS, show_proof
from underside.flip.prove import PROOF_NAME, Proof, facts_of, prove, save_proof
from underside.flip.proving import Proven, forget_repairs, is_proven, is_worth_proving, prove_and_keep
from underside.flip.repair import Repaired, repair

__all__ = [
    "ANSWERS",
    "PROOF_NAME",
    "Answer",
    "Coverage",
    "Disagreement",
    "Finding",
    "PassFacts",
    "Proof",
    "ProofExtraMissingError",
    "Proven",
    "Repaired",
    "Verdict",
    "View",
    "colmap_is_here",
    "facts_of",
    "forget_repairs",
    "is_proven",
    "is_worth_proving",
    "prove",
    "prove_and_keep",
    "repair",
    "save_proof",
    "show_proof",
]
