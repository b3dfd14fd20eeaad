"""A photo that is called otherwise now, or lies in a pass that is, keeps what a person has changed of its results."""

from dataclasses import replace
from pathlib import Path

from underside.capture import Capture, natural_order
from underside.disks import may_be_there
from underside.files import Stamp
from underside.manifest import ShotRecord, load, save
from underside.promises import Promises
from underside.shotwork.along import is_a_persons, take_along
from underside.survey.grouping import file_digest

__all__ = ["take_hands_work_along"]


def take_hands_work_along(capture: Capture, out: Path, promises: Promises) -> None:
    """Move masks and cut-outs of a hand to where those of their photos lie now, before any is made there.

    Where a person has changed none of a photo's, they are made anew; whose photo is gone altogether, stays where it is.
    """
    manifest = load(out)
    if manifest is None:
        return
    left = {record.sha256: record for record in manifest.shots if _is_left(record, capture, out, promises)}
    sizes = {record.size for record in left.values()}
    known = {record.photo: record for record in manifest.shots}
    for shot in capture.shots if left else ():
        there = known.get(shot.name)
        if there is not None and there.is_of(shot.path):
            continue
        try:
            stamp = Stamp.of(shot.path.stat())
            record = left.get(file_digest(shot.path)) if stamp.size in sizes else None
        except OSError:  # it will be reported when the shot is masked
            continue
        if record is None:
            continue
        renamed = take_along(record, shot.name, shot.pass_name, out, out, there=there, promises=promises)
        if renamed is not None:
            del left[record.sha256], known[record.photo]
            known[shot.name] = replace(renamed, mtime_ns=stamp.mtime_ns, ctime_ns=stamp.ctime_ns)
    shots = tuple(sorted(known.values(), key=lambda record: natural_order(Path(record.photo))))
    if shots != manifest.shots:
        save(replace(manifest, shots=shots), out)


def _is_left(record: ShotRecord, capture: Capture, out: Path, promises: Promises) -> bool:
    """Whether the photo is not under its name any more, and a person has changed something that was made of it."""
    # Of a photo that failed, the record tells what it was before: nothing, where it never was a photo.
    if not record.sha256 or may_be_there(capture.folder / record.photo):
        return False
    made = (record.mask, *record.cutouts_written)
    return any(is_a_persons(out / name, record.photo, record, promises) for name in made)
