"""Which pass each shot belongs to: as the rules say, as folders and names tell, or by the pauses between shots."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from underside.capture.model import Shot
from underside.capture.moments import segments
from underside.capture.names import Pose, is_plate, is_plate_folder, pose_of
from underside.capture.order import shooting_order
from underside.capture.rules import PassRules
from underside.files import alike

__all__ = ["in_passes", "is_plate_by_name", "numbered", "pass_by_name", "passes_unmet", "told_apart"]


def told_apart(shots: Sequence[Shot], *, rules: PassRules, by_time: bool) -> tuple[Shot, ...]:
    """The shots with their passes, pass by pass, each in the order in which its names say they were taken."""
    told = [replace(shot, pass_name=_or(pass_by_name(shot.name, rules), shot.pass_name)) for shot in shots]
    if any(shot.pass_name for shot in told):
        return in_passes(told)
    by_words = _by_words(told)
    if by_words is not None:
        return in_passes(by_words)
    pause = None if rules.gap_minutes is None else rules.gap_minutes * 60
    return numbered(segments(told, pause=pause) if by_time else [told])


def pass_by_name(name: str, rules: PassRules) -> str | None:
    """The pass that the rules give a photo, named with its path in the capture."""
    if name in rules.photos:
        return rules.photos[name]
    for pass_name, patterns in rules.patterns.items():
        if any(_fits(name, pattern) for pattern in patterns):
            return pass_name
    return None


def passes_unmet(names: Sequence[str], rules: PassRules) -> tuple[str, ...]:
    """The passes whose patterns no photo fits; plates may well be absent."""
    wanted = {name: patterns for name, patterns in rules.patterns.items() if not is_plate_folder(name)}
    return tuple(
        pass_name
        for pass_name, patterns in wanted.items()
        if not any(_fits(name, pattern) for name in names for pattern in patterns)
    )


def is_plate_by_name(name: str, rules: PassRules) -> bool:
    """Whether a photo, named with its path in the capture, is a plate: by the rules, otherwise by its name."""
    told = pass_by_name(name, rules)
    return is_plate(name) if told is None else is_plate_folder(told)


def numbered(parts: Sequence[Sequence[Shot]]) -> tuple[Shot, ...]:
    """Parts as passes: one has no name, several are called by their number."""
    if len(parts) < 2:
        return in_passes(shot for part in parts for shot in part)
    named = [replace(shot, pass_name=f"pass {number}") for number, part in enumerate(parts, 1) for shot in part]
    return in_passes(named)


def in_passes(shots: Iterable[Shot]) -> tuple[Shot, ...]:
    """The shots pass by pass: who works through them meets each pass once."""
    passes: dict[str, list[Shot]] = {}
    for shot in shots:
        passes.setdefault(shot.pass_name, []).append(shot)
    return tuple(shot for name in passes for shot in shooting_order(passes[name]))


def _fits(name: str, pattern: str) -> bool:
    path, pattern = alike(name), alike(pattern)
    return fnmatchcase(path, pattern) or fnmatchcase(PurePosixPath(path).name, pattern)


def _or(told: str | None, otherwise: str) -> str:
    return otherwise if told is None else told


def _by_words(shots: Sequence[Shot]) -> list[Shot] | None:
    """By poses in the photos' own names, such as upright_01.jpg; none unless every photo tells and they differ."""
    poses = [pose_of(PurePosixPath(shot.name).stem) for shot in shots]
    if Pose.UNKNOWN in poses or len(set(poses)) < 2:
        return None
    return [replace(shot, pass_name=pose.value) for shot, pose in zip(shots, poses, strict=True)]
