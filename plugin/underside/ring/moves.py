"""Where a camera stood still between shots, and where it moved: told by the room behind the object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.ring.observation import Observation, reduced
from underside.ring.room import hidden_by

__all__ = ["Glance", "camera_positions", "glance", "split_rings", "stood_still"]

_AREA = 20_000
# Blocks of the glance, compared one by one: a turning platter and the object change a few, a moved camera all.
_BLOCK = 12
# Detail weaker than so many times the noise is none.
_DETAIL = 3.0
_ALIKE = 0.6
# JPEG leaves neighbours' noise alike, so that it averages out less than it should.
_LEAST_NOISE = 0.4
# The camera stood still where this share of the blocks with detail is alike. On eight tuning captures, November 2026:
# shots from one place .24 (a white tent) to 1, from two places 0 to .10.
_STILL = 0.17
# With fewer blocks of detail there is nothing to see move: then a change of tone by so many times the noise is a
# move, in levels of 255 and beyond the first two.
_FEWEST_BLOCKS = 5
_OTHER_TONE = 2.0


@dataclass(frozen=True)
class Glance:
    """A shot so small that those of a whole capture can be kept."""

    grey: NDArray[np.float32]
    detail: NDArray[np.float32]
    free: NDArray[np.bool_]
    noise: float


def glance(observation: Observation) -> Glance:
    """What is needed of a shot to tell whether the camera moved."""
    height, width = observation.pixels.shape[:2]
    scale = min(1.0, (_AREA / (width * height)) ** 0.5)
    size = (max(_BLOCK, round(width * scale)), max(_BLOCK, round(height * scale)))
    small = reduced(observation.pixels, *size)
    grey = np.asarray(cv2.transform(small.astype(np.float32), np.full((1, 3), 1 / 3, np.float32)), np.float32)
    matte = cv2.resize(observation.matte, size, interpolation=cv2.INTER_AREA)
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 3), np.float32)
    noise = observation.noise * (size[0] * size[1] / (width * height)) ** 0.5
    return Glance(grey, grey - smooth, ~hidden_by(matte.astype(np.float32)), max(noise, _LEAST_NOISE))


def split_rings(glances: Sequence[Glance]) -> list[range]:
    """Runs of shots, in the order in which they were taken, during which the camera stood still."""
    starts = [0] + [i for i in range(1, len(glances)) if not stood_still(glances[i - 1], glances[i])]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(glances)], strict=True) if end > start]


def camera_positions(glances: Sequence[Glance]) -> list[list[int]]:
    """Shots that see the same still room, even from different passes: rings whose camera stood at one place."""
    positions: list[list[int]] = []
    for ring in split_rings(glances):
        for position in positions:
            # The object hides another part of the room in each shot: one pair that agrees is enough.
            pairs = ((there, here) for there in _some(position) for here in _some(ring))
            if any(stood_still(glances[there], glances[here]) for there, here in pairs):
                position.extend(ring)
                break
        else:
            positions.append(list(ring))
    return positions


def _some(shots: Sequence[int]) -> set[int]:
    return {shots[0], shots[len(shots) // 2], shots[-1]}


def stood_still(one: Glance, other: Glance) -> bool:
    """Whether both were taken from one place."""
    if one.grey.shape != other.grey.shape:
        return False
    free = one.free & other.free
    if not free.any():
        return False
    noise = max(one.noise, other.noise)
    here = _blocks(free)
    used = here.mean(axis=1) >= 0.5
    first, second = (_blocks(each.detail)[used] * here[used] for each in (one, other))
    counts = here[used].sum(axis=1)
    one_power, other_power, common = (first**2).sum(axis=1), (second**2).sum(axis=1), (first * second).sum(axis=1)
    detailed = np.sqrt(np.maximum(one_power, other_power) / counts) >= _DETAIL * noise
    if np.count_nonzero(detailed) >= _FEWEST_BLOCKS:
        alike = common[detailed] > _ALIKE * np.sqrt(one_power[detailed] * other_power[detailed])
        return float(np.mean(alike)) > _STILL
    drift = other.grey[free] - one.grey[free]
    return float(np.median(np.abs(drift - np.median(drift)))) < _OTHER_TONE * (1 + noise)


def _blocks(layer: NDArray[Any]) -> NDArray[Any]:
    """One row for each whole block."""
    down, across = layer.shape[0] // _BLOCK, layer.shape[1] // _BLOCK
    whole = layer[: down * _BLOCK, : across * _BLOCK].reshape(down, _BLOCK, across, _BLOCK)
    return whole.swapaxes(1, 2).reshape(down * across, _BLOCK * _BLOCK)
