"""The flip: whether two passes are one object, proven; and what their masks must agree on in 3D.

``prove`` asks, by way of ``proof`` and ``agreement``; ``trial`` asks again without a ``platter``; ``repair`` writes
masks. ``proving`` is the whole way from an output folder to its files, ``joining`` that way as a step of a run.
"""

from underside.flip.agreement.agree import Disagreement
from underside.flip.in_short import in_short, proof_facts
from underside.flip.joining import Joined, begin_anew, join
from underside.flip.page import ANSWERS, show_proof
from underside.flip.proof.answer import Answer, Finding, Outcome, PassFacts
from underside.flip.proof.coverage import Coverage, ViewDirection
from underside.flip.proof.sources import manifest_of
from underside.flip.prove import PROOF_NAME, Proof, facts_of, prove, save_proof
from underside.flip.proving import Proven, prove_and_keep
from underside.flip.repair import Repaired, repair, take_up_repairs
from underside.flip.trial import may_keep_platter

__all__ = [
    "ANSWERS",
    "PROOF_NAME",
    "Answer",
    "Coverage",
    "Disagreement",
    "Finding",
    "Joined",
    "Outcome",
    "PassFacts",
    "Proof",
    "Proven",
    "Repaired",
    "ViewDirection",
    "begin_anew",
    "facts_of",
    "in_short",
    "join",
    "manifest_of",
    "may_keep_platter",
    "proof_facts",
    "prove",
    "prove_and_keep",
    "repair",
    "save_proof",
    "show_proof",
    "take_up_repairs",
]
