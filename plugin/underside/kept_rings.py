"""What a survey of a whole capture has learnt, kept in a folder for runs that see only a part of its shots."""

import io
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from underside import __version__
from underside.capture import Capture, Shot
from underside.errors import SettingsError
from underside.files import json_text, write_atomically, writing
from underside.masker import REVISION, Masker
from underside.photo import Box
from underside.ring import Glance, RingKnowledge, Support
from underside.survey import FirstLook, Position, Seen, Surveyor
from underside.survey.grouping import Group, digest_of, file_digest, learnt_together, worth_learning
from underside.typed import as_content, as_typed

__all__ = [
    "Learnt",
    "Rings",
    "learn_rings",
    "load_rings",
]

_INDEX = "rings.json"
_FORMAT = 3
# Another processor, or another version of the runtime, finds the same room to all that matters.
_OF_THE_MACHINE = ("provider", "onnxruntime")
_AGAIN = "Run `underside rings` again, with the settings of the masks"

ContentOf = Callable[[Shot], str]


@dataclass(frozen=True)
class Learnt:
    """What came of a survey."""

    shots: int
    positions: int
    """Places where a camera stood still for long enough."""
    warnings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class _KeptGroup:
    """Shots that were surveyed together, and the files of what they have taught."""

    ring: str
    """Stands for all photos that they were surveyed with; empty where nothing was learnt."""
    positions: tuple[str, ...]
    looks: str
    supports: Mapping[str, tuple[int, ...]]
    """By pass: the tints of what holds the object there."""
    shots: Mapping[str, tuple[int, int | None, Box | None, str]]
    """By their content: the position's number, the place of its file among these, where to look closer, the pass."""


@dataclass(frozen=True)
class _Index:
    """The file that tells of all the others."""

    format: int
    made_with: Mapping[str, Any]
    capture: str
    plates: tuple[str, ...]
    groups: tuple[_KeptGroup, ...]


class Rings:
    """The rings of one capture, in a folder; photos are known by their content, wherever they are now."""

    def __init__(self, folder: Path, index: _Index) -> None:
        self._folder = folder
        self._index = index
        self._positions: dict[str, Position] = {}

    def groups(self, shots: Sequence[Shot], content: ContentOf, pool: ThreadPoolExecutor) -> Iterator[Group]:
        """The shots as they were learnt from together."""
        hashes = dict(zip((shot.name for shot in shots), pool.map(content, shots), strict=True))
        known = {sha256 for group in self._index.groups for sha256 in group.shots}
        for shot in shots:
            if hashes[shot.name] and hashes[shot.name] not in known:
                raise SettingsError(
                    f"The rings in {self._folder} were learnt without {shot.name}, or before it was changed", _AGAIN
                )
        left = {shot.name: shot for shot in shots if hashes[shot.name]}
        for group in self._index.groups:
            # A photo that lies in two passes was learnt in both of their groups, and is masked once.
            together = tuple(left.pop(name) for name in tuple(left) if hashes[name] in group.shots)
            if together:
                seen = self._seen(group, {hashes[shot.name] for shot in together}) if group.ring else {}
                yield Group(together, group.ring, {shot.name: seen[hashes[shot.name]]() for shot in together if seen})
        unreadable = tuple(shot for shot in shots if not hashes[shot.name])
        if unreadable:
            yield Group(unreadable, "", {})

    def _seen(self, group: _KeptGroup, hashes: set[str]) -> dict[str, Callable[[], Seen]]:
        """By content, what makes what was seen: two shots of the same content have their own."""
        try:
            positions = [self._position(name) for name in group.positions]
            supports = {of_pass: Support.of(tints) for of_pass, tints in group.supports.items()}
            with np.load(self._folder / group.looks, allow_pickle=False) as looks:
                mattes = {sha256: looks[sha256] for sha256 in hashes & set(looks.files)}
        except (OSError, EOFError, ValueError, KeyError, IndexError, BadZipFile, zlib.error) as error:
            raise SettingsError(f"The rings in {self._folder} are incomplete ({error})", _AGAIN) from error

        def maker(sha256: str) -> Callable[[], Seen]:
            number, at, box, of_pass = group.shots[sha256]
            support = supports.get(of_pass)
            if sha256 in mattes:
                position = None if at is None else positions[at]
                look = FirstLook(mattes[sha256], position, box)
                return lambda: Seen(number, look, support=support)
            return lambda: Seen(number, None, positions, support)

        return {sha256: maker(sha256) for sha256 in hashes}

    def _position(self, name: str) -> Position:
        if name not in self._positions:
            self._positions[name] = _load_position(self._folder, name)
        return self._positions[name]


def learn_rings(
    capture: Capture, folder: Path, masker: Masker, *, max_megapixels: float, workers: int, stop: threading.Event
) -> Learnt | None:
    """Survey a capture into a folder; nothing once ``stop`` is set."""
    started = time.monotonic()
    cv2.setNumThreads(1)  # as when masking: each worker is a thread's worth of work
    surveyor = Surveyor(masker.segmenter, capture.plates, max_megapixels=max_megapixels)
    groups: list[Group] = []
    with ThreadPoolExecutor(workers, thread_name_prefix="shot") as pool:
        photos = [*capture.shots, *capture.plates]
        found = pool.map(lambda shot: file_digest(shot.path), photos)
        hashes = dict(zip((photo.name for photo in photos), found, strict=True))
        for shots in learnt_together(capture.shots):
            learnt_from, seen = "", dict[str, Seen]()
            if masker.learns and worth_learning(shots):
                learnt_from = digest_of([hashes[shot.name] for shot in (*shots, *capture.plates)])
                seen = surveyor.survey(shots, pool, stop)
            if stop.is_set():
                return None
            groups.append(Group(shots, learnt_from, seen))
    _save(folder, capture, masker, groups, hashes)
    positions = sum(len(_positions(group.seen.values())) for group in groups)
    return Learnt(len(capture.shots), positions, surveyor.warnings, time.monotonic() - started)


