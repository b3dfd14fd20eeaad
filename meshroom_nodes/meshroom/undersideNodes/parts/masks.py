"""The masks that a node hands on, one for every view; what a person has changed or put among them stays."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib

from .files import place, whole
from .trouble import NodeError, writing

__all__ = ["MasksFolder", "check_mask", "plain_mask"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Grey, colours, palette. With transparency AliceVision fails at grey, and does not see what an eraser took of colours.
_WITHOUT_ALPHA = (0, 2, 3)


class MasksFolder:
    """Knows by their hashes the masks that were put there by a node, this time or earlier."""

    def __init__(self, folder: str) -> None:
        """``folder`` is what the node hands on."""
        self.folder = folder
        # Not among the masks, and apart for each view: chunks are computed at the same time.
        self._known = os.path.join(os.path.dirname(folder), "put")

    def of(self, view_id: str) -> str:
        """Where AliceVision looks for the mask of a view."""
        return os.path.join(self.folder, f"{view_id}.png")

    def is_by_hand(self, view_id: str) -> bool:
        """Whether there is a mask that no node has put there."""
        path = self.of(view_id)
        return os.path.isfile(path) and _sha256(path) not in self._put_before(view_id)

    def put(self, view_id: str, mask: str) -> None:
        """The engine's mask as that of a view."""
        self._remember(view_id, mask)
        place(mask, self.of(view_id))

    def put_plain(self, view_id: str, width: int, height: int, *, white: bool) -> None:
        """A mask of one colour: the view counts whole, or not at all."""
        with whole(self.of(view_id)) as part:
            with open(part, "wb") as file:
                file.write(plain_mask(width, height, white=white))
            self._remember(view_id, part)

    def _put_before(self, view_id: str) -> list[str]:
        try:
            with open(os.path.join(self._known, view_id), encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def _remember(self, view_id: str, mask: str) -> None:
        """Before it is there: a node that is killed in between must not take its own mask for a person's."""
        sha256 = _sha256(mask)
        if sha256 in self._put_before(view_id):
            return
        record = os.path.join(self._known, view_id)
        with writing(record):
            os.makedirs(self._known, exist_ok=True)
            with open(record, "a", encoding="ascii") as file:
                file.write(f"{sha256}\n")


def check_mask(path: str, width: int, height: int) -> None:
    """Refuse what AliceVision would ignore or misread without a word."""
    with open(path, "rb") as file:
        head = file.read(26)
    if head[:8] != _SIGNATURE or struct.unpack(">II", head[16:24]) != (width, height):
        raise NodeError(f"{path} is not a PNG of {width} x {height} pixels. Fix or delete it, and compute again.")
    if head[25] not in _WITHOUT_ALPHA:
        raise NodeError(f"{path} has transparency. Save it without, black where nothing is kept, and compute again.")


def plain_mask(width: int, height: int, *, white: bool) -> bytes:
    """A PNG, all white or all black."""
    row = b"\x00" + (b"\xff" if white else b"\x00") * width
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height, 1)), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
