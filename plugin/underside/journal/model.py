"""What the journal holds: photos and how far they have come, and what somebody asks for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = ["NO_SHOTS", "Count", "Entry", "Glimpse", "Request", "Stage"]


class Stage(StrEnum):
    """How far a photo has come."""

    SETTLING = "settling"
    """Still being written, perhaps."""
    READY = "ready"
    """Whole, and not masked yet."""
    MASKED = "masked"
    """Masked alone; what its ring knows may still better it."""
    DONE = "done"
    BY_HAND = "by hand"
    FAILED = "failed"
    """Will be tried again."""
    SET_ASIDE = "set aside"
    """Tried often enough."""
    PLATE = "plate"
    COMPANION = "companion"
    """The camera raw file of a shot whose developed file is masked."""
    LEFT_OUT = "left out"
    """A mask of a photo beside it, for example."""


NO_SHOTS = frozenset({Stage.PLATE, Stage.COMPANION, Stage.LEFT_OUT})
"""Stages of photos that get no mask of their own."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One photo. Times are seconds since 1970, 0 for never; they are told, never waited for."""

    photo: str
    """Relative to the watched folder, with "/"."""
    folder: str
    kin: str
    """The beginning of the name that a raw file, its JPEG and its mask have in common."""
    capture: str
    pass_name: str
    stage: Stage = Stage.SETTLING
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    """With size and time, the stamp of the file; 0 where an earlier Underside saw it."""
    sha256: str = ""
    attempts: int = 0
    """Tries that failed."""
    reason: str = ""
    settings: str = ""
    """What ``retry`` was told beyond the usual settings, as JSON."""
    verdict: str = ""
    mask_stamp: str = ""
    """Size and time of the mask's file, by which a change is noticed."""
    seen_at: float = 0.0
    gone_at: float = 0.0
    """When the file was missed; its mask is kept."""


class Glimpse(NamedTuple):
    """The little of an entry that is read of very many photos at once."""

    capture: str
    pass_name: str
    stage: str
    size: int
    mtime_ns: int
    ctime_ns: int
    mask_stamp: str
    gone: int


@dataclass(frozen=True)
class Count:
    """How many photos of a pass are at a stage."""

    capture: str
    pass_name: str
    stage: Stage
    count: int


@dataclass(frozen=True)
class Request:
    """Somebody asks for a photo to be done again."""

    number: int
    photo: str
    settings: str
