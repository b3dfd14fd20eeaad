"""A proof from question to files: asked, kept beside the masks, and the masks put right where that is wanted."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from underside import __version__
from underside.flip.apart import prove_apart
from underside.flip.mend import Mended
from underside.flip.mend import mend as mend_masks
from underside.flip.page import show_proof
from underside.flip.prove import Proof, prove, save_proof
from underside.flip.repair import Repaired, is_put_right, repair
from underside.flip.sources import FEWEST
from underside.manifest import Manifest, ProofRecord, ShotRecord, State, load, masks_of, save

__all__ = ["Proven", "forget_repairs", "is_proven", "is_worth_proving", "prove_and_keep"]


@dataclass(frozen=True)
class Proven:
    """What a proof came to."""

    proof: Proof
    manifest: Manifest
    """With the answer in it, and the masks that were put right."""
    repaired: tuple[Repaired, ...]
    page: Path
    mended: Mended | None = None
    """What was done about a kept platter, where a person asked for it."""


def is_worth_proving(shots: Sequence[ShotRecord]) -> bool:
    """Whether there are passes to be joined, and shots enough to ask."""
    masked = [shot for shot in shots if shot.state is not State.FAILED]
    return len(masked) >= FEWEST and len({shot.pass_name for shot in masked}) > 1


def is_proven(manifest: Manifest, *, mend: bool) -> bool:
    """Whether an earlier proof speaks of these very masks, and has put right what it was to."""
    known = manifest.proof
    if known is None or (known.version, known.of) != (__version__, masks_of(manifest.shots)):
        return False
    return not mend or known.repaired is not None or not known.disagreeing


def forget_repairs(out: Path) -> bool:
    """Let masks that an earlier proof has put right be made anew by the next run; whether there are any.

    A repair begins with masks as they were made: otherwise it would matter when each photo came.
    """
    manifest = load(out)
    if manifest is None or not any(is_put_right(shot) for shot in manifest.shots):
        return False
    shots = tuple(replace(shot, fingerprint="") if is_put_right(shot) else shot for shot in manifest.shots)
    save(replace(manifest, shots=shots, proof=None), out)
    return True


def _never() -> bool:
    return False


def prove_and_keep(
    out: Path,
    *,
    mend: bool,
    tell: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
    moot: Callable[[], bool] = _never,
) -> Proven | None:
    """Prove an output folder that nobody else writes meanwhile; with ``mend``, masks are repaired from a true join.

    With ``stop`` the question is asked in a process of its own, and given up once that is set or the answer has become
    ``moot``: then nothing comes of it. The contact sheet is the caller's to write.
    """
    mended = mend_masks(out, tell=tell) if mend and stop is None else None
    if mended is not None:
        proof: Proof | None = mended.proof
    else:
        proof = prove(out, tell=tell) if stop is None else prove_apart(out, tell=tell, stop=stop, moot=moot)
    if proof is None:
        return None
    save_proof(proof, out)
    if mended is not None:
        repaired = list(mended.repaired)
    else:
        repaired = repair(out, proof, tell=tell, stop=stop) if mend and proof.joined else []
    if stop is not None and stop.is_set():  # perhaps in the middle of it
        return None
    page = show_proof(proof, out, repaired if mend else None)
    manifest = load(out)
    assert manifest is not None
    manifest = replace(manifest, proof=_record(proof, manifest, mend=mend))
    save(manifest, out)
    return Proven(proof, manifest, tuple(repaired), page, mended)


def _record(proof: Proof, manifest: Manifest, *, mend: bool) -> ProofRecord:
    put_right = tuple(shot.photo for shot in manifest.shots if is_put_right(shot))
    return ProofRecord(
        answer=proof.answer.verdict.value,
        reasons=tuple(f"{finding.what}. {finding.remedy}." for finding in proof.answer.findings),
        underside=proof.coverage.underside,
        disagreeing=len(proof.disagreements),
        repaired=put_right if mend or put_right else None,
        version=__version__,
        of=masks_of(manifest.shots),
    )
