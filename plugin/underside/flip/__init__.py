"""The flip: whether two passes are one object, proven; and what their masks must agree on in 3D."""

from underside.flip.agreement import Disagreement
from underside.flip.answer import Answer, Finding, PassFacts, Verdict
from underside.flip.coverage import Coverage, View
from underside.flip.in_short import in_short, proof_facts
from underside.flip.joining import Joined, begin_anew, join
from underside.flip.mend import Mended, mend
from underside.flip.page import ANSWERS, show_proof
from underside.flip.prove import PROOF_NAME, Proof, facts_of, prove, save_proof
from underside.flip.proving import Proven, prove_and_keep
from underside.flip.repair import Repaired, repair

__all__ = [
    "ANSWERS",
    "PROOF_NAME",
    "Answer",
    "Coverage",
    "Disagreement",
    "Finding",
    "Joined",
    "Mended",
    "PassFacts",
    "Proof",
    "Proven",
    "Repaired",
    "Verdict",
    "View",
    "begin_anew",
    "facts_of",
    "in_short",
    "join",
    "mend",
    "proof_facts",
    "prove",
    "prove_and_keep",
    "repair",
    "save_proof",
    "show_proof",
]
