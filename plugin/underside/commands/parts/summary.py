"""What a person is told at the end of a run."""

from collections.abc import Iterator, Sequence

from underside.capture.left_alone import left_alone
from underside.counted import counted
from underside.engine import Result
from underside.flip import in_short
from underside.manifest import ShotRecord, State, verdicts
from underside.masks import CUTOUTS
from underside.verdict import Grade

__all__ = ["summary"]

# So many shots are named at the end; the contact sheet shows all.
_POOR_TOLD = 8


def summary(result: Result, *, reasons: bool = True) -> Iterator[str]:
    """What a person must know at the end, line by line; without ``reasons``, the shots set aside were named before."""
    outcome = result.outcome
    rate = f", {outcome.masked / outcome.seconds:.1f} per second" if outcome.masked else ""
    yield f"{counted(outcome.masked, 'shot')} masked in {outcome.seconds:.1f} s{rate}"
    if outcome.kept:
        yield f"{counted(len(outcome.kept), 'shot')} already done, left as they are"
    if outcome.cut_out:
        yield f"{counted(outcome.cut_out, 'cut-out')} made from existing masks"
    by_hand = sum(shot.state is State.BY_HAND for shot in outcome.manifest.shots)
    if by_hand:
        yield f"{counted(by_hand, 'mask')} changed by hand, kept (--force-edited overwrites them)"
    cutouts = sum(shot.cutout_by_hand for shot in outcome.manifest.shots)
    if cutouts:
        yield f"{counted(cutouts, 'cut-out')} changed by hand, kept (--force-edited overwrites them)"
    if result.capture.plates:
        yield f"{counted(len(result.capture.plates), 'plate')} left alone (the empty platter)"
    if result.capture.left_out:
        yield f"{counted(len(result.capture.left_out), 'file')} left out: masks of the photos beside them"
    yield from left_alone(result.capture)
    yield from _trust(outcome.manifest.shots)
    yield from _one_object(result)
    for warning in outcome.manifest.warnings:
        yield f"Warning: {warning}"
    if outcome.unreached:
        yield f"{counted(outcome.unreached, 'shot')} not reached: the same command continues with them"
    if outcome.failed:
        yield f"{counted(len(outcome.failed), 'shot')} set aside{':' if reasons else ', as reported above'}"
        yield from (f"  {shot.reason}" for shot in outcome.failed if reasons)
    yield f"Masks: {result.masks}"
    if any(shot.cutout for shot in outcome.manifest.shots):
        yield f"Cut-outs: {result.masks.with_name(CUTOUTS)}"
    out = result.masks.parent
    old = [shot for shot in outcome.manifest.shots if shot.has_old_cutout]
    old = [shot for shot in old if any((out / name).is_file() for name in shot.cutouts_written)]
    if old:
        yield f"{counted(len(old), 'cut-out')} made with earlier masks: add --cutout to have them made again"
    yield f"Contact sheet: {result.report}"
    for layout in result.laid_out.layouts:
        yield f"Laid out for {layout.name}: {layout.folder}"
        yield from (f"  {note}" for note in layout.notes)


def _one_object(result: Result) -> Iterator[str]:
    joined = result.joined
    if joined is not None and joined.proof is not None:
        yield f"Passes: {in_short(joined.proof)}"
        yield from (f"  {note}" for note in joined.proof.notes)
    elif joined is not None and joined.why_not:
        yield f"Passes: {joined.why_not}"
    elif result.interrupted and not result.outcome.unreached:
        yield "The passes are not proven yet: the same command will do that"


def _trust(shots: Sequence[ShotRecord]) -> Iterator[str]:
    counts = verdicts(shots)
    if not counts:
        return
    yield "Verdicts: " + ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    poor = sorted((shot for shot in shots if shot.verdict == Grade.INSUFFICIENT), key=lambda shot: -shot.doubt)
    if poor:
        yield f"Look at {'this one' if len(poor) == 1 else 'these'} yourself:"
        yield from (f"  {shot.photo}: {'; '.join(shot.reasons)}{_since(shot)}" for shot in poor[:_POOR_TOLD])
    if len(poor) > _POOR_TOLD:
        yield f"  and {len(poor) - _POOR_TOLD} more, first in the contact sheet"


def _since(shot: ShotRecord) -> str:
    return "; since put right by what the other shots show" if shot.is_put_right else ""
