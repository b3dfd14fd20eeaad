"""A photo that is called otherwise now, or lies in a pass that is, keeps the mask that a person has changed."""

from pathlib import Path

from underside.capture import Capture
from underside.files import make_folder, sha256_of, writing
from underside.kept_rings import content_of_file
from underside.manifest import ShotRecord, State, load
from underside.masks import mask_name
from underside.promises import Promises

__all__ = ["take_hands_work_along"]


def take_hands_work_along(capture: Capture, out: Path, promises: Promises) -> None:
    """Move masks of a hand to where those of their photos lie now, before any is made there.

    Masks of ours are made anew; whose photo is gone altogether, stays where it is.
    """
    manifest = load(out)
    if manifest is None:
        return
    left = {record.sha256: record for record in manifest.shots if _is_left(record, capture, out, promises)}
    sizes = {record.size for record in left.values()}
    for shot in capture.shots:
        target = out / mask_name(shot.name)
        if not left or manifest.of_photo(shot.name) is not None or target.exists():
            continue
        if shot.path.is_file() and shot.path.stat().st_size in sizes:
            record = left.pop(content_of_file(shot.path), None)
            if record is not None:
                with writing(target):
                    make_folder(target.parent)
                    (out / record.mask).rename(target)


def _is_left(record: ShotRecord, capture: Capture, out: Path, promises: Promises) -> bool:
    """Whether the photo is not under its name any more, and its mask is a person's."""
    mask = out / record.mask
    if record.state is State.FAILED or (capture.folder / record.photo).exists() or not mask.is_file():
        return False
    sha256 = sha256_of(mask)
    return sha256 not in (record.mask_sha256, record.next_sha256) and not promises.is_ours(record.photo, sha256)
