"""The rings of a pass, and what is twice or missing in them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath
from statistics import median

import numpy as np

from underside.capture.order import file_number
from underside.ring import Glance, camera_positions
from underside.sorting.sights import Sight

__all__ = ["Double", "Gap", "Ring", "copies", "doubles", "gaps", "passes_by_place", "rings"]

# Places with fewer shots on average are none: there was nothing to tell the room by (black velvet).
_FEWEST_AT_A_PLACE = 3
# Without a room to tell, a pause of so many usual steps and seconds may have moved the camera.
_PAUSE_STEPS, _PAUSE_SECONDS = 4.0, 15.0
# The same view again: so little of the usual change from shot to shot. In 52 rings of the tuning captures and of both
# samples a true step was never below .74 of its ring's median (November 2026); noise alone is about .15.
_SAME_VIEW = 0.35
# Changes as small as this, in levels of 255, are noise: an object of revolution that nothing on it gives away.
_NO_CHANGE = 0.6
# A clock shows a missing shot where steps are even: most of them so near to the usual one.
_EVEN = 0.25
_MOSTLY = 0.8
_SKIPPED = 1.6
# Numbers left out in one place; more are another series, or no numbers of shots at all.
_MOST_LOST = 9


@dataclass(frozen=True)
class Ring:
    """Shots of one pass that one camera took from one place, in order."""

    camera: str
    shots: tuple[Sight, ...]
    told_by: str
    """``room``, ``pauses``, or empty where nothing told and all of the camera's shots are taken together."""


@dataclass(frozen=True)
class Double:
    """A shot that shows what another one shows."""

    name: str
    of: str
    copy: bool
    """The files are the same; otherwise the views nearly are."""


@dataclass(frozen=True)
class Gap:
    """A place between two shots where one seems to be missing."""

    before: str
    after: str
    reason: str


def rings(sights: Sequence[Sight]) -> list[Ring]:
    """The rings of one pass; sights are in the order in which they were taken, camera by camera or mixed."""
    by_camera: dict[tuple[object, ...], list[Sight]] = defaultdict(list)
    for sight in sights:
        facts = sight.camera
        by_camera[facts.make, facts.model, facts.serial, sight.width, sight.height, sight.orientation].append(sight)
    return [ring for shots in by_camera.values() for ring in _of_camera(_in_order(shots))]


def copies(sights: Sequence[Sight]) -> list[Double]:
    """Files with the same content, wherever they are; the one with the shortest name is not a copy."""
    same: dict[str, list[str]] = defaultdict(list)
    for sight in sights:
        same[sight.sha256].append(sight.shot.name)
    return [
        Double(name, names[0], copy=True)
        for names in (sorted(names, key=lambda name: (len(name), name)) for names in same.values())
        for name in names[1:]
    ]


def doubles(ring: Ring) -> list[Double]:
    """Shots whose view is nearly that of the one before."""
    changes = [_change(one, other) for one, other in pairwise(ring.shots)]
    if len(changes) < 3:
        return []
    usual = median(changes)
    if usual < _NO_CHANGE:
        return []
    return [
        Double(other.shot.name, one.shot.name, copy=False)
        for (one, other), change in zip(pairwise(ring.shots), changes, strict=True)
        if change < _SAME_VIEW * usual and one.sha256 != other.sha256
    ]


def gaps(ring: Ring, *, elsewhere: frozenset[tuple[str, int]]) -> list[Gap]:
    """Where the numbers or an even clock leave a shot out; numbers that are ``elsewhere`` are not missing.

    The views do not tell: over two steps they change no more than over one (.74 to 1.6 of one step).
    """
    usual = _even_step(ring)
    found = []
    lost_numbers = [_numbers_between(one, other, elsewhere) for one, other in pairwise(ring.shots)]
    # Who kept every third shot misses none.
    one_by_one = 3 * sum(bool(lost) for lost in lost_numbers) <= len(lost_numbers)
    for (one, other), lost in zip(pairwise(ring.shots), lost_numbers, strict=True):
        step = _seconds(one, other)
        if lost and one_by_one:
            found.append(Gap(one.shot.name, other.shot.name, lost))
        elif usual and step and step > _SKIPPED * usual and step < _PAUSE_SECONDS + _PAUSE_STEPS * usual:
            many = max(1, round(step / usual) - 1)
            reason = f"{step:.0f} s instead of {usual:.0f} s: {many} {'shot' if many == 1 else 'shots'} may be missing"
            found.append(Gap(one.shot.name, other.shot.name, reason))
    return found


