"""Put masks right that disagree with all others: only from a true join, never over a person's hand."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import SettingsError
from underside.files import sha256_of, write_atomically
from underside.flip.agreement import Agreement, Disagreement
from underside.flip.prove import Proof
from underside.manifest import MANIFEST_NAME, Manifest, ShotRecord, State, Step, load, save
from underside.masks import read_mask
from underside.photo import decode, open_photo, to_srgb, turn_upright
from underside.png import encode_png
from underside.preview import draw_preview, preview_path, shrink
from underside.refine import refine

__all__ = ["Repaired", "cut_off", "is_put_right", "repair", "repaired_masks"]

Bytes = NDArray[np.uint8]

# Grid pixels over which the new outline is left to the photo.
_SOFTNESS = 1.5
_AROUND = 3
_NOTE = "Put right by what the other shots show"
_CUT_NOTE = "The platter was cut off"
_STEP = "what the other shots show"


@dataclass(frozen=True)
class Repaired:
    """One mask that was written anew."""

    disagreement: Disagreement
    area_before: float
    area_after: float
    """Shares of the photo."""


def is_put_right(record: ShotRecord) -> bool:
    """Whether a shot's mask is as a repair left it."""
    return any(step.name == _STEP for step in record.steps)


def repair(
    out: Path, proof: Proof, *, tell: Callable[[str], None] = lambda _: None, stop: threading.Event | None = None
) -> list[Repaired]:
    """Write the masks anew that disagree; each as it was but for what all others want changed.

    ``stop`` ends it after the mask in work: what is written then, the manifest knows.
    """
    if not proof.joined:
        raise SettingsError(
            "The passes are not truly joined, and masks must not be repaired from a false join",
            "See what speaks against it, mend that, and prove again",
        )
    return _write(out, proof.agreement, _NOTE, tell, stop)


def cut_off(out: Path, cuts: Sequence[Agreement], *, tell: Callable[[str], None] = lambda _: None) -> list[Repaired]:
    """Write masks without the platter that they kept."""
    return _write(out, cuts, _CUT_NOTE, tell, None)


def repaired_masks(
    out: Path, manifest: Manifest, agreements: Sequence[Agreement]
) -> Iterator[tuple[Agreement, ShotRecord, Bytes]]:
    """The masks that are to be written, none of them over a person's hand."""
    for each in agreements:
        for record in _repairable(each, manifest, out):
            yield each, record, _new_mask(each)


def _write(
    out: Path,
    agreements: Sequence[Agreement],
    note: str,
    tell: Callable[[str], None],
    stop: threading.Event | None,
) -> list[Repaired]:
    manifest = load(out)
    if manifest is None:
        raise SettingsError(f"There is no {MANIFEST_NAME} in {out} any more", "Run underside mask again")
    tell("Repairing masks")
    renewed = []
    for one in repaired_masks(out, manifest, agreements):
        if _is_set(stop):
            break
        renewed.append(one)
    records = {record.photo: _announced(record, mask) for _, record, mask in renewed}
    # Should this run be killed on the way, the next one must not take our masks for a person's.
    save(_with(manifest, records), out)
    done: list[Repaired] = []
    for each, record, mask in renewed:
        path = out / record.mask
        if _is_set(stop) or sha256_of(path) != record.mask_sha256:  # changed by hand just now
            records[record.photo] = record
            continue
        write_atomically(path, encode_png(mask))
        _write_preview(each, record, mask, out)
        disagreement = each.disagreement
        assert disagreement is not None
        records[record.photo] = _written(records[record.photo], mask, disagreement, note)
        done.append(Repaired(disagreement, record.area, records[record.photo].area))
    save(_with(manifest, records), out)
    return done


def _is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


def _repairable(agreement: Agreement, manifest: Manifest, out: Path) -> Iterator[ShotRecord]:
    record = manifest.of_photo(agreement.own.place.shot.name)
    if record is None or record.state is not State.MASKED or agreement.disagreement is None:
        return
    if sha256_of(out / record.mask) == record.mask_sha256:
        yield record


def _new_mask(agreement: Agreement) -> Bytes:
    """The old mask, and in and around what changes the new outline, drawn by the photo."""
    shot = agreement.own.place.shot
    old = read_mask(shot.mask, width=shot.width, height=shot.height)
    left, top, right, bottom = agreement.wanted.box
    matte = cv2.GaussianBlur(agreement.wanted.mask, (0, 0), _SOFTNESS).astype(np.float32) / np.float32(255)
    photo = open_photo(shot.photo)
    drawn = refine(matte, agreement.wanted.box, decode(photo), (shot.width, shot.height))
    reach = 2 * _AROUND + 1
    around = cv2.dilate(agreement.changed.astype(np.uint8), np.ones((reach, reach), np.uint8))
    changes = cv2.resize(around, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST) > 0
    new = old.copy()
    new[top:bottom, left:right] = np.where(changes, drawn[top:bottom, left:right], old[top:bottom, left:right])
    return new


def _announced(record: ShotRecord, mask: Bytes) -> ShotRecord:
    return replace(record, next_sha256=hashlib.sha256(encode_png(mask)).hexdigest())


def _written(record: ShotRecord, mask: Bytes, disagreement: Disagreement, why: str) -> ShotRecord:
    """The same fingerprint as before: for ``underside mask`` the shot is finished, and stays as it is."""
    left, top, width, height = cv2.boundingRect(mask)
    note = f"{why}: the mask made at first {disagreement.in_words}"
    step = Step(_STEP, doubt=None, taken=True, change=round(disagreement.kept + disagreement.lost, 4))
    return replace(
        record,
        mask_sha256=record.next_sha256,
        next_sha256="",
        box=(left, top, left + width, top + height) if width else None,
        area=round(cv2.countNonZero(mask) / mask.size, 6),
        steps=(*(each for each in record.steps if each.name != _STEP), step),
        notes=(*(each for each in record.notes if not each.startswith(why)), note),
    )


def _with(manifest: Manifest, records: dict[str, ShotRecord]) -> Manifest:
    return replace(manifest, shots=tuple(records.get(shot.photo, shot) for shot in manifest.shots))


def _write_preview(agreement: Agreement, record: ShotRecord, mask: Bytes, out: Path) -> None:
    photo = open_photo(agreement.own.place.shot.photo)
    picture = turn_upright(to_srgb(shrink(decode(photo, reduce=4)), photo.icc), photo.orientation)
    outline = turn_upright(shrink(mask), photo.orientation)
    write_atomically(preview_path(out, record.photo), draw_preview(picture, outline), durable=False)
