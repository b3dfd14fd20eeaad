"""What a proof found, as plain data: all that its page needs to know."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CoverageFacts", "Direction", "FoundAgainst", "MaskDoubt", "PassLine", "Scene", "TieLine"]


@dataclass(frozen=True)
class FoundAgainst:
    """One thing that speaks against the join, in words, and the shots that it is about."""

    weighs: str
    what: str
    remedy: str
    shots: tuple[str, ...]


@dataclass(frozen=True)
class PassLine:
    """One pass in the model."""

    name: str
    shots: int
    registered: int
    turned: float | None
    """Degrees between its axis and the first pass's."""


@dataclass(frozen=True)
class TieLine:
    """What ties two passes."""

    first: str
    second: str
    points: int
    pairs: int
    disputed_pairs: int
    weakest: bool


@dataclass(frozen=True)
class Direction:
    """From the object to one camera; the z axis is up in the first pass."""

    photo: str
    pass_name: str
    towards: tuple[float, float, float]
    trusted: bool
    """Whether it counts for the coverage."""


@dataclass(frozen=True)
class Scene:
    """The model in space: the object's middle at the origin, the z axis up in the first pass."""

    points: NDArray[np.float32]
    """(n, 3)."""
    colours: NDArray[np.uint8]
    """(n, 3)."""
    seen: NDArray[np.uint8]
    """(n,): the passes that see each point, one bit each, in their order."""
    centres: NDArray[np.float32]
    """(m, 3): where the cameras stood."""
    corners: NDArray[np.float32]
    """(m, 4, 3): directions from each camera to the corners of its picture, 1 ahead."""
    camera_passes: NDArray[np.uint8]
    """(m,): number of each camera's pass."""


@dataclass(frozen=True)
class MaskDoubt:
    """A mask that disagrees with all others, as it was when it was asked."""

    photo: str
    told: str
    """In what way."""
    box: tuple[int, int, int, int]
    """The part of the photo's stored grid that both masks are of."""
    mask: NDArray[np.uint8]
    wanted: NDArray[np.uint8]
    """What all others want in its place; both on one grid, 0 to 255."""
    areas: tuple[float, float] | None = None
    """Shares of the photo before and after a repair; none where it was left as it is."""


@dataclass(frozen=True)
class CoverageFacts:
    """The whole proof."""

    outcome: str
    """``yes``, ``unsafe`` or ``no``."""
    answer: str
    findings: tuple[FoundAgainst, ...]
    shots: int
    registered: int
    other_models: tuple[int, ...]
    """Shots in each of the smaller models."""
    error: float
    passes: tuple[PassLine, ...]
    ties: tuple[TieLine, ...]
    underside: float
    topside: float
    reach: float
    """Degrees around a view that count as covered."""
    horizon: float
    """Degrees over and under the horizon that belong to neither side."""
    directions: tuple[Direction, ...]
    scene: Scene | None
    compared: bool
    """Whether the masks were held against each other."""
    doubts: tuple[MaskDoubt, ...]
    """The worst first."""
    repaired: bool
    """Whether masks were to be put right."""
    notes: tuple[str, ...] = ()
    """What a person should know beside the answer, as sentences with their full stop."""
