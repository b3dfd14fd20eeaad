"""What a person says about how to separate passes if folders do not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PassRules"]


@dataclass(frozen=True)
class PassRules:
    """Empty where nothing is said."""

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the pass's name: patterns of its photos' paths in the capture, as a shell knows them."""
    photos: Mapping[str, str] = field(default_factory=dict)
    """The passes of single photos, by their paths in the capture; stronger than patterns."""
    gap_minutes: float | None = None
    """A pause of so many minutes begins a new pass."""
