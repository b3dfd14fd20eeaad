"""What came of a photo, entered into the journal: a mask, a failure, or that it is not a shot at all."""

from contextlib import suppress
from pathlib import Path

from underside.files import sha256_of
from underside.journal import Entry, Journal, Stage
from underside.manifest import Manifest, ShotRecord, State
from underside.masks import mask_name
from underside.preview import preview_path
from underside.promises import Promises
from underside.watch.going_through import GoneThrough
from underside.watch.intake import Intake, mask_stamp
from underside.watch.places import name_in_capture

__all__ = ["Results", "is_of", "waits_for_its_own"]


class Results:
    """Keeps the journal in step with the output."""

    def __init__(self, out: Path, journal: Journal, intake: Intake) -> None:
        self._out = out
        self._journal = journal
        self._intake = intake

    def stamp(self, entry: Entry) -> str:
        """Size and time of a photo's mask."""
        return mask_stamp(self._out, entry.capture, entry.photo)

    @staticmethod
    def fits(entry: Entry, record: ShotRecord) -> bool:
        """Whether a record can be entered, or the photo has changed since and starts again.

        One that was set aside has opened after all: starting again with it might set it aside again, and never end.
        """
        return entry.stage is Stage.SET_ASIDE or is_of(record, entry)

    def enter(self, entry: Entry, record: ShotRecord, stage: Stage) -> None:
        """A mask was made, or a better verdict found."""
        if not self.fits(entry, record):
            self._intake.again(entry)
            return
        stamp, verdict = self.stamp(entry), record.verdict
        if (entry.stage, entry.mask_stamp, entry.verdict, entry.reason) != (stage, stamp, verdict, ""):
            self._journal.has_mask(entry.photo, stage=stage, sha256=record.sha256, mask_stamp=stamp, verdict=verdict)

    def enter_all(self, capture: str, done: GoneThrough) -> None:
        """The last word on all photos of a capture that were gone through, until something changes."""
        records = {record.photo: record for record in done.manifest.shots}
        for entry in list(self._journal.of_capture(capture)):
            name = name_in_capture(entry.photo, entry.capture)
            if entry.stage in (Stage.SETTLING, Stage.FAILED) or waits_for_its_own(entry):
                continue
            if name in done.shots:
                self._settle(entry, records[name])
            elif name in done.allowed:
                self._is_no_shot(entry, name, done)

    def _settle(self, entry: Entry, record: ShotRecord) -> None:
        if record.state is not State.FAILED:
            stage = Stage.BY_HAND if record.state is State.BY_HAND else Stage.DONE
            self.enter(entry, record, stage)
        elif entry.stage is not Stage.SET_ASIDE:
            self._intake.failed(entry, record.reason)

    def _is_no_shot(self, entry: Entry, name: str, done: GoneThrough) -> None:
        stage = Stage.COMPANION if name in done.companions else Stage.LEFT_OUT
        stage = Stage.PLATE if name in done.plates else stage
        if entry.stage is stage:
            return
        out = self._out / entry.capture
        # A raw file was masked before its JPEG came; what a person's hand has made of the mask stays.
        if _is_ours(out, name, done.manifest):
            for result in (out / mask_name(name), preview_path(out, name)):
                with suppress(OSError):
                    result.unlink()
        self._journal.change(entry.photo, stage=stage, mask_stamp="", verdict="", reason="")


def is_of(record: ShotRecord, entry: Entry) -> bool:
    """Whether a record is of the photo as the journal knows it.

    By the file's stamp too, as a run does: it keeps the mask of a photo that does not differ in that.
    """
    stamp = (record.size, record.mtime_ns, record.ctime_ns)
    return stamp == (entry.size, entry.mtime_ns, entry.ctime_ns) or record.sha256 == entry.sha256


def waits_for_its_own(entry: Entry) -> bool:
    """Whether a shot is still to be masked with settings of its own: what a pass made of it meanwhile is not for it."""
    return entry.stage is Stage.READY and bool(entry.settings)


def _is_ours(out: Path, name: str, manifest: Manifest) -> bool:
    """Whether the mask that lies there is as a run has written it, told of by the manifest or dropped from it."""
    record = manifest.of_photo(name)
    try:
        sha256 = sha256_of(out / mask_name(name))
    except OSError:  # none, or one that cannot be read just now
        return False
    return (record is not None and record.mask_sha256 == sha256) or Promises(out).is_ours(name, sha256)
