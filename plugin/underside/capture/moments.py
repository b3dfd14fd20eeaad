"""When the photos of a folder were taken, and where a pause between them is unusual."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from underside.capture.model import Shot
from underside.capture.order import file_number, shooting_order
from underside.photo import Peek, peek

__all__ = ["Pause", "Series", "pauses", "segments", "series_of"]

# A pause that begins a new pass is as long as this, in seconds; so many times as long as the usual step; and so many
# times as long as every pause that begins none. The rendered captures pause 4 s between shots, 39 s between rings and
# at least 6 minutes between passes; by hand shots take 10 to 30 s, and moving the camera a minute or two.
_LEAST_PAUSE = 120.0
_USUAL_STEPS = 8.0
_CLEARLY = 2.0
# Somebody who pauses more often than that works in pauses: they tell nothing.
_MOST_PAUSES = 5
# Test shots before or between passes are not a pass.
_FEWEST_SHOTS = 3
# File times say when photos were taken if they are not those of a copy, which takes less per file.
_LEAST_STEP_OF_FILE_TIMES = 1.0
# In a folder without any times: numbers left out, if at least so many and as many as the smaller side has shots.
_LEAST_NUMBERS = 20
_WITH_TIME = 0.8


@dataclass(frozen=True)
class Series:
    """The shots of one camera, in the order in which they were taken."""

    camera: tuple[str | None, ...]
    shots: tuple[Shot, ...]
    """Those of which a place on the clock is known."""
    clock: tuple[float, ...]
    """Each shot's place on the clock: seconds, or the file's number."""
    source: str
    """What the clock is: ``EXIF``, ``file times``, ``numbers``, or empty where the shots are only in order."""


@dataclass(frozen=True)
class Pause:
    """Between two shots of a series."""

    index: int
    """Index of the shot after the pause."""
    length: float


def series_of(shots: Sequence[Shot]) -> list[Series]:
    """The shots camera by camera; those that cannot be read are left out."""
    by_camera: dict[tuple[str | None, ...], list[tuple[Shot, Peek]]] = defaultdict(list)
    for shot in shooting_order(shots):
        facts = peek(shot.path)
        if facts is not None:
            camera = facts.camera
            by_camera[(camera.make, camera.model, camera.serial)].append((shot, facts))
    return [_series(camera, taken) for camera, taken in by_camera.items()]


def segments(shots: Sequence[Shot], *, pause: float | None = None) -> list[list[Shot]]:
    """Shots parted where the pause between them is clear, or where it is ``pause`` seconds or longer, if given."""
    every = [series for series in series_of(shots) if series.shots]
    # Somebody's snapshot with another camera says nothing of the others.
    cameras = [series for series in every if len(series.shots) >= _FEWEST_SHOTS] or every
    parts = _parts(cameras, pause)
    if len(parts) < 2:
        return [list(shots)]
    of_shot = {shot.name: number for number, part in enumerate(parts) for shot in part}
    found: list[list[Shot]] = [[] for _ in parts]
    number = 0
    for shot in shooting_order(shots):
        # A shot that tells nothing belongs to the one before it.
        number = of_shot.get(shot.name, number)
        found[number].append(shot)
    return [part for part in found if part]


def pauses(series: Series, *, pause: float | None = None) -> list[Pause]:
    """The pauses of a series that are clear, or those of so many seconds."""
    if series.source == "numbers":
        return _left_out(series.clock) if pause is None else []
    return _pauses(series.clock, pause) if series.source else []


def _series(camera: tuple[str | None, ...], taken: Sequence[tuple[Shot, Peek]]) -> Series:
    with_time = [(facts.camera.time, shot) for shot, facts in taken if facts.camera.time]
    if with_time and len(with_time) >= _WITH_TIME * len(taken):
        start = datetime(1970, 1, 1)
        by_time = sorted(((time - start).total_seconds(), at) for at, (time, _) in enumerate(with_time))
        return Series(camera, tuple(with_time[at][1] for _, at in by_time), tuple(time for time, _ in by_time), "EXIF")
    shots = tuple(shot for shot, _ in taken)
    written = [facts.mtime for _, facts in taken]
    steps = _steps(written)
    if steps and min(steps) >= 0 and median(steps) >= _LEAST_STEP_OF_FILE_TIMES:
        return Series(camera, shots, tuple(written), "file times")
    numbers = [number for shot in shots if (number := file_number(shot))]
    if len(numbers) == len(shots) and len({prefix for prefix, _ in numbers}) == 1:
        counts = [float(count) for _, count in numbers]
        if min(_steps(counts), default=0) >= 0:
            return Series(camera, shots, tuple(counts), "numbers")
    return Series(camera, shots, (), "")


def _parts(cameras: Sequence[Series], pause: float | None) -> list[list[Shot]]:
    """The parts of each camera's own shots; the clocks of several cameras may differ."""
    by_camera = [_cut(series, pauses(series, pause=pause), tiny=pause is not None) for series in cameras]
    if len({len(parts) for parts in by_camera}) == 1:
        return [[shot for part in together for shot in part] for together in zip(*by_camera, strict=True)]
    if not _share_a_clock(cameras):
        return []
    merged = sorted((time, at, shot) for at, each in enumerate(cameras) for time, shot in _timed(each))
    together = Series((), tuple(shot for _, _, shot in merged), tuple(time for time, _, _ in merged), "EXIF")
    return _cut(together, pauses(together, pause=pause), tiny=pause is not None)


