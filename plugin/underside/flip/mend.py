"""What ``--repair`` does: cut off a kept platter where it made the join false, and put right what disagrees."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from underside.files import write_atomically
from underside.flip.agreement import Agreement
from underside.flip.features import find_features
from underside.flip.mapping import build_models
from underside.flip.platter import cut_at_platter
from underside.flip.prove import Proof, prove
from underside.flip.repair import Repaired, cut_off, repair, repaired_masks
from underside.flip.sources import FlipShot, read_sources
from underside.manifest import Manifest, load, save
from underside.png import encode_png

__all__ = ["Mended", "mend"]

# What a platter does that the masks keep: it places the second pass as if it had never been turned over, or some
# shots of it, or sets it apart.
_OF_PLATTERS = {"never turned", "pass missing", "scattered", "disputed", "alike", "strays"}


@dataclass(frozen=True)
class Mended:
    """What came of proving and repairing."""

    first: Proof
    """Of the masks as they were."""
    proof: Proof
    """The last, upon which masks were put right; the same as the first where no platter was cut off."""
    cut: tuple[Repaired, ...]
    """Masks that lost a platter."""
    repaired: tuple[Repaired, ...]
    in_vain: bool = False
    """A platter was found in the masks, but without it the passes do not truly join either: nothing was cut."""


def mend(out: Path, *, tell: Callable[[str], None] = lambda _: None) -> Mended:
    """Prove, and repair the masks as far as the proof reaches: never across passes that are not truly joined."""
    first = prove(out, tell=tell)
    if first.joined or not {finding.kind for finding in first.answer.findings} & _OF_PLATTERS:
        repaired = repair(out, first, tell=tell) if first.joined else []
        return Mended(first, first, (), tuple(repaired))
    tell("Looking for a platter in the masks, pass by pass")
    cuts = _cuts(out)
    if not cuts:
        return Mended(first, first, (), ())
    with tempfile.TemporaryDirectory(prefix="underside-cut-") as trial:
        # Tried on a copy: should the passes not join without the platter, the masks stay as they are.
        _copy_masks(out, Path(trial), cuts)
        tell(f"Proving again, without the platter in {len(cuts)} masks")
        second = prove(Path(trial), tell=tell)
        if not second.joined:
            return Mended(first, first, (), (), in_vain=True)
        cut = cut_off(out, cuts, tell=tell)
        return Mended(first, second, tuple(cut), tuple(repair(out, second, tell=tell)))


def _cuts(out: Path) -> list[Agreement]:
    """Masks without the platter, as each pass by itself shows it."""
    shots = read_sources(out).shots
    passes: dict[str, list[FlipShot]] = {}
    for shot in shots:
        passes.setdefault(shot.pass_name, []).append(shot)
    cuts: list[Agreement] = []
    for own in passes.values():
        models, _ = build_models(own, list(find_features(own)))
        if models:
            cuts += cut_at_platter(models[0])
    return cuts


def _copy_masks(out: Path, trial: Path, cuts: list[Agreement]) -> None:
    manifest = load(out)
    assert manifest is not None
    for record in manifest.shots:
        if (out / record.mask).is_file():
            (trial / record.mask).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(out / record.mask, trial / record.mask)
    for _, record, mask in repaired_masks(out, manifest, cuts):
        write_atomically(trial / record.mask, encode_png(mask), durable=False)
    save(Manifest(manifest.capture, {}, manifest.shots), trial)
