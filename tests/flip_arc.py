"""Twelve shots of the full capture that see one side of the object in both poses: a proof of them takes seconds."""

from collections.abc import Iterator
from pathlib import Path

ARC = {"upright": range(7, 13), "flipped": (37, 38, 51, 52, 53, 54)}
"""Numbers of the photos: six steps of 20 degrees of a ring, the same side of the object in each pass."""
SHOTS = sum(map(len, ARC.values()))


def arc_of(sample: Path) -> Iterator[tuple[str, Path]]:
    """Each shot's name, and its photo."""
    for pass_name, numbers in ARC.items():
        for number in numbers:
            name = f"{pass_name}/DSC_{number:04}.JPG"
            yield name, sample / name
