"""What a run over a capture tells while it goes on, and what it came to."""

from dataclasses import dataclass

from underside.manifest import Manifest, ShotRecord

__all__ = ["Judged", "Outcome", "Progress"]


@dataclass(frozen=True)
class Progress:
    """One shot more is through."""

    record: ShotRecord
    done: int
    total: int
    kept: bool
    """The shot was finished by an earlier run, and nothing was done."""


@dataclass(frozen=True)
class Judged:
    """One shot more was held against its neighbours."""

    record: ShotRecord
    before: ShotRecord
    """The record as the shot was masked."""
    left: int
    """How many shots of its pass are still being tried again."""


@dataclass(frozen=True)
class Outcome:
    """What a run over a capture came to."""

    manifest: Manifest
    masked: int
    """How many shots were masked in this run."""
    kept: frozenset[str]
    """Shots whose masks were there, made by an earlier run or by hand, and that nothing was made for."""
    cut_out: int
    """How many others had their masks, and got their cut-outs."""
    failed: tuple[ShotRecord, ...]
    unreached: int
    """How many were not masked, or not judged, because the run was stopped."""
    seconds: float
