"""What happens in a watched folder, as it is told to whoever listens: a person's screen, a program, a log, a metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from underside.layouts import LayoutResult
from underside.manifest import Manifest, ProofRecord, ShotRecord

__all__ = [
    "Completed",
    "Failed",
    "Happening",
    "Listener",
    "Masked",
    "Moved",
    "Note",
    "Proven",
    "Proving",
    "Seen",
    "Started",
    "Stopped",
    "to_all",
]


@dataclass(frozen=True)
class Started:
    """The model is loaded and the watch begins."""

    root: Path
    out: Path
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """A photo is new."""

    photo: str


@dataclass(frozen=True)
class Masked:
    """A shot has a mask."""

    capture: str
    photo: str
    record: ShotRecord
    alone: bool
    """Whether it was masked without what its ring knows, for now."""
    again: bool = False
    """Whether the verdict is the one reported before: a mask made again is then nothing new to a person."""


@dataclass(frozen=True)
class Failed:
    """A photo cannot be used."""

    capture: str
    photo: str
    reason: str
    attempts: int
    final: bool
    """It is set aside, until it changes or somebody asks again."""


@dataclass(frozen=True)
class Moved:
    """A photo has another name or place, and its mask went along."""

    photo: str
    before: str


@dataclass(frozen=True)
class Proving:
    """A capture's passes are being joined."""

    capture: str
    text: str
    """What is done just now."""


@dataclass(frozen=True)
class Proven:
    """The answer to whether a capture's passes are one object."""

    capture: str
    proof: ProofRecord
    kept: bool
    """Whether the proof is of masks that were proven before."""


@dataclass(frozen=True)
class Completed:
    """A capture with nothing left to do."""

    capture: str
    manifest: Manifest
    path: Path
    """Path of the manifest."""
    layouts: tuple[LayoutResult, ...]


@dataclass(frozen=True)
class Note:
    """Something that a person should know, as a sentence."""

    text: str


@dataclass(frozen=True)
class Stopped:
    """The watch has ended."""

    failed: int


Happening = Started | Seen | Masked | Failed | Moved | Proving | Proven | Completed | Note | Stopped
Listener = Callable[[Happening], None]
"""Called from the watch's own thread, in order; what takes long belongs elsewhere."""


def to_all(listeners: Sequence[Listener]) -> Listener:
    """One listener who tells all of them, in that order."""

    def tell(happening: Happening) -> None:
        for listener in listeners:
            listener(happening)

    return tell
