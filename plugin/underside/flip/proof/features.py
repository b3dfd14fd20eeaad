"""What a shot can be recognised by: points inside its mask, described so that turns and distances do not matter."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.colmap import colmap
from underside.flip.proof.sources import FlipShot
from underside.masks import read_mask
from underside.photo import decode, open_known, part_of, to_srgb

__all__ = ["Features", "find_features"]

Floats = NDArray[np.float32]

_AREA = 900_000
"""Pixels of the object's box that are looked at, at most: all photos of a capture are reduced alike, so that the points
of the object keep their size from shot to shot."""
_LONGEST = 1600
"""Pixels of one shot's box, whatever the others' are: a mask gone wild must not take all the memory."""
_AROUND = 16
"""Pixels around the box: what describes a point lies around it."""
_MOST = 1500
"""Points of a shot that are matched: the time goes with their square."""
_FEWEST = 600
"""With fewer points, a shot is looked at again, closer."""
_AT_ONCE = 4
"""Shots in work: each holds a photo."""
# First octave, and how far a point must stand out (COLMAP's own measure, and less for plain objects): where a shot
# has few points at its own size, it is looked at twice as large.
_WAYS = ((0, 0.0067), (-1, 0.0067), (-1, 0.003))


@dataclass(frozen=True)
class Features:
    """One shot's points."""

    at: NDArray[np.float32]
    """(n, 2): x and y on the stored grid, pixel centres at halves."""
    descriptors: NDArray[np.uint8]
    """(n, 128)."""
    colours: NDArray[np.uint8]
    """(n, 3): RGB."""


def find_features(shots: Sequence[FlipShot]) -> Iterator[Features]:
    """Every shot's, in order; masks decide where points may lie."""
    scale = _scale(shots)
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        ahead: deque[Future[Features]] = deque()
        for shot in shots:
            ahead.append(pool.submit(_of_shot, shot, scale))
            if len(ahead) > _AT_ONCE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _scale(shots: Sequence[FlipShot]) -> float:
    some = shots[:: max(1, len(shots) // 8)]
    boxes = [cv2.boundingRect(read_mask(shot.mask, width=shot.width, height=shot.height)) for shot in some]
    area = float(np.median([max(1, box[2] * box[3]) for box in boxes]))
    return float(min(1.0, (_AREA / area) ** 0.5))


def _of_shot(shot: FlipShot, scale: float) -> Features:
    mask = read_mask(shot.mask, width=shot.width, height=shot.height)
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8), np.zeros((0, 3), np.uint8))
    photo = open_known(shot.photo, shot)
    reduce = next(by for by in (4, 2, 1) if scale * by <= 1)
    pixels = decode(photo, reduce=reduce)
    margin = int(np.ceil(_AROUND / scale))
    box = (
        max(0, left - margin),
        max(0, top - margin),
        min(shot.width, left + width + margin),
        min(shot.height, top + height + margin),
    )
    scale = min(scale, _LONGEST / max(box[2] - box[0], box[3] - box[1]))
    size = (max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale)))
    view, inside = (
        cv2.resize(part_of(each, box, (shot.width, shot.height)), size, interpolation=cv2.INTER_AREA)
        for each in (pixels, mask)
    )
    view = to_srgb(view.astype(np.uint8, copy=False), photo.icc)
    points, descriptors = _detect(np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.uint8), inside > 127)
    columns, rows = np.clip(points.astype(np.int64), 0, np.array(size) - 1).T
    steps = np.array([(box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1]], np.float32)
    at = points * steps + np.array(box[:2], np.float32)
    return Features(at, descriptors, view[rows, columns])


def _detect(grey: NDArray[np.uint8], inside: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.uint8]]:
    """Places, and what they look like; the largest first, which are seen from farther round."""
    engine = colmap()
    places, descriptors = np.zeros((0, 3), np.float32), np.zeros((0, 128), np.uint8)
    for first_octave, contrast in _WAYS:
        options = engine.FeatureExtractionOptions()
        options.use_gpu = False
        options.num_threads = 1
        options.sift.first_octave = first_octave
        options.sift.peak_threshold = contrast
        found = engine.FeatureExtractor.create(options, engine.Device.cpu).extract_from_uint8_array(grey)
        places = np.array([(each.x, each.y, each.compute_scale()) for each in found[0]], np.float32).reshape(-1, 3)
        descriptors = np.asarray(found[1].data, np.uint8)
        size = np.array(grey.shape[::-1]) - 1
        columns, rows = np.clip(places[:, :2].astype(np.int64), 0, size).T
        within = np.flatnonzero(inside[rows, columns])
        chosen = within[np.argsort(-places[within, 2], kind="stable")[:_MOST]]
        places, descriptors = places[chosen], descriptors[chosen]
        if len(places) >= _FEWEST:
            break
    return places[:, :2], descriptors
