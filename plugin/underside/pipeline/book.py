"""The manifest as it grows: what an earlier run left, and what this one adds."""

import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from underside.capture import Capture, Shot, natural_order
from underside.capture.raw_apart import raw_files_apart
from underside.capture.several import looks_like_several
from underside.counted import some
from underside.disks import may_be_there, same_file
from underside.errors import ELSEWHERE, OutputError, SettingsError
from underside.files import PART_SUFFIX, writing
from underside.manifest import MANIFEST_NAME, Manifest, ShotRecord, State, load, masks_of, save
from underside.manifest.other_photos import of_other_photos
from underside.outfolder import refuse_photos_among_results
from underside.pipeline.unread_masks import unread_masks
from underside.promises import Promises

__all__ = ["Book"]

# The manifest is saved this often while shots are masked, and at most for a twentieth of the time.
_SAVE_EVERY_SECONDS = 2.0
_SAVE_SHARE = 0.05

# On a disk that has become full the manifest must still find room: so much is kept for it from the start.
_ROOM = f".room-for-the-manifest{PART_SUFFIX}"
_ROOM_A_SHOT = 2048
_ROOM_FOR_THE_REST = 32768


class Book:
    """Keeps the records of a capture's shots, and ``capture.json`` in step with them."""

    def __init__(
        self,
        capture: Capture,
        out: Path,
        engine: Mapping[str, Any],
        warnings: tuple[str, ...],
        promises: Promises,
    ) -> None:
        refuse_photos_among_results(capture.shots, out)
        self._capture = capture
        self._out = out
        self._before = load(out) or Manifest(capture=str(capture.folder), engines={})
        _refuse_another_capture(self._before, capture, out)
        self._records = {record.photo: record for record in _still_there(self._before, capture)}
        self._promises = promises
        promises.keep(record for record in self._before.shots if record.photo not in self._records)
        self._engines = {**self._before.engines, str(engine["fingerprint"]): engine}
        self._warnings = warnings
        self._survey_told = self._before.survey_told
        self._turn = threading.Lock()
        self._saved_at = time.monotonic()
        self._save_seconds = 0.0
        self._about_masks = (self._told_of_gone(), unread_masks(capture.shots, out))
        self._take_room()

    def _told_of_gone(self) -> str:
        known = {*self._records, *(plate.name for plate in self._capture.plates)}
        known |= {name for shot in self._capture.shots for name in shot.companions}
        names = [record.mask for record in self._before.shots if record.photo not in known and record.mask]
        left = [name for name in names if (self._out / name).is_file()]
        return f"Masks of photos that are gone, left where they are: {some(left)}" if left else ""

    def _take_room(self) -> None:
        room = self._out / _ROOM
        try:
            with writing(self._out / MANIFEST_NAME):
                room.write_bytes(os.urandom(_ROOM_A_SHOT * len(self._capture.shots) + _ROOM_FOR_THE_REST))
        except OutputError:
            with suppress(OSError):
                room.unlink()
            raise

    def before(self, shot: Shot) -> ShotRecord | None:
        """What an earlier run says of a shot."""
        return self._records.get(shot.name)

    def record(self, photo: str) -> ShotRecord | None:
        """What is known of a photo now."""
        return self._records.get(photo)

    def enter(self, record: ShotRecord, *, at_once: bool = False) -> None:
        """Take up what became of a shot, from any thread; it survives a crash some seconds later, or ``at_once``."""
        with self._turn:
            self._records[record.photo] = record
            pause = max(_SAVE_EVERY_SECONDS, self._save_seconds / _SAVE_SHARE)
            if at_once or time.monotonic() - self._saved_at > pause:
                self._save()

    def enter_of(self, engine: Mapping[str, Any], record: ShotRecord) -> None:
        """Take up a shot that was done with an engine of its own settings."""
        with self._turn:
            self._engines[str(engine["fingerprint"])] = engine
        self.enter(record)

    def close(self, survey_told: tuple[str, ...] | None = None) -> Manifest:
        """Save the manifest for the last time.

        ``survey_told`` is what a survey has warned of; none where there was none: then it stays as it was told.
        """
        if survey_told is not None:
            self._survey_told = survey_told
        with suppress(OSError):
            (self._out / _ROOM).unlink()
        with self._turn:
            manifest = self._save()
        self._promises.settle(manifest)
        return manifest

    def _save(self) -> Manifest:
        started = time.monotonic()
        manifest = self._manifest()
        save(manifest, self._out)
        self._saved_at = time.monotonic()
        self._save_seconds = self._saved_at - started
        return manifest

    def _manifest(self) -> Manifest:
        shots = tuple(sorted(self._records.values(), key=lambda record: natural_order(Path(record.photo))))
        used = {record.fingerprint for record in shots}
        plates = {shot.name for shot in self._capture.plates}
        if not self._capture.whole:
            plates |= set(self._before.plates)
        proof = self._before.proof
        return Manifest(
            capture=str(self._capture.folder),
            engines={key: engine for key, engine in self._engines.items() if key in used},
            shots=shots,
            plates=tuple(sorted(plates, key=lambda name: natural_order(Path(name)))),
            survey_told=self._survey_told,
            proof=proof if proof and proof.of == masks_of(shots) else None,
            warnings=(*_warnings(self._capture, shots, self._about_masks), *self._warnings, *self._survey_told),
        )


def _refuse_another_capture(before: Manifest, capture: Capture, out: Path) -> None:
    """Two captures often use the same names: the masks of one would take the place of the other's."""
    if not before.shots or before.capture == str(capture.folder):
        return
    if not _is_the_same(before, capture.folder):
        raise SettingsError(f"{out} holds the masks of another capture, {before.capture}", ELSEWHERE)


def _is_the_same(before: Manifest, folder: Path) -> bool:
    """Whether a capture was only moved, or is called by another path, or was copied."""
    once = Path(before.capture)
    with suppress(OSError):
        if same_file(once, folder):
            return True
    there = [record for record in before.shots if may_be_there(folder / record.photo)]
    same = sum(record.is_of(folder / record.photo) for record in there)
    # While both are there, they may be two captures that share a photo.
    both = any(record.is_of(once / record.photo) for record in before.shots)
    return same > 0 and (not both or same >= len(there) / 2)


def _still_there(before: Manifest, capture: Capture) -> tuple[ShotRecord, ...]:
    names = {shot.name for shot in capture.shots}
    return tuple(
        record
        for record in before.shots
        if record.photo in names
        or capture.hides(record.photo)
        or (not capture.whole and may_be_there(capture.folder / record.photo))
    )


def _warnings(capture: Capture, shots: tuple[ShotRecord, ...], about_masks: Iterable[str]) -> tuple[str, ...]:
    warnings = [f"{problem.name}: {problem.reason}" for problem in capture.problems]
    warnings += [f"No photo fits the patterns of the pass {name}: see underside.toml" for name in capture.unmet]
    warnings += filter(None, (looks_like_several(capture), raw_files_apart(capture), *about_masks))
    read = [shot for shot in shots if shot.state is not State.FAILED]
    lacking = sorted({fact for shot in read for fact in shot.lacks})
    if lacking:
        count = sum(bool(shot.lacks) for shot in read)
        who, whose = f"{count} of {len(read)} photos have", "their"
        if count == 1:
            who, whose = f"{'The photo' if len(read) == 1 else f'One of {len(read)} photos'} has", "its"
        lack = f"{who} no {', '.join(lacking)} in {whose} metadata"
        warnings.append(f"{lack}: photogrammetry programs then guess the lens")
    if others := of_other_photos(shots):
        warnings.append(others)
    return tuple(warnings)
