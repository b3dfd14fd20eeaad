"""Rewrite masks by what all shots together show: only from a true join, never over a person's edit."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import SettingsError
from underside.files import sha256_of, write_atomically
from underside.flip.agreement.agree import Correction, Disagreement
from underside.flip.prove import Proof
from underside.manifest import (
    BY_OTHERS,
    CUT_OFF,
    MANIFEST_NAME,
    PUT_RIGHT,
    Manifest,
    ShotRecord,
    State,
    Step,
    load,
    save,
)
from underside.masks import read_mask
from underside.photo import decode, open_known, to_srgb, turn_upright
from underside.png import encode_png
from underside.preview import draw_preview, preview_path, reduction, shrink
from underside.refine import refine
from underside.shotwork.record import with_mask

__all__ = ["ChangedMask", "Repaired", "changed_masks", "cut_off", "repair", "take_up", "take_up_repairs"]

Bytes = NDArray[np.uint8]

_SOFTNESS = 1.5
"""Grid pixels over which the new outline is left to the photo: the cells that vote are about so large."""
_AROUND = 3
"""Grid pixels around a change that are redrawn with it, so that old and new outline meet."""


@dataclass(frozen=True)
class Repaired:
    """One mask that was rewritten."""

    correction: Correction
    """What was wrong with the mask as it was before."""
    disagreement: Disagreement
    area_before: float
    area_after: float
    """Shares of the photo."""

    @property
    def photo(self) -> str:
        """By its name in the manifest."""
        return self.disagreement.photo

    def after(self, earlier: "Repaired | None") -> "Repaired":
        """Both repairs as one, if the mask was rewritten before."""
        return replace(earlier, area_after=self.area_after) if earlier else self


@dataclass(frozen=True)
class ChangedMask:
    """A mask that is to be written, held as its file will be: many of them may wait."""

    correction: Correction
    disagreement: Disagreement
    record: ShotRecord
    """The record of the mask as it is now."""
    png: bytes


def repair(
    out: Path,
    proof: Proof,
    *,
    tell: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> list[Repaired]:
    """Rewrite the masks that disagree; each stays as it was except for what all others want changed.

    ``stop`` ends it after the mask in work: what is written then, the manifest knows.
    """
    if not proof.joined:
        raise SettingsError(
            "The passes are not truly joined, and masks must not be repaired from a false join",
            "See what speaks against it, fix that, and prove again",
        )
    tell("Repairing masks")
    return _write(out, proof.corrections, BY_OTHERS, stop or threading.Event())


def cut_off(
    out: Path, cuts: Sequence[Correction], *, tell: Callable[[str], None], stop: threading.Event
) -> list[Repaired]:
    """Write masks without the platter that they kept."""
    tell("Cutting the platter off")
    return _write(out, cuts, CUT_OFF, stop)


def take_up(out: Path) -> None:
    """Take up the masks that an earlier run has written and, cut short, could not say so; without that they would pass
    for changed by hand, and stay half repaired."""
    _take_up(out, lambda shot: bool(shot.next_sha256))


def take_up_repairs(out: Path) -> bool:
    """Take up repairs alone, before masks are made; whether one has got as far as a mask.

    Where other ways to a mask were cut short, it is made again from the start, so that it does not matter when.
    """
    taken_up = _take_up(out, lambda shot: bool(shot.next_sha256) and _begun(shot) is not None)
    return any(shot.is_put_right for shot in taken_up)


def _take_up(out: Path, wanted: Callable[[ShotRecord], bool]) -> Collection[ShotRecord]:
    manifest = load(out)
    records = {shot.photo: _taken_up(shot, out) for shot in manifest.shots if wanted(shot)} if manifest else {}
    if manifest and records:
        save(_with(manifest, records), out)
    return records.values()


def _begun(record: ShotRecord) -> Step | None:
    return next((step for step in record.steps if step.name == PUT_RIGHT and not step.taken), None)


def _taken_up(record: ShotRecord, out: Path) -> ShotRecord:
    path = out / record.mask
    begun = _begun(record)
    if not path.is_file() or sha256_of(path) != record.next_sha256:
        return replace(record, next_sha256="", steps=tuple(step for step in record.steps if step is not begun))
    with suppress(OSError):
        preview_path(out, record.photo).unlink()  # perhaps of the mask before; the contact sheet redraws it
    mask = read_mask(path, width=record.width, height=record.height)
    written = with_mask(record, mask, sha256=record.next_sha256, fingerprint=record.fingerprint)
    note = f"{BY_OTHERS}, by a run that was cut short. The verdict{_of_which(record)} is of the mask made at first"
    return _as_put_right(written, begun, BY_OTHERS, note) if begun else replace(written, next_sha256="")


def changed_masks(out: Path, manifest: Manifest, corrections: Sequence[Correction]) -> Iterator[ChangedMask]:
    """What is to be written where shots disagree, none of it over a person's hand."""
    for each in corrections:
        record, disagreement = manifest.of_photo(each.own.place.shot.name), each.disagreement
        if record is None or disagreement is None or record.state is not State.MASKED:
            continue
        path = out / record.mask
        if sha256_of(path) == record.mask_sha256:
            old = read_mask(path, width=record.width, height=record.height)
            yield ChangedMask(each, disagreement, record, encode_png(_new_mask(old, each)))


