"""What a person says about which photos are shots and plates, and how to separate passes if folders do not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CaptureRules", "PassRules"]


@dataclass(frozen=True)
class PassRules:
    """Empty where nothing is said."""

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the pass's name: patterns of its photos' paths in the capture, as a shell knows them."""
    photos: Mapping[str, str] = field(default_factory=dict)
    """The passes of single photos, by their paths in the capture; stronger than patterns."""
    gap_minutes: float | None = None
    """A pause of so many minutes begins a new pass."""


@dataclass(frozen=True)
class CaptureRules:
    """How the photos of a capture are told apart; by names and folders alone where nothing is said."""

    plates_by_name: bool = True
    """Photos named like plates are plates, and no shots."""
    plates: tuple[Path, ...] = ()
    """Photos that are plates whatever their names, wherever they lie."""
    passes: PassRules = field(default_factory=PassRules)