def _timed(series: Series) -> list[tuple[float, Shot]]:
    return list(zip(series.clock, series.shots, strict=True))


def _share_a_clock(cameras: Sequence[Series]) -> bool:
    """Whether all took photos at the same time, as far as their own clocks say."""
    if not cameras or any(series.source != "EXIF" for series in cameras):
        return False
    return max(series.clock[0] for series in cameras) <= min(series.clock[-1] for series in cameras)


def _cut(series: Series, where: Sequence[Pause], *, tiny: bool) -> list[list[Shot]]:
    """The shots between pauses; unless ``tiny`` parts are wanted, they go to the neighbour that is nearer."""
    found = list(where)
    while not tiny and found:
        bounds = [0, *(pause.index for pause in found), len(series.shots)]
        small = next((at for at in range(len(found) + 1) if bounds[at + 1] - bounds[at] < _FEWEST_SHOTS), None)
        if small is None:
            break
        beside = [at for at in (small - 1, small) if 0 <= at < len(found)]
        found.pop(min(beside, key=lambda at: found[at].length))
    bounds = [0, *(pause.index for pause in found), len(series.shots)]
    return [list(series.shots[begin:end]) for begin, end in pairwise(bounds)]


def _pauses(clock: Sequence[float], pause: float | None) -> list[Pause]:
    steps = [Pause(at, step) for at, step in enumerate(_steps(clock), 1)]
    if pause is not None:
        return [step for step in steps if step.length >= pause]
    if not steps:
        return []
    least = max(_LEAST_PAUSE, _USUAL_STEPS * median(step.length for step in steps))
    long = [step for step in steps if step.length >= least]
    if not long or len(long) > _MOST_PAUSES:
        return []
    others = max((step.length for step in steps if step.length < least), default=0.0)
    return long if min(step.length for step in long) >= _CLEARLY * others else []


def _left_out(numbers: Sequence[float]) -> list[Pause]:
    """One place, and no other, where many numbers are left out."""
    steps = [Pause(at, step) for at, step in enumerate(_steps(numbers), 1)]
    wide = [step for step in steps if step.length > _LEAST_NUMBERS]
    if len(wide) != 1 or wide[0].length <= min(wide[0].index, len(numbers) - wide[0].index):
        return []
    return wide


def _steps(values: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(values)]