def _new_mask(old: Bytes, correction: Correction) -> Bytes:
    """The old mask, and in and around what changes the new outline, drawn by the photo."""
    shot, wanted = correction.own.place.shot, correction.wanted
    left, top, right, bottom = wanted.box
    matte = cv2.GaussianBlur(wanted.mask, (0, 0), _SOFTNESS).astype(np.float32) / np.float32(255)
    drawn = refine(matte, wanted.box, decode(open_known(shot.photo, shot)), (shot.width, shot.height))
    reach = 2 * _AROUND + 1
    around = cv2.dilate(correction.changed.astype(np.uint8), np.ones((reach, reach), np.uint8))
    changes = cv2.resize(around, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST) > 0
    new = old.copy()
    new[top:bottom, left:right] = np.where(changes, drawn[top:bottom, left:right], old[top:bottom, left:right])
    return new


def _write(out: Path, corrections: Sequence[Correction], why: str, stop: threading.Event) -> list[Repaired]:
    manifest = load(out)
    if manifest is None:
        raise SettingsError(f"There is no {MANIFEST_NAME} in {out} any more", "Run underside mask again")
    changed: list[ChangedMask] = []
    for one in changed_masks(out, manifest, corrections):
        if stop.is_set():
            return []
        changed.append(one)
    announced = {each.record.photo: _announced(each) for each in changed}
    # Should this run be killed on the way, the next one must not take our masks for a person's.
    save(_with(manifest, announced), out)
    records, done = dict[str, ShotRecord](), list[Repaired]()
    for each in changed:
        record, path = each.record, out / each.record.mask
        records[record.photo] = record
        if stop.is_set() or sha256_of(path) != record.mask_sha256:  # changed by hand just now
            continue
        write_atomically(path, each.png)
        mask = read_mask(path, width=record.width, height=record.height)
        _write_preview(each, mask, out)
        records[record.photo] = _written(announced[record.photo], mask, each.disagreement, why)
        done.append(Repaired(each.correction, each.disagreement, record.area, records[record.photo].area))
    save(_with(manifest, records), out)
    return done


def _announced(changed: ChangedMask) -> ShotRecord:
    of_both = round(changed.disagreement.kept + changed.disagreement.lost, 4)
    step = Step(PUT_RIGHT, doubt=None, taken=False, change=of_both)
    sha256 = hashlib.sha256(changed.png).hexdigest()
    return replace(changed.record, next_sha256=sha256, steps=(*changed.record.steps, step))


def _written(announced: ShotRecord, mask: Bytes, disagreement: Disagreement, why: str) -> ShotRecord:
    """The record with the same fingerprint as before: for ``underside mask`` the shot is finished, and stays as it is.

    So does the verdict: judged again by what the network saw, which was wrong here, the better mask would look worse.
    """
    note = f"{why}: the mask made at first {disagreement.in_words}. The verdict{_of_which(announced)} is of that mask"
    written = with_mask(announced, mask, sha256=announced.next_sha256, fingerprint=announced.fingerprint)
    return _as_put_right(written, announced.steps[-1], why, note)


def _as_put_right(record: ShotRecord, begun: Step, why: str, note: str) -> ShotRecord:
    return replace(
        record,
        next_sha256="",
        steps=(*(step for step in record.steps if step.name != PUT_RIGHT), replace(begun, taken=True)),
        notes=record.notes if any(each.startswith(why) for each in record.notes) else (*record.notes, note),
    )


def _of_which(record: ShotRecord) -> str:
    return f" ({record.verdict})" if record.verdict else ""


def _with(manifest: Manifest, records: Mapping[str, ShotRecord]) -> Manifest:
    return replace(manifest, shots=tuple(records.get(shot.photo, shot) for shot in manifest.shots))


def _write_preview(changed: ChangedMask, mask: Bytes, out: Path) -> None:
    photo = open_known(changed.correction.own.place.shot.photo, changed.record)
    pixels = decode(photo, reduce=reduction(photo.width, photo.height))
    picture = turn_upright(to_srgb(shrink(pixels), photo.icc), photo.orientation)
    outline = turn_upright(shrink(mask), photo.orientation)
    write_atomically(preview_path(out, changed.record.photo), draw_preview(picture, outline), durable=False)
