"""The order in which photos were taken, as far as their names tell it."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from underside.capture.model import Shot

__all__ = ["file_number", "natural_order", "shooting_order"]

# A camera's counter goes from 9999 back to 1; a few shots around that may have been deleted.
_LAST_NUMBERS, _FIRST_NUMBERS = 9980, 20


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """DSC_2 before DSC_10, folder by folder."""
    key: list[tuple[int, int, str]] = []
    for part in path.parts:
        for piece in re.split(r"(\d+)", part.lower()):
            if piece:
                key += [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece)]
        key.append((-1, 0, ""))
    key.append((2, 0, str(path)))  # names that differ only in case keep a fixed order
    return key


def file_number(shot: Shot) -> tuple[str, int] | None:
    """What a camera's file name counts, and how it begins: ``IMG_0012.JPG`` is IMG_ and 12."""
    match = re.search(r"^(.*?)(\d{1,9})$", PurePosixPath(shot.name).stem)
    return (match[1], int(match[2])) if match else None


def shooting_order(shots: Sequence[Shot]) -> list[Shot]:
    """Natural order, except that a counter that restarted continues: DSC_9999, DSC_0001."""
    ordered = sorted(shots, key=lambda shot: natural_order(shot.path))
    numbers = [number for shot in ordered if (number := file_number(shot))]
    if len(numbers) < len(ordered) or len({prefix for prefix, _ in numbers}) != 1:
        return ordered
    counts = [count for _, count in numbers]
    if counts[0] > _FIRST_NUMBERS or not _LAST_NUMBERS <= counts[-1] <= 9999:
        return ordered
    steps = [later - earlier for earlier, later in pairwise(counts)]
    begin = steps.index(max(steps)) + 1
    return [*ordered[begin:], *ordered[:begin]]
