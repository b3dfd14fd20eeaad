"""What a check can find."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

__all__ = ["Finding", "Kind", "Report"]


class Kind(StrEnum):
    """Why a mask would be ignored or misused."""

    MISSING = "missing"
    NAME = "wrong name"
    SHARED = "shared"
    DAMAGED = "damaged"
    SIZE = "wrong size"
    TURNED = "turned"
    INVERTED = "inverted"
    SOFT = "soft"
    CHANNELS = "channels"
    DEPTH = "depth"
    TAGGED = "orientation tag"
    EMPTY = "empty"
    FULL = "full"
    OLD = "old"
    OTHER_PHOTO = "other photo"
    BY_HAND = "by hand"
    NO_PHOTO = "no photo"

    @property
    def is_problem(self) -> bool:
        """Whether the mask is lost, or another one than is meant; the others may be meant."""
        return self not in (Kind.EMPTY, Kind.FULL, Kind.BY_HAND, Kind.NO_PHOTO)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or odd. Paths are relative to the photos' and the masks' folders."""

    kind: Kind
    why: str
    """A sentence without its full stop."""
    photo: str = ""
    mask: str = ""


@dataclass(frozen=True)
class Report:
    """What was found in one folder."""

    layout: str
    program: str
    folder: Path
    photos: int
    """How many photos' masks were looked for."""
    findings: tuple[Finding, ...]

    @property
    def fine(self) -> bool:
        """Whether the program would use every mask as it is meant."""
        return not any(finding.kind.is_problem for finding in self.findings)
