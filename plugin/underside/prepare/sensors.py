"""Which photos a program takes for those of one camera: it solves one lens for each such group."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from underside.manifest import ShotRecord
from underside.photo import CameraFacts, peek

__all__ = ["Sensor", "sensor_notes", "sensors_of"]

_Facts = tuple[str, ...]
_LABELS = ("camera", "serial number", "lens", "focal length", "size")


@dataclass(frozen=True)
class Sensor:
    """One camera with one lens at one focal length."""

    number: int
    """From 1, in the order of the shots."""
    facts: _Facts
    """In words: camera, serial number, lens, focal length, size in pixels."""
    photos: tuple[str, ...]
    passes: Mapping[str, int]
    """How many shots of each."""


def sensors_of(capture: Path, shots: Iterable[ShotRecord]) -> tuple[Sensor, ...]:
    """Part the shots as programs do, by what their EXIF says."""
    groups: dict[_Facts, list[ShotRecord]] = {}
    for shot in shots:
        groups.setdefault(_facts(capture, shot), []).append(shot)
    return tuple(
        Sensor(number, facts, tuple(shot.photo for shot in group), dict(Counter(shot.pass_name for shot in group)))
        for number, (facts, group) in enumerate(groups.items(), start=1)
    )


def sensor_notes(sensors: Sequence[Sensor]) -> Iterator[str]:
    """In words what tells the groups apart."""
    if len(sensors) < 2:
        return
    differing = [at for at in range(len(_LABELS)) if len({sensor.facts[at] for sensor in sensors}) > 1]
    groups = "; ".join(
        f"{', '.join(sensor.facts[at] for at in differing)} ({_members(sensor.passes)})" for sensor in sensors
    )
    labels = " and ".join(_LABELS[at] for at in differing)
    yield (
        f"Programs take these for photos of {len(sensors)} cameras, by {labels}: {groups}. Each is "
        "solved separately, which makes passes harder to join: shoot all with one camera and one focal length"
    )


def _facts(capture: Path, shot: ShotRecord) -> _Facts:
    seen = peek(capture / shot.photo)
    camera = seen.camera if seen else CameraFacts()
    name = " ".join(part for part in (camera.make, camera.model) if part)
    return (
        name or "unknown camera",
        camera.serial or "no serial number",
        camera.lens or "unknown lens",
        f"{camera.focal_length:g} mm" if camera.focal_length else "unknown focal length",
        f"{shot.width} x {shot.height}",
    )


def _members(passes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {name or 'no pass'}" for name, count in passes.items())
