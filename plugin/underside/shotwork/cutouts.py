"""The cut-outs of a capture's shots: made once for each mask, named so that no two meet."""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath

from underside.capture import Shot
from underside.cutout import CutoutOptions, CutoutWorkers
from underside.errors import PhotoError
from underside.files import sha256_of, writing
from underside.manifest import ShotRecord
from underside.masker import REVISION
from underside.masks import CUTOUTS
from underside.photo import Photo
from underside.promises import Promises
from underside.shotwork.engine_facts import fingerprint
from underside.shotwork.record import with_cutout_of
from underside.shotwork.results import Mask, Results

__all__ = ["Cutouts"]

_SAME_KIND = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif"}


@dataclass(frozen=True)
class Cutouts:
    """Makes cut-outs in one way, for any shot."""

    results: Results
    options: CutoutOptions
    workers: CutoutWorkers
    names: frozenset[str]
    """The names of all the capture's shots."""
    promises: Promises
    force: bool
    """Make cut-outs again that are there."""
    force_edited: bool
    """Write over those that a person has changed."""

    def is_current(self, record: ShotRecord, mask_sha256: str) -> bool:
        """Whether the shot's cut-out is there, and was made in this way with this mask."""
        if record.cutout_fingerprint != self._fingerprint(mask_sha256):
            return False
        found = self.results.out / record.cutout
        return found.is_file() and not (self.force_edited and sha256_of(found) != record.cutout_sha256)

    def add(self, shot: Shot, photo: Photo, mask: Mask, record: ShotRecord, before: ShotRecord | None) -> ShotRecord:
        """``record`` with the shot's cut-out: that of ``before``, an earlier run, if it still holds, or a new one."""
        mask_sha256 = self.results.mask_sha256(shot) or ""
        same_photo = before is not None and before.sha256 == photo.sha256
        if before is not None and same_photo and not self.force and self.is_current(before, mask_sha256):
            return with_cutout_of(record, before)
        with writing(self.results.out / CUTOUTS / shot.name):  # in memory first, where limits hold too
            cutout = self.workers.make(photo, mask, self.options)
        name = _cutout_name(shot.name, cutout.suffix)
        if name != shot.name and name in self.names:
            raise PhotoError(f"Its cut-out would be called {name}, like that of another photo", "Rename one of the two")
        sha256 = hashlib.sha256(cutout.data).hexdigest()
        written = record.cutouts_written.get(f"{CUTOUTS}/{name}", sha256)
        if not self.force_edited and self._is_by_hand(shot, name, (sha256, written)):
            return replace(
                record,
                cutout=f"{CUTOUTS}/{name}",
                cutout_sha256=written,
                cutout_fingerprint=self._fingerprint(mask_sha256),
                cutout_mask_sha256=mask_sha256,
                cutout_by_hand=True,
                crop=(before or record).crop,
            )
        self.promises.make(shot.name, sha256)
        return replace(
            record,
            cutout=self.results.write_cutout(name, cutout.data),
            cutout_sha256=sha256,
            cutout_fingerprint=self._fingerprint(mask_sha256),
            cutout_mask_sha256=mask_sha256,
            cutout_by_hand=False,
            crop=cutout.crop,
            notes=tuple(dict.fromkeys((*record.notes, *cutout.notes))),
        )

    def _is_by_hand(self, shot: Shot, name: str, known: Collection[str]) -> bool:
        found = self.results.cutout_sha256(name)
        return found is not None and found not in known and not self.promises.is_ours(shot.name, found)

    def _fingerprint(self, mask_sha256: str) -> str:
        return fingerprint({**asdict(self.options), "mask": mask_sha256, "revision": REVISION})


def _cutout_name(photo: str, suffix: str) -> str:
    """The photo's own name where the container stays; otherwise the new suffix comes behind the whole name."""
    kind = PurePosixPath(photo).suffix.lower()
    return photo if _SAME_KIND.get(kind, kind) == suffix else photo + suffix
