"""Which capture and which pass a photo of the watched folder belongs to."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

__all__ = ["ByFolders", "Place", "Places"]

_PASSES = re.compile(
    r"(upright|flipped|side|top|bottom|up|down|pass[ _-]?\d*|empty|plates?|oben|unten|aufrecht|gewendet|seite|leer|"
    r"debout|retourn[eé]|c[oô]t[eé]|vide|arriba|abajo|derecho|volteado|lado|vac[ií]o)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A photo's capture and pass, by their names."""

    capture: str
    """Also the name of the capture's folder in the output."""
    folder: str
    """The capture's folder, relative to the watched one."""
    pass_name: str


class Places(Protocol):
    """A way to tell them."""

    def place(self, photo: str) -> Place:
        """Of a photo, by its path relative to the watched folder."""


@dataclass(frozen=True)
class ByFolders:
    """Every sub-folder is a capture, unless it is called like a pass: then the watched folder is one capture."""

    root: str
    """The watched folder's name."""

    def place(self, photo: str) -> Place:
        """By the sub-folder that it lies in."""
        first, *rest = PurePosixPath(photo).parts
        if not rest or _PASSES.match(first):
            return Place(self.root, "", _parent(PurePosixPath(photo)))
        return Place(first, first, _parent(PurePosixPath(*rest)))


def _parent(photo: PurePosixPath) -> str:
    parent = photo.parent.as_posix()
    return "" if parent == "." else parent
