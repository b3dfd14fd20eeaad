"""What the record of a shot says, learnt from its photo, its mask, its verdict and its cut-out."""

from dataclasses import astuple, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.manifest import ShotRecord, State
from underside.masks import mask_name
from underside.metadata import missing_camera_facts, picture_sha256
from underside.photo import Photo
from underside.ring import silhouette_of_mask
from underside.verdict import Verdict

__all__ = ["judged_alone", "judged_as", "record_of", "with_cutout_of", "with_mask", "with_silhouette", "with_verdict"]

_NO_OBJECT = "No object was found: the mask is empty"


def record_of(shot: Shot, photo: Photo) -> ShotRecord:
    """What is known before there is a mask."""
    return ShotRecord(
        photo=shot.name,
        pass_name=shot.pass_name,
        state=State.MASKED,
        sha256=photo.sha256,
        picture_sha256=picture_sha256(photo),
        size=photo.stamp.size,
        mtime_ns=photo.stamp.mtime_ns,
        ctime_ns=photo.stamp.ctime_ns,
        width=photo.width,
        height=photo.height,
        orientation=photo.orientation,
        mask=mask_name(shot.name),
        companions=shot.companions,
        lacks=tuple(missing_camera_facts(photo)),
        notes=photo.notes,
    )


def with_mask(record: ShotRecord, mask: NDArray[np.uint8], *, sha256: str, fingerprint: str) -> ShotRecord:
    """The record with what the mask itself shows: where the object is, and how much of the photo."""
    left, top, width, height = cv2.boundingRect(mask)
    empty = width == 0
    return replace(
        record,
        mask_sha256=sha256,
        fingerprint=fingerprint,
        box=None if empty else (left, top, left + width, top + height),
        area=round(cv2.countNonZero(mask) / mask.size, 6),
        notes=tuple(note for note in record.notes if note != _NO_OBJECT) + (_NO_OBJECT,) * empty,
    )


def with_silhouette(record: ShotRecord, mask: NDArray[np.uint8]) -> ShotRecord:
    """The record with the mask's outline, by which neighbours are compared."""
    return replace(record, silhouette=astuple(silhouette_of_mask(mask, record.orientation)))


def with_verdict(record: ShotRecord, verdict: Verdict) -> ShotRecord:
    """The record with what the verdict says."""
    return replace(
        record,
        verdict=verdict.grade.value,
        doubt=round(verdict.doubt, 4),
        terms=_terms(verdict),
        reasons=verdict.reasons,
    )


def _terms(verdict: Verdict) -> dict[str, float]:
    values = {name: getattr(verdict, name) for name in ("residue", "edges", "completeness", "ring")}
    return {name: round(value, 3) for name, value in values.items() if value is not None}


def judged_alone(record: ShotRecord, verdict: Verdict) -> ShotRecord:
    """The record of a mask whose verdict asks for nothing more."""
    return replace(with_verdict(record, verdict), judged=True)


def judged_as(record: ShotRecord, before: ShotRecord) -> ShotRecord:
    """The record with what an earlier run found out about the same mask."""
    names = ("verdict", "doubt", "terms", "reasons", "silhouette", "steps", "agreement", "judged")
    notes = (*record.notes, *before.said_of_repairs)
    return replace(record, notes=notes, **{name: getattr(before, name) for name in names})


def with_cutout_of(record: ShotRecord, before: ShotRecord) -> ShotRecord:
    """The record with the cut-out of an earlier run."""
    return replace(
        record,
        cutout=before.cutout,
        cutout_sha256=before.cutout_sha256,
        cutout_fingerprint=before.cutout_fingerprint,
        cutout_mask_sha256=before.cutout_mask_sha256,
        cutout_by_hand=before.cutout_by_hand,
        crop=before.crop,
    )
