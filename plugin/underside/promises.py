"""Masks that are about to be written, by their hashes: ours are told from a person's whatever came in between.

The manifest says what was written, but a moment later, and no more once the photo is gone. A run that is killed
between a mask and its manifest, or a new photo under the name of a deleted one, would otherwise meet a mask that
nobody knows, and would have to take it for one changed by hand.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from underside.files import sha256_of, sync_folder, write_atomically, writing
from underside.manifest import Manifest, ShotRecord, State
from underside.masks import mask_name

__all__ = ["Promises"]

_NAME = ".underside-promises"


class Promises:
    """Of one output folder; from any number of threads."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / _NAME
        self._made: dict[str, set[str]] = defaultdict(set)
        self._turn = threading.Lock()
        self._file: int | None = None
        with suppress(FileNotFoundError):
            for line in self._path.read_bytes().splitlines():
                sha256, _, photo = line.partition(b" ")
                self._made[os.fsdecode(photo)].add(sha256.decode(errors="replace"))

    def make(self, photo: str, sha256: str) -> None:
        """A mask of that hash is about to be written for a photo; from now on it is known as ours."""
        with self._turn, writing(self._path):
            if sha256 in self._made[photo]:
                return
            begins = self._file is None
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            # The break before it ends a line that a power cut has left half written.
            os.write(self._file, b"\n" + _line(photo, sha256))
            os.fsync(self._file)
            if begins:
                sync_folder(self._out)
            self._made[photo].add(sha256)

    def is_ours(self, photo: str, sha256: str) -> bool:
        """Whether a mask that lies there was written by a run."""
        return sha256 in self._made.get(photo, ())

    def keep(self, dropped: Iterable[ShotRecord]) -> None:
        """Records that the manifest will not tell of any more: their masks stay where they are, and ours."""
        for record in dropped:
            if record.mask_sha256:
                self.make(record.photo, record.mask_sha256)

    def settle(self, manifest: Manifest) -> None:
        """Forget what the manifest says now, and what is away."""
        told = {record.photo for record in manifest.shots if record.state is not State.FAILED or self._is_told(record)}
        with self._turn:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            kept = {
                photo: hashes
                for photo, hashes in self._made.items()
                if hashes and photo not in told and (self._out / mask_name(photo)).is_file()
            }
            if kept:
                lines = sorted(_line(photo, sha256) for photo, hashes in kept.items() for sha256 in hashes)
                write_atomically(self._path, b"\n".join(lines))
            else:
                with writing(self._path):
                    self._path.unlink(missing_ok=True)
            self._made = defaultdict(set, kept)

    def _is_told(self, record: ShotRecord) -> bool:
        """Whether the mask that lies there is the one that the record of a shot that failed tells of."""
        if not record.mask_sha256:
            return False
        mask = self._out / mask_name(record.photo)
        return mask.is_file() and sha256_of(mask) == record.mask_sha256


def _line(photo: str, sha256: str) -> bytes:
    return sha256.encode() + b" " + os.fsencode(photo)