def passes_by_place(sights: Sequence[Sight]) -> list[list[Sight]]:
    """The passes of a folder in which the camera went from place to place, and then over the same places again.

    One list where that is not so: a camera that never moved, or never came back, tells nothing of the object's pose.
    """
    known = [sight for sight in sights if sight.glance is not None]
    places = camera_positions([sight.glance for sight in known if sight.glance is not None])
    if not _tell(places, known) or len(places) < 2:
        return [list(sights)]
    place_of = {shot: number for number, place in enumerate(places) for shot in place}
    runs: list[list[int]] = []
    for shot in range(len(known)):
        if runs and place_of[runs[-1][-1]] == place_of[shot]:
            runs[-1].append(shot)
        else:
            runs.append([shot])
    order = [place_of[run[0]] for run in runs]
    cycle = len(places)
    again = all(at == other for at, other in zip(order, order[cycle:], strict=False))
    if len(order) % cycle or len(order) == cycle or not again:
        return [list(sights)]
    return [
        [known[shot] for run in runs[begin : begin + cycle] for shot in run] for begin in range(0, len(runs), cycle)
    ]


def _of_camera(shots: list[Sight]) -> list[Ring]:
    name = shots[0].camera_name
    glances: list[Glance] = [sight.glance for sight in shots if sight.glance is not None]
    places = camera_positions(glances) if len(glances) == len(shots) else []
    if _tell(places, shots):
        return [Ring(name, tuple(shots[at] for at in sorted(place)), "room") for place in places]
    steps = [_seconds(one, other) for one, other in pairwise(shots)]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps) or len(steps) < 3:
        return [Ring(name, tuple(shots), "")]
    least = max(_PAUSE_SECONDS, _PAUSE_STEPS * median(known))
    starts = [0, *(at for at, step in enumerate(known, 1) if step >= least), len(shots)]
    return [Ring(name, tuple(shots[begin:end]), "pauses") for begin, end in pairwise(starts)]


def _tell(places: Sequence[Sequence[int]], shots: Sequence[Sight]) -> bool:
    return bool(places) and (len(places) == 1 or len(shots) / len(places) >= _FEWEST_AT_A_PLACE)


def _in_order(shots: Sequence[Sight]) -> list[Sight]:
    """By the clock where every shot has a time; as they come otherwise, which is by their names."""
    times = [sight.time for sight in shots]
    if None in times:
        return list(shots)
    return sorted(shots, key=lambda sight: sight.time or datetime.min)


def _change(one: Sight, other: Sight) -> float:
    """How much the view changes, a change of brightness over all of it left out."""
    if one.view.shape != other.view.shape:
        return float("inf")
    change = other.view - one.view
    return float(np.abs(change - np.median(change)).mean())


def _seconds(one: Sight, other: Sight) -> float | None:
    return (other.time - one.time).total_seconds() if one.time and other.time else None


def _even_step(ring: Ring) -> float | None:
    steps = [_seconds(one, other) for one, other in pairwise(ring.shots)]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps) or len(known) < 4:
        return None
    usual = median(known)
    near = sum(abs(step - usual) <= _EVEN * usual for step in known)
    return usual if usual > 0 and near >= _MOSTLY * len(known) else None


def _numbers_between(one: Sight, other: Sight, elsewhere: frozenset[tuple[str, int]]) -> str:
    before, after = file_number(one.shot), file_number(other.shot)
    if not before or not after or before[0] != after[0]:
        return ""
    prefix, between = before[0], range(before[1] + 1, after[1])
    # Two cameras, or a pause for other photos, leave out whole series; a phone counts milliseconds.
    if not 0 < len(between) <= _MOST_LOST or any((prefix, number) in elsewhere for number in between):
        return ""
    lost = list(between)
    width = len(PurePosixPath(one.shot.name).stem) - len(prefix)
    names = [f"{prefix}{number:0{width}d}" for number in lost]
    return f"{names[0]} is missing" if len(names) == 1 else f"{names[0]} to {names[-1]} are missing"
