"""What a run beside a watch has come to, told to its journal: a status is of the masks that there are."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from underside.errors import UndersideError
from underside.flip import in_short
from underside.journal import NO_SHOTS, Journal, Stage, journal_path
from underside.manifest import Manifest, ShotRecord, State
from underside.watch.intake import mask_stamp
from underside.watch.lock import held_by
from underside.watch.places import name_in_capture
from underside.watch.results import is_of

__all__ = ["tell_the_journal"]


def tell_the_journal(manifest: Manifest, out: Path) -> None:
    """Where ``out`` is a capture's folder in the output of a watch; a watch that runs sees to its shots itself."""
    path = journal_path(out.parent)
    if not path.is_file():
        return
    with suppress(UndersideError), Journal(path) as journal:  # in need of mending, which the next watch does, and says
        was_complete = out.name in journal.complete_captures()
        if held_by(out.parent) is None and _enter(journal, manifest, out) and was_complete:
            journal.set_complete(out.name, complete=False)  # the next watch lays the new masks out, and hands them over
        if was_complete:
            proof = manifest.proof
            journal.set_proof(out.name, proof.answer if proof else "", in_short(proof) if proof else "")
        journal.commit()


def _enter(journal: Journal, manifest: Manifest, out: Path) -> bool:
    """Whether some mask is another one than the journal knew."""
    records: Mapping[str, ShotRecord] = {record.photo: record for record in manifest.shots}
    changed = False
    for entry in list(journal.of_capture(out.name)):
        record = records.get(name_in_capture(entry.photo, entry.capture))
        if record is None or record.state is State.FAILED or entry.stage in NO_SHOTS or not is_of(record, entry):
            continue
        stage = Stage.BY_HAND if record.state is State.BY_HAND else Stage.DONE
        stamp = mask_stamp(out.parent, entry.capture, entry.photo)
        changed |= stamp != entry.mask_stamp
        journal.has_mask(entry.photo, stage=stage, sha256=record.sha256, mask_stamp=stamp, verdict=record.verdict)
    return changed
