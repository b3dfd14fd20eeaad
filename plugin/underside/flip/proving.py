"""A proof from question to files: asked, kept beside the masks, and the masks put right where that is wanted."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from underside import __version__
from underside.counted import counted
from underside.errors import UndersideError
from underside.files import sha256_of
from underside.flip.agreement.agree import Correction
from underside.flip.apart import ask_apart
from underside.flip.page import show_proof
from underside.flip.proof.answer import Outcome
from underside.flip.proof.sources import FEWEST, manifest_of
from underside.flip.prove import Proof, prove, save_proof
from underside.flip.repair import Repaired, cut_off, repair, take_up
from underside.flip.trial import may_keep_platter, without_platter
from underside.manifest import Manifest, ProofRecord, ShotRecord, State, load, masks_of, save

__all__ = ["Proven", "forget_repairs", "is_proven", "is_worth_proving", "prove_and_keep"]

_LONGER = 6
"""Times as long as the proof may it take to try without a platter; two or three times are usual."""
_LEAST_SECONDS = 120.0
_FURTHER = 2
"""Times that all is asked once more after a platter was cut off: better masks place more shots, which see more."""


@dataclass(frozen=True)
class Proven:
    """What a proof came to."""

    proof: Proof
    """The last, upon which masks were put right."""
    manifest: Manifest
    """The manifest with the answer, and the masks that were put right."""
    cut: tuple[Repaired, ...]
    """Masks that lost a platter."""
    repaired: tuple[Repaired, ...]
    """Masks that disagreed with all others."""
    page: Path


def is_worth_proving(shots: Sequence[ShotRecord]) -> bool:
    """Whether there are passes to be joined, and shots enough to ask."""
    masked = [shot for shot in shots if shot.state is not State.FAILED]
    return len(masked) >= FEWEST and len({shot.pass_name for shot in masked}) > 1


def is_proven(manifest: Manifest, *, mend: bool) -> bool:
    """Whether an earlier proof speaks of these very masks, and has put right what it was to."""
    known = manifest.proof
    if known is None or (known.version, known.of) != (__version__, masks_of(manifest.shots)):
        return False
    nothing_to_mend = known.answer == Outcome.YES and not known.disagreeing
    return not mend or known.repaired is not None or nothing_to_mend


def forget_repairs(out: Path) -> bool:
    """Let the next run make masks again that an earlier proof put right; whether there are any.

    A repair begins with masks as they were made: otherwise it would matter when each photo came.
    """
    manifest = load(out)
    if manifest is None or not any(shot.is_put_right for shot in manifest.shots):
        return False
    shots = tuple(replace(shot, fingerprint="") if shot.is_put_right else shot for shot in manifest.shots)
    save(replace(manifest, shots=shots, proof=None), out)
    return True


def prove_and_keep(
    out: Path,
    *,
    mend: bool,
    tell: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
    moot: Callable[[], bool] | None = None,
) -> Proven | None:
    """Prove an output folder that nobody else writes meanwhile.

    With ``mend``, masks that disagree are put right from a true join; where it is false because masks may keep the
    platter, that is cut off if the passes truly join without it, and all is asked again with the better masks.

    All is asked in processes of their own, and given up once ``stop`` is set or the answer has become ``moot``: then
    nothing comes of it. The contact sheet is the caller's to write.
    """
    stop = stop or threading.Event()
    take_up(out)
    met = _masks_met(out)
    proof = ask_apart(prove, out, tell=tell, stop=stop, moot=moot)
    cuts: tuple[Correction, ...] = ()
    if proof is not None and mend and may_keep_platter(proof):
        proof, cuts = _tried_without_platter(out, proof, tell=tell, stop=stop, moot=moot)
    if proof is None or stop.is_set() or (moot and moot()):
        return None
    mended = _mend(out, proof, cuts, tell=tell, stop=stop, moot=moot) if mend else _Mended(proof)
    if mended is None or stop.is_set():  # perhaps in the middle of it
        return None
    save_proof(mended.proof, out)
    page = show_proof(mended.proof, out, tuple(mended.changed.values()) if mend else None)
    manifest = load(out)
    assert manifest is not None
    manifest = replace(manifest, proof=_record(mended, manifest, met, mend=mend))
    save(manifest, out)
    return Proven(mended.proof, manifest, mended.cut, tuple(mended.repaired.values()), page)


@dataclass(frozen=True)
class _Mended:
    """Masks put right, and the proof by which they were."""

    proof: Proof
    cut: tuple[Repaired, ...] = ()
    repaired: Mapping[str, Repaired] = field(default_factory=dict)
    """By photo: from how it was at first."""
    last: tuple[Repaired, ...] = ()
    """What the last proof wanted of these."""

    @property
    def changed(self) -> Mapping[str, Repaired]:
        """By photo: from how it was at first, with a platter perhaps, to how it is."""
        cut = {each.photo: each for each in self.cut}
        return {**cut, **{photo: each.after(cut.get(photo)) for photo, each in self.repaired.items()}}


def _mend(
    out: Path,
    proof: Proof,
    cuts: tuple[Correction, ...],
    *,
    tell: Callable[[str], None],
    stop: threading.Event,
    moot: Callable[[], bool] | None,
) -> _Mended | None:
    """Rewrite masks; where a platter was cut off, everything is asked again as long as that helps."""
    cut = tuple(cut_off(out, cuts, tell=tell, stop=stop)) if cuts else ()
    mended = _repaired(out, _Mended(proof, cut), tell=tell, stop=stop)
    for _ in range(_FURTHER if cut else 0):
        if stop.is_set() or not mended.last:
            break
        try:
            again = ask_apart(prove, out, tell=tell, stop=stop, moot=moot)
        except UndersideError as error:
            late = f"Whether the better masks show more could not be determined. {error}"
            return replace(mended, proof=_noting(mended.proof, late))
        if again is None:
            return None
        mended = _repaired(out, replace(mended, proof=replace(again, notes=proof.notes)), tell=tell, stop=stop)
    return mended


def _repaired(out: Path, mended: _Mended, *, tell: Callable[[str], None], stop: threading.Event) -> _Mended:
    if not mended.proof.joined:
        return replace(mended, last=())
    last = tuple(repair(out, mended.proof, tell=tell, stop=stop))
    before = mended.repaired
    now = {each.photo: each.after(before.get(each.photo)) for each in last}
    return replace(mended, repaired={**before, **now}, last=last)


def _tried_without_platter(
    out: Path, first: Proof, *, tell: Callable[[str], None], stop: threading.Event, moot: Callable[[], bool] | None
) -> tuple[Proof, tuple[Correction, ...]]:
    """The proof to build upon, and the cuts that make it true; the first proof and none where they do not."""
    seconds = max(_LEAST_SECONDS, _LONGER * first.seconds)
    try:
        trial = ask_apart(without_platter, out, tell=tell, stop=stop, moot=moot, seconds=seconds)
    except TimeoutError:
        late = f"Whether the masks keep a platter could not be determined within {seconds:.0f} seconds."
        return _noting(first, late), ()
    except UndersideError as error:
        return _noting(first, f"Whether the masks keep a platter could not be determined. {error}"), ()
    if trial is None or trial.proof is None:
        return first, ()
    if not trial.proof.joined:
        masks = counted(len(trial.cuts), "mask")
        found = f"A platter was found in {masks}, but cutting it off does not make the join true."
        return _noting(first, f"{found} No mask was changed."), ()
    kinds = ", ".join(dict.fromkeys(finding.kind for finding in first.answer.findings))
    was = f"with it, the answer was {first.answer.outcome.value} ({kinds})"
    # What is to be said of the capture itself, the first proof knows: the trial saw a copy.
    of_capture = replace(trial.proof, notes=first.notes)
    return _noting(of_capture, f"The platter was cut off in {counted(len(trial.cuts), 'mask')}; {was}."), trial.cuts


def _noting(proof: Proof, note: str) -> Proof:
    return replace(proof, notes=(*proof.notes, note))


def _masks_met(out: Path) -> dict[str, str]:
    """The hashes of the masks that lie there as a proof begins, by photo."""
    manifest = manifest_of(out)
    return {shot.photo: sha256_of(out / shot.mask) for shot in manifest.shots if (out / shot.mask).is_file()}


def _as_met(shot: ShotRecord, met: str | None) -> ShotRecord:
    """A shot whose mask was changed by hand since the last run, as the next run of ``mask`` will know it."""
    if shot.state is State.FAILED or met in (None, shot.mask_sha256, shot.hand_sha256):
        return shot
    return replace(shot, state=State.BY_HAND, hand_sha256=met, hand_photo_sha256=shot.sha256)


def _record(mended: _Mended, manifest: Manifest, met: Mapping[str, str], *, mend: bool) -> ProofRecord:
    proof = mended.proof
    asked = (shot if shot.photo in mended.changed else _as_met(shot, met.get(shot.photo)) for shot in manifest.shots)
    put_right = tuple(shot.photo for shot in manifest.shots if shot.is_put_right)
    return ProofRecord(
        answer=proof.answer.outcome.value,
        reasons=tuple(f"{finding.what}. {finding.remedy}." for finding in proof.answer.findings),
        underside=proof.coverage.underside,
        disagreeing=len(proof.disagreements),
        repaired=put_right if mend or put_right else None,
        version=__version__,
        of=masks_of(asked),
        notes=proof.notes,
    )
