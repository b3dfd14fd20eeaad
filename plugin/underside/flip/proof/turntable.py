"""How each pass turned: its axis, its rings, and the shots that did not turn with the others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.mapping import Place

__all__ = ["Turning", "angle_between", "turning_of"]

Floats = NDArray[np.float64]

# Two shots with less of a turn between them stood still; platters turn by 5 degrees and more a shot.
_STILL = 2.0
_SAME_AXIS = 6.0
# The camera of a ring sees the axis in one direction always.
_SAME_RING = 4.0
# With fewer shots in rings than this share, the camera was moved between shots: nothing can be said of single ones.
_MOST_IN_RINGS = 0.5
_FEWEST_IN_RING = 3
# Share of the steps from shot to shot that turn about one axis; each stray spoils two of them.
_FIRM = 0.3
# Of the usual distance from the middle: a ring's cameras all stand at one height over the platter.
_SAME_HEIGHT = 0.15


@dataclass(frozen=True)
class Turning:
    """What the cameras of one pass say of the platter, in the scene's axes."""

    axis: Floats
    """Upwards, off the platter."""
    agreement: float
    """Share of the turns from shot to shot that are about this axis."""
    still: float
    """Share of the steps from shot to shot without any turn."""
    strays: tuple[str, ...]
    """Shots that stand on no ring with the others."""


def turning_of(places: Sequence[Place]) -> Turning:
    """What one pass's cameras say; the places in the order in which the shots were taken."""
    turns = _turns(places)
    upwards = np.mean([place.up for place in places], axis=0)
    angles = np.array([np.linalg.norm(turn) for turn in turns]) if turns else np.zeros(0)
    still = float((angles < _STILL).mean()) if len(angles) else 0.0
    axes = [turn / angle for turn, angle in zip(turns, angles, strict=True) if angle >= _STILL]
    axis, agreement = _agreed(axes)
    if agreement < _FIRM:
        axis = _level(places)
    if axis @ upwards < 0:
        axis = -axis
    strays = _strays(places, axis) if agreement >= _FIRM else ()
    return Turning(axis, round(agreement, 3), round(still, 3), strays)


def angle_between(first: Floats, second: Floats) -> float:
    """In degrees."""
    return float(np.degrees(np.arccos(np.clip(first @ second / np.linalg.norm(first) / np.linalg.norm(second), -1, 1))))


def _turns(places: Sequence[Place]) -> list[Floats]:
    """From shot to shot of each camera, the turn of the object: its axis, as long as its angle in degrees."""
    cameras: Mapping[str, list[Place]] = defaultdict(list)
    for place in places:
        cameras[place.shot.camera].append(place)
    return [
        _as_axis(after.turn.T @ before.turn) for of_camera in cameras.values() for before, after in pairwise(of_camera)
    ]


def _as_axis(turn: Floats) -> Floats:
    angle = np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    if angle > 179:  # its axis is what the turn leaves in place
        values, vectors = np.linalg.eigh((turn + turn.T) / 2)
        return np.asarray(vectors[:, np.argmax(values)] * angle)
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return np.asarray(axis / max(float(np.linalg.norm(axis)), 1e-12) * angle)


def _agreed(axes: Sequence[Floats]) -> tuple[Floats, float]:
    """The axis about which most turns are, whichever way round."""
    if len(axes) < 2:
        return np.array([0.0, 0.0, 1.0]), 0.0
    every = np.array(axes)
    alike = np.abs(every @ every.T) > np.cos(np.radians(_SAME_AXIS))
    best = int(alike.sum(axis=1).argmax())
    chosen = every[alike[best]]
    signed = chosen * np.sign(chosen @ every[best])[:, None]
    axis = signed.mean(axis=0)
    return axis / np.linalg.norm(axis), float(alike[best].mean())


def _level(places: Sequence[Place]) -> Floats:
    """The direction at right angles to every picture's horizon, for a camera that was moved from shot to shot."""
    horizons = np.array([np.cross(place.up, place.turn[2]) for place in places])
    return np.asarray(np.linalg.eigh(horizons.T @ horizons)[1][:, 0])


def _strays(places: Sequence[Place], axis: Floats) -> tuple[str, ...]:
    seen = np.array([place.turn @ axis for place in places])
    alike = seen @ seen.T > np.cos(np.radians(_SAME_RING))
    same_camera = np.array([[a.shot.camera == b.shot.camera for b in places] for a in places])
    in_ring = (alike & same_camera).sum(axis=1) >= _FEWEST_IN_RING
    if in_ring.mean() < _MOST_IN_RINGS:
        return ()
    far = _far_off(places, axis, alike & same_camera)
    return tuple(place.shot.name for place, fits, off in zip(places, in_ring, far, strict=True) if not fits or off)


def _far_off(places: Sequence[Place], axis: Floats, same_ring: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those whose height over the platter is not that of their ring."""
    heights = np.array([place.centre @ axis for place in places])
    middle = np.median([place.centre for place in places], axis=0)
    size = float(np.median([np.linalg.norm(place.centre - middle) for place in places])) or 1.0
    usual = np.array([np.median(heights[ring]) for ring in same_ring])
    return np.asarray(np.abs(heights - usual) > _SAME_HEIGHT * size)
