"""Masks and cut-outs that are about to be written, by hashes: ours are told from a person's whatever came in between.

The manifest says what was written, but a moment later, and no more once the photo is gone. A run that is killed
between a mask and its manifest, or a new photo under the name of a deleted one, would otherwise meet a mask that
nobody knows, and would have to take it for one changed by hand.
"""

import errno
import json
import os
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from underside.disks import sync, sync_folder
from underside.errors import OutputError
from underside.files import sha256_of, write_atomically, writing
from underside.manifest import Manifest, ShotRecord, State
from underside.masks import mask_name

__all__ = ["Promises"]

_NAME = ".underside-promises"


class Promises:
    """The promises of one output folder, made from any number of threads."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / _NAME
        self._made = _read(self._path)
        self._turn = threading.Lock()

    def make(self, photo: str, sha256: str) -> None:
        """Remember, through a power cut too, that a mask or cut-out of that hash is about to be written for a photo."""
        with self._turn, writing(self._path):
            if sha256 in self._made[photo]:
                return
            begins = not self._path.exists()
            # The break before it ends a line that a power cut has left half written.
            line = b"\n" + _line(photo, sha256)
            with self._path.open("ab", buffering=0) as file:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                sync(file.fileno())
            if begins:
                sync_folder(self._out)
            self._made[photo].add(sha256)

    def is_ours(self, photo: str, sha256: str) -> bool:
        """Whether a mask or cut-out that lies there was written by a run."""
        return sha256 in self._made.get(photo, ())

    def keep(self, dropped: Iterable[ShotRecord]) -> None:
        """Remember what was written for records that the manifest drops: it stays in its places, and known as ours."""
        for record in dropped:
            for sha256 in filter(None, (record.mask_sha256, *record.cutouts_written.values())):
                self.make(record.photo, sha256)

    def settle(self, manifest: Manifest) -> None:
        """Forget the masks that the manifest tells of by now, and those that are not there any more."""
        told = {record.photo for record in manifest.shots if record.state is not State.FAILED or self._is_told(record)}
        with self._turn:
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
        try:
            return sha256_of(self._out / mask_name(record.photo)) == record.mask_sha256
        except OSError:  # none, or one that cannot be read just now
            return False


def _line(photo: str, sha256: str) -> bytes:
    # A name may hold anything, line breaks too; as JSON in ASCII it is one line, and comes back the same.
    return f"{sha256} {json.dumps(photo)}".encode()


def _read(path: Path) -> defaultdict[str, set[str]]:
    made: defaultdict[str, set[str]] = defaultdict(set)
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
    except OSError as error:
        raise OutputError(f"Cannot read {path}: {error.strerror}", "Fix that and run again") from error
    for line in lines:
        sha256, _, photo = line.decode(errors="replace").partition(" ")
        try:
            made[json.loads(photo)].add(sha256)
        except (ValueError, TypeError):  # half written
            continue
    return made
