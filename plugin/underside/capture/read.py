"""A capture: which files of a folder are shots, which are plates, and which pass a shot belongs to."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from underside.capture.taken import holds_results, is_passed_over, may_be_photo
from underside.errors import SettingsError
from underside.masks import RESULT_FOLDERS
from underside.photo import RAW_SUFFIXES

__all__ = ["Capture", "Problem", "Shot", "is_plate", "natural_order", "read_capture"]

_PLATE_FOLDERS = re.compile(r"(empty|plates?|leer|vide|vac[ií]o)$", re.IGNORECASE)
_PLATE_FILES = re.compile(r"(empty|plate)", re.IGNORECASE)
_MASK_NAME = re.compile(r"(?P<photo>.+?)(?:\.mask|[_.-]mask|)\.png$", re.IGNORECASE)


@dataclass(frozen=True)
class Shot:
    """One photo of a pass."""

    path: Path
    name: str
    """The path relative to the capture's folder, with ``/``: how manifest, masks and messages call it."""
    pass_name: str
    companions: tuple[str, ...] = ()
    """Names of the same shot's camera raw files: the JPEG beside them is what is masked."""


@dataclass(frozen=True)
class Problem:
    """Something in the folder that could not be looked at, in words."""

    name: str
    reason: str


@dataclass(frozen=True)
class Capture:
    """All photos of one object."""

    folder: Path
    shots: tuple[Shot, ...]
    plates: tuple[Shot, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()
    """Files that look like photos and are none, such as masks of the photos beside them."""
    whole: bool = True
    """All photos of the folder; otherwise those that were named, and there may be more."""


def read_capture(sources: Sequence[Path], *, output: Path, plates: bool = True) -> Capture:
    """Understand one folder, or some photos of one folder tree, as a capture.

    ``output`` is never looked into. With ``plates`` off, photos named like plates are shots like any other.
    """
    for source in sources:
        if not _exists(source):
            raise SettingsError(f"{source} does not exist, or may not be looked at", "Check the path")
    if len(sources) == 1 and sources[0].is_dir():
        folder = sources[0].resolve()
        paths, problems = _walk(folder, output)
    elif any(source.is_dir() for source in sources):
        raise SettingsError(
            "Several folders, or photos and folders together, are more than one capture",
            "Name one folder, or only photos",
        )
    else:
        folder = _common_folder(sources)
        paths, problems = list({_absolute(source) for source in sources}), []
    photos, left_out = _without_masks(folder, sorted(paths, key=natural_order))
    shots = _pair_raw([_shot(folder, path) for path in photos])
    empty = {shot.name for shot in shots if plates and is_plate(shot.name)}
    return Capture(
        folder=folder,
        shots=tuple(shot for shot in shots if shot.name not in empty),
        plates=tuple(shot for shot in shots if shot.name in empty),
        problems=tuple(problems),
        left_out=tuple(left_out),
        whole=sources[0].is_dir(),
    )


def _exists(source: Path) -> bool:
    try:
        return source.exists()
    except OSError:
        return False


def _walk(folder: Path, output: Path) -> tuple[list[Path], list[Problem]]:
    photos: list[Path] = []
    problems: list[Problem] = []
    seen: set[tuple[int, int]] = set()
    # Links come last: a folder that is met in both ways keeps its own name.
    folders, links = [folder], list[Path]()
    out = os.path.realpath(output)
    while folders or links:
        place = folders.pop() if folders else links.pop(0)
        try:
            facts = place.stat()
            if (facts.st_dev, facts.st_ino) in seen or (place != folder and _leads_out(place, folder, out)):
                continue
            seen.add((facts.st_dev, facts.st_ino))
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            name = place.relative_to(folder).as_posix() if place != folder else place.name
            problems.append(Problem(name, f"the folder cannot be read ({error.strerror})"))
            continue
        is_output = holds_results(entry.name for entry in entries)
        if is_output and place != folder:
            continue
        for entry in entries:
            path = place / entry.name
            if not _is_folder(entry):
                photos += [path] if may_be_photo(entry.name) else []
            elif not is_passed_over(entry.name) and not (is_output and entry.name in RESULT_FOLDERS):
                (links if entry.is_symlink() else folders).append(path)
    return photos, problems


def _leads_out(place: Path, folder: Path, output: str) -> bool:
    """The output folder, or a link to a folder around the capture."""
    real = os.path.realpath(place)
    return real == output or Path(real) in folder.parents


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, for example
        return False


def _absolute(path: Path) -> Path:
    # Not resolve(): a photo that is a link keeps the name and folder that the user gave it.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _common_folder(photos: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([_absolute(photo).parent for photo in photos]))


def _without_masks(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Masks that another program left beside the photos are no photos."""
    names = {path.name.lower() for path in paths}
    stems = {path.stem.lower() for path in paths}
    photos: list[Path] = []
    masks: list[str] = []
    for path in paths:
        match = _MASK_NAME.match(path.name.lower())
        of = match["photo"] if match else ""
        is_mask = of in names if of + ".png" == path.name.lower() else of in names | stems
        if is_mask:
            masks.append(path.relative_to(folder).as_posix())
        else:
            photos.append(path)
    return photos, masks


def _shot(folder: Path, path: Path) -> Shot:
    name = path.relative_to(folder).as_posix()
    parent = PurePosixPath(name).parent.as_posix()
    return Shot(path=path, name=name, pass_name="" if parent == "." else parent)


def _pair_raw(shots: Iterable[Shot]) -> list[Shot]:
    """RAW+JPEG pairs are one shot: the developed file is masked, the raw file is listed with it."""
    by_stem: dict[str, list[Shot]] = defaultdict(list)
    for shot in shots:
        by_stem[PurePosixPath(shot.name).with_suffix("").as_posix().lower()].append(shot)
    paired: list[Shot] = []
    for same in by_stem.values():
        raw = [shot for shot in same if _is_raw(shot)]
        developed = [shot for shot in same if not _is_raw(shot)]
        if raw and developed:
            first = replace(developed[0], companions=tuple(shot.name for shot in raw))
            paired += [first, *developed[1:]]
        else:
            paired += same
    return paired


def _is_raw(shot: Shot) -> bool:
    return shot.path.suffix.lower() in RAW_SUFFIXES


def is_plate(name: str) -> bool:
    """Whether a photo, named with its path in the capture, is called like a plate."""
    # Some systems write an accent as a character of its own.
    *folders, file = PurePosixPath(unicodedata.normalize("NFC", name)).parts
    return any(_PLATE_FOLDERS.match(folder) for folder in folders) or bool(_PLATE_FILES.match(file))


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
