"""Which shots are surveyed together, and what stands for their photos."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from underside.capture import Shot
from underside.files import sha256_of
from underside.survey import Seen

__all__ = ["Group", "digest_of", "file_digest", "learnt_together", "worth_learning"]

# Passes of fewer shots do not tell the still room from the object.
_FEWEST_TO_LEARN_FROM = 4
# A survey keeps half a megabyte a shot.
_LEARNT_AT_ONCE = 400


@dataclass(frozen=True)
class Group:
    """Shots that are masked with what was learnt from them, and perhaps from others, together."""

    shots: tuple[Shot, ...]
    learnt_from: str
    """Stands for all photos that they were surveyed with; empty where nothing was learnt."""
    seen: Mapping[str, Seen]
    """By the shots' names."""


def learnt_together(shots: Sequence[Shot]) -> Iterator[tuple[Shot, ...]]:
    """All shots in their order: a camera sees one room in all passes. Of very many, pass by pass, or parts of these."""
    if len(shots) <= _LEARNT_AT_ONCE:
        yield tuple(shots)
        return
    for _, of_pass in groupby(shots, key=lambda shot: shot.pass_name):
        together = tuple(of_pass)
        yield from (together[start : start + _LEARNT_AT_ONCE] for start in range(0, len(together), _LEARNT_AT_ONCE))


def worth_learning(shots: Sequence[Shot]) -> bool:
    """Whether there are shots enough of some pass."""
    return max(Counter(shot.pass_name for shot in shots).values(), default=0) >= _FEWEST_TO_LEARN_FROM


def digest_of(hashes: Sequence[str]) -> str:
    """What stands for photos of these hashes."""
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """A photo's hash; empty where it cannot be read, which is told when its turn to be masked comes."""
    try:
        # Reading a pipe or a device could wait for ever.
        return sha256_of(path) if path.is_file() else ""
    except OSError:
        return ""
