"""What belongs to a photo that is called otherwise now goes along: its mask, cut-outs, preview and record."""

from dataclasses import replace
from pathlib import Path

from underside.disks import rename
from underside.errors import UnfitNameError
from underside.files import make_folder, sha256_if_there, writing
from underside.manifest import ShotRecord
from underside.masks import CUTOUTS, mask_name
from underside.preview import preview_path
from underside.promises import Promises
from underside.shotwork.record import with_cutout_of

__all__ = ["is_a_persons", "take_along"]


def take_along(
    record: ShotRecord,
    photo: str,
    pass_name: str,
    before: Path,
    after: Path,
    *,
    there: ShotRecord | None,
    promises: Promises,
) -> ShotRecord | None:
    """Move what belongs to a record's photo, within an output folder or to another: it is called ``photo`` now.

    ``there`` is what is known of the photo that was called so before, and ``promises`` are those of ``after``: what we
    have made for that one gives way, what a person has changed does not. None where nothing has gone along. Whatever
    stops it in between: the same again goes on where it was.
    """
    renamed = _called(record, photo, pass_name)
    mask, target = before / record.mask, after / renamed.mask
    try:
        found = sha256_if_there(target)
    except (OSError, UnfitNameError):  # it is met, and told of, when the photo's turn comes
        return None
    if found is not None:
        if mask.is_file():
            gives_way = _is_ours(found, photo, there, promises)
        else:  # gone along before, or lost
            gives_way = found in (record.mask_sha256, record.next_sha256, record.hand_sha256)
        if not gives_way:
            return None
    cutouts = [(before / old, after / new) for old, new in zip(_cutouts(record), _cutouts(renamed), strict=True)]
    if not any(path.is_file() for path in (mask, target, *(old for old, _ in cutouts))):
        return None
    # The mask is last: while it lies in its old place, the next run knows that there is something left to move.
    for old, new in cutouts:
        if not is_a_persons(new, photo, there, promises):
            _rename(old, new)
    _rename(preview_path(before, record.photo), preview_path(after, photo))
    _rename(mask, target)
    if renamed.cutout and (before / record.cutout).is_file():  # another one is in its way
        renamed = with_cutout_of(renamed, ShotRecord(renamed.photo, renamed.pass_name, renamed.state))
    others = there.cutouts_written if there is not None else {}
    return replace(renamed, cutouts_before={**others, **renamed.cutouts_before})


def is_a_persons(path: Path, photo: str, record: ShotRecord | None, promises: Promises) -> bool:
    """Whether a photo's mask or cut-out is there and is another one than we have written."""
    try:
        found = sha256_if_there(path)
    except (OSError, UnfitNameError):  # it cannot be read just now, and is left alone
        return True
    return found is not None and not _is_ours(found, photo, record, promises)


def _is_ours(sha256: str, photo: str, record: ShotRecord | None, promises: Promises) -> bool:
    ours = (record.mask_sha256, record.next_sha256, *record.cutouts_written.values()) if record is not None else ()
    return sha256 in ours or promises.is_ours(photo, sha256)


def _called(record: ShotRecord, photo: str, pass_name: str) -> ShotRecord:
    def cutout_name(cutout: str) -> str:
        # The photo's name, and perhaps a suffix for another container.
        return cutout and f"{CUTOUTS}/{photo}{cutout.removeprefix(f'{CUTOUTS}/{record.photo}')}"

    return replace(
        record,
        photo=photo,
        pass_name=pass_name,
        mask=mask_name(photo),
        cutout=cutout_name(record.cutout),
        cutouts_before={cutout_name(name): sha256 for name, sha256 in record.cutouts_before.items()},
    )


def _cutouts(record: ShotRecord) -> list[str]:
    return list(record.cutouts_written)


def _rename(source: Path, target: Path) -> None:
    if source != target and source.is_file():
        with writing(target):
            make_folder(target.parent)
            rename(source, target)
