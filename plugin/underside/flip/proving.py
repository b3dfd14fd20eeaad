"""A proof from the question to the files: asked, kept beside the masks, and the masks put right where that is wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from underside.flip.page import show_proof
from underside.flip.prove import Proof, prove, save_proof
from underside.flip.repair import Repaired, repair

__all__ = ["Proven", "prove_and_keep"]


@dataclass(frozen=True)
class Proven:
    """What a proof came to."""

    proof: Proof
    repaired: tuple[Repaired, ...]
    """Masks that were written anew."""
    page: Path


def prove_and_keep(out: Path, *, mend: bool, tell: Callable[[str], None] = lambda _: None) -> Proven:
    """Prove an output folder that nobody else writes meanwhile; with ``mend``, masks are repaired from a true join."""
    proof = prove(out, tell=tell)
    save_proof(proof, out)
    repaired = repair(out, proof, tell=tell) if mend and proof.joined else []
    return Proven(proof, tuple(repaired), show_proof(proof, out, repaired if mend else None))
