"""The mask of one shot: made now, kept from an earlier run, or taken as a person has left it."""

import hashlib
from dataclasses import dataclass, replace

from underside.capture import Shot
from underside.ladder import Ladder
from underside.manifest import ShotRecord, State
from underside.masker import Masked
from underside.photo import Photo, decode
from underside.png import encode_png
from underside.preview import reduction
from underside.promises import Promises
from underside.shotwork.record import judged_as, record_of, with_mask, with_silhouette, with_verdict
from underside.shotwork.results import Mask, Results
from underside.survey import Seen
from underside.verdict import Signs, judge

__all__ = ["MaskOfShot", "Masking"]

_OF_ANOTHER_PHOTO = "Its photo has changed since this mask was changed by hand: check that it still fits"


@dataclass(frozen=True)
class MaskOfShot:
    """The mask that lies in the output folder now, and its record."""

    record: ShotRecord
    mask: Mask
    made: tuple[Masked, Signs] | None = None
    """What was seen on the way, where the mask was made just now."""


@dataclass(frozen=True)
class Masking:
    """Masks photos in one way, for any shot."""

    results: Results
    ladder: Ladder
    fingerprint: str
    """Fingerprint of everything that determines the mask's bytes."""
    promises: Promises
    force: bool
    """Make masks again that are there."""
    force_edited: bool
    """Write over masks that a person has changed."""

    def mask(
        self, shot: Shot, photo: Photo, before: ShotRecord | None, learnt_from: str, seen: Seen | None
    ) -> MaskOfShot:
        """See that the shot has its mask; ``before`` is what an earlier run says of it."""
        number = seen.position_number if seen else -1
        record = replace(record_of(shot, photo), learnt_from=learnt_from, position_number=number)
        on_disk = None if self.force_edited else self.results.mask_sha256(shot)
        written = before.mask_sha256 if before is not None else ""
        if before is not None and on_disk == written and self._holds(before, photo, learnt_from):
            return self._kept(shot, photo, record, before)
        masked = self.ladder.masker.mask_photo(photo, seen)
        png = encode_png(masked.mask)
        sha256 = hashlib.sha256(png).hexdigest()
        # A run that was killed may have written the mask, but not said so in the manifest.
        ours = (None, written, sha256, before.next_sha256 if before is not None else "")
        if on_disk not in ours and not self.promises.is_ours(shot.name, str(on_disk)):
            record = replace(record, hand_photo_sha256=_seen_by_the_hand(before, str(on_disk)) or photo.sha256)
            return self._by_hand(shot, photo, record, written=written or sha256, found=str(on_disk))
        self.results.write_preview(shot, photo, masked.look.pixels, masked.mask)
        self.promises.make(shot.name, sha256)
        self.results.write_mask(shot, png)
        signs = self.ladder.signs(masked, masked.found, masked.mask)
        record = with_verdict(with_silhouette(record, masked.mask), judge(signs, None))
        record = with_mask(record, masked.mask, sha256=sha256, fingerprint=self.fingerprint)
        return MaskOfShot(record, masked.mask, (masked, signs))

    def _holds(self, before: ShotRecord, photo: Photo, learnt_from: str) -> bool:
        """Whether the earlier run would make the same mask now."""
        now = (self.fingerprint, learnt_from, photo.sha256)
        return (before.fingerprint, before.learnt_from, before.sha256) == now and not self.force

    def _kept(self, shot: Shot, photo: Photo, record: ShotRecord, before: ShotRecord) -> MaskOfShot:
        mask = self.results.read_mask(shot, photo)
        record = judged_as(record, before)
        return MaskOfShot(with_mask(record, mask, sha256=before.mask_sha256, fingerprint=before.fingerprint), mask)

    def _by_hand(self, shot: Shot, photo: Photo, record: ShotRecord, *, written: str, found: str) -> MaskOfShot:
        mask = self.results.read_mask(shot, photo)
        pixels = decode(photo, reduce=reduction(photo.width, photo.height))
        self.results.write_preview(shot, photo, pixels, mask)
        record = with_mask(with_silhouette(record, mask), mask, sha256=written, fingerprint="")
        record = replace(record, state=State.BY_HAND, hand_sha256=found)
        if record.is_for_another_photo:
            record = replace(record, notes=(*record.notes, _OF_ANOTHER_PHOTO))
        return MaskOfShot(record, mask)


def _seen_by_the_hand(before: ShotRecord | None, found: str) -> str:
    """The hash of the photo for which a person changed the mask: the last one known here, unless it is told already."""
    if before is None:
        return ""
    told = before.hand_photo_sha256 if before.hand_sha256 == found else ""
    return told or before.sha256
