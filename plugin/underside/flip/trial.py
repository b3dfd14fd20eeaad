"""Whether the passes join without a platter that their masks may keep: tried on a copy, nothing else is written."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from underside.counted import counted
from underside.files import write_atomically
from underside.flip.agreement.agree import Correction
from underside.flip.platter.cut import cut_at_platter
from underside.flip.proof.answer import Kind
from underside.flip.proof.features import find_features
from underside.flip.proof.mapping import build_models
from underside.flip.proof.sources import FlipShot, read_sources
from underside.flip.prove import Proof, prove
from underside.flip.repair import changed_masks
from underside.manifest import load, save

__all__ = ["Trial", "may_keep_platter", "without_platter"]

# What a platter does that the masks keep: it places the second pass as if it had never been turned over, or some
# shots of it, or sets it apart.
_OF_PLATTERS = {Kind.NEVER_TURNED, Kind.PASS_MISSING, Kind.SCATTERED, Kind.DISPUTED, Kind.ALIKE, Kind.STRAYS}


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    cuts: tuple[Correction, ...] = ()
    """Masks as they are, and without the platter; none where no platter was found."""
    proof: Proof | None = None
    """The proof with the platter cut off."""


def may_keep_platter(proof: Proof) -> bool:
    """Whether a platter in the masks would explain why the passes do not join."""
    return (
        proof.model is not None
        and not proof.joined
        and any(each.kind in _OF_PLATTERS for each in proof.answer.findings)
    )


def without_platter(out: Path, *, tell: Callable[[str], None] = lambda _: None) -> Trial:
    """Look for a platter pass by pass, and prove the passes again without it."""
    tell("Looking for a platter in the masks, pass by pass")
    cuts = _cuts(out)
    if not cuts:
        return Trial()
    with tempfile.TemporaryDirectory(prefix="underside-cut-", ignore_cleanup_errors=True) as copy:
        _copy_masks(out, Path(copy), cuts)
        tell(f"Proving again, without the platter in {counted(len(cuts), 'mask')}")
        return Trial(tuple(cuts), prove(Path(copy), tell=tell, cut_from=out))


def _cuts(out: Path) -> list[Correction]:
    passes: dict[str, list[FlipShot]] = {}
    for shot in read_sources(out).shots:
        passes.setdefault(shot.pass_name, []).append(shot)
    cuts: list[Correction] = []
    for own in passes.values():
        models, _ = build_models(own, list(find_features(own)))
        if models:
            cuts += cut_at_platter(models[0])
    return cuts


def _copy_masks(out: Path, copy: Path, cuts: Sequence[Correction]) -> None:
    manifest = load(out)
    assert manifest is not None, "its shots were read"
    for record in manifest.shots:
        if (out / record.mask).is_file():
            (copy / record.mask).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(out / record.mask, copy / record.mask)
    for changed in changed_masks(out, manifest, cuts):
        write_atomically(copy / changed.record.mask, changed.png, durable=False)
    save(replace(manifest, proof=None), copy)