def _save(folder: Path, capture: Capture, masker: Masker, groups: Sequence[Group], hashes: Mapping[str, str]) -> None:
    """The index comes last, so that it never tells of what is not there."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _INDEX).unlink(missing_ok=True)
        for old in (*folder.glob("position-*.npz"), *folder.glob("looks-*.npz")):
            old.unlink()
    index = _Index(
        format=_FORMAT,
        made_with=_made_with(masker),
        capture=str(capture.folder),
        plates=tuple(plate.name for plate in capture.plates),
        groups=tuple(_save_group(folder, number, group, hashes) for number, group in enumerate(groups)),
    )
    write_atomically(folder / _INDEX, json_text(as_content(index)).encode())


def load_rings(folder: Path, masker: Masker) -> Rings:
    """What a survey has left; refused where it was made for other masks."""
    path = folder / _INDEX
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made_with, known = dict(content["made_with"]), int(content["format"])
    except FileNotFoundError:
        raise SettingsError(
            f"There are no rings in {folder}", "Run `underside rings` first, or check the path"
        ) from None
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}", "Fix that") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} was not written by `underside rings` ({error!r})", _AGAIN) from error
    if known > _FORMAT:
        raise SettingsError(
            f"{path} was written by a newer Underside", "Update this one, or learn the rings again with it"
        )
    wanted = _made_with(masker)
    other = [name for name in {**wanted, **made_with} if wanted.get(name) != made_with.get(name)]
    if other:
        names = " and ".join(other)
        told = ", ".join(f"{name} {made_with.get(name)}, not {wanted.get(name)}" for name in other)
        raise SettingsError(f"The rings in {folder} were learnt with another {names} ({told})", _AGAIN)
    try:
        # Only now: an index of an earlier Underside, which says so above, may look otherwise.
        return Rings(folder, as_typed(content, _Index, "the index"))
    except TypeError as error:
        raise SettingsError(f"{path} was not written by `underside rings` ({error!r})", _AGAIN) from error


def _made_with(masker: Masker) -> dict[str, Any]:
    """All that decides what is learnt, and how it is used."""
    segmenter = {name: value for name, value in masker.segmenter.fingerprint.items() if name not in _OF_THE_MACHINE}
    looks = "two looks" if masker.learns else "one look"
    return {"Underside": __version__, "revision": REVISION, "effort": looks, **segmenter}


def _save_group(folder: Path, number: int, group: Group, hashes: Mapping[str, str]) -> _KeptGroup:
    positions = _positions(group.seen.values())
    names = [f"position-{number}-{at}.npz" for at in range(len(positions))]
    for name, position in zip(names, positions, strict=True):
        _save_position(folder, name, position)
    shots: dict[str, tuple[int, int | None, Box | None, str]] = {}
    supports: dict[str, tuple[int, ...]] = {}
    mattes: dict[str, NDArray[np.uint8]] = {}
    for shot in group.shots:
        sha256, seen = hashes[shot.name], group.seen.get(shot.name)
        look = seen.look if seen else None
        at = positions.index(look.position) if look and look.position in positions else None
        box = look.object_box if look else None
        shots[sha256] = (seen.position_number if seen else -1, at, box, shot.pass_name)
        if seen and seen.support:
            supports[shot.pass_name] = tuple(seen.support.numbers)
        if look is not None:
            mattes[sha256] = look.matte
    looks = f"looks-{number}.npz"
    _save_arrays(folder / looks, mattes)
    return _KeptGroup(ring=group.learnt_from, positions=tuple(names), looks=looks, supports=supports, shots=shots)


def _positions(seen: Iterable[Seen]) -> Sequence[Position]:
    """Those that a ring was learnt at; shots are looked for in them in their order."""
    for each in seen:
        if each.among:
            return each.among
    found = {id(each.look.position): each.look.position for each in seen if each.look and each.look.position}
    return [position for position in found.values() if position.ring is not None]


def _save_position(folder: Path, name: str, position: Position) -> None:
    assert position.ring is not None
    content = io.BytesIO()
    position.ring.save(content)
    write_atomically(folder / name, content.getvalue())
    glances = {
        f"{at} {each.name}": getattr(glance, each.name)
        for at, glance in enumerate(position.glances)
        for each in fields(Glance)
    }
    _save_arrays(folder / _glances(name), {"camera": position.camera, "grid": position.grid, **glances})


def _load_position(folder: Path, name: str) -> Position:
    with np.load(folder / _glances(name), allow_pickle=False) as arrays:
        camera = tuple(str(each) for each in arrays["camera"])
        width, height, orientation = (int(each) for each in arrays["grid"])
        position = Position(camera, (width, height, orientation))
        count = len({key.split()[0] for key in arrays.files if " " in key})
        for at in range(count):
            values = {each.name: arrays[f"{at} {each.name}"] for each in fields(Glance)}
            position.glances.append(Glance(**values | {"noise": float(values["noise"])}))
    position.ring = RingKnowledge.load(folder / name)
    return position


def _glances(name: str) -> str:
    return name.replace("position-", "position-glances-")


def _save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_atomically(path, content.getvalue())
