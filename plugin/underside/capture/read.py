"""From a folder, or some photos, to a capture: its shots, plates and passes."""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from underside.capture.model import Capture, Problem, Results, Shot
from underside.capture.order import natural_order
from underside.capture.passes import is_plate_by_name, passes_unmet, told_apart
from underside.capture.rules import PassRules
from underside.capture.taken import (
    holds_results,
    is_of_another_kind,
    is_passed_over,
    may_be_photo,
    photos_beside_results,
)
from underside.disks import identity
from underside.errors import ELSEWHERE, SettingsError
from underside.masks import RESULT_FOLDERS
from underside.photo import RAW_SUFFIXES

__all__ = ["common_folder", "read_capture", "understand"]

_MASK_NAME = re.compile(r"(?P<photo>.+?)(?:\.mask|[_.-]mask|)\.png$", re.IGNORECASE)


def read_capture(
    sources: Sequence[Path], *, output: Path, plates: bool = True, rules: PassRules | None = None
) -> Capture:
    """Understand one folder, or some photos of one folder tree, as a capture.

    ``output`` is never looked into; one that holds photos of the folder is refused. With ``plates`` off, photos
    named like plates are shots like any other. Passes are told by ``rules``, by sub-folders, and in a folder without
    any by its photos' names and times.
    """
    for source in sources:
        if not _exists(source):
            raise SettingsError(f"{source} does not exist, or cannot be accessed", "Check the path")
    if len(sources) == 1 and sources[0].is_dir():
        folder = sources[0].resolve()
        found = _walk(folder, output)
    elif any(source.is_dir() for source in sources):
        raise SettingsError(
            "Several folders, or photos and folders together, are more than one capture",
            "Name one folder, or only photos",
        )
    else:
        folder = common_folder(sources)
        found = _Found(list({_absolute(source) for source in sources}))
    whole = sources[0].is_dir()
    capture = understand(folder, found.photos, found.problems, plates=plates, rules=rules or PassRules(), whole=whole)
    not_read = tuple(path.relative_to(folder).as_posix() for path in found.not_read)
    return replace(capture, results=tuple(found.results), not_read=not_read)


def understand(
    folder: Path,
    paths: Iterable[Path],
    problems: Sequence[Problem] = (),
    *,
    plates: bool,
    rules: PassRules,
    whole: bool,
    by_time: bool | None = None,
) -> Capture:
    """Photos of one folder tree as a capture; ``by_time``: whether times may tell passes, as ``whole`` if not said."""
    photos, left_out = _without_masks(folder, sorted(paths, key=natural_order))
    shots = _pair_raw([_shot(folder, path) for path in photos])
    empty = {shot.name for shot in shots if plates and is_plate_by_name(shot.name, rules)}
    return Capture(
        folder=folder,
        shots=told_apart(
            [shot for shot in shots if shot.name not in empty],
            rules=rules,
            by_time=whole if by_time is None else by_time,
        ),
        plates=tuple(shot for shot in shots if shot.name in empty),
        problems=tuple(problems),
        left_out=tuple(left_out),
        unmet=passes_unmet([shot.name for shot in shots], rules) if whole and not problems else (),
        whole=whole,
        name=folder.name,
    )


def shots_besides(known: Collection[str], folder: Path, *, output: Path) -> tuple[str, ...]:
    """Names of the shots in a capture's folder that are not among the known ones."""
    return tuple(shot.name for shot in read_capture([folder], output=output).shots if shot.name not in known)


def _exists(source: Path) -> bool:
    try:
        return source.exists()
    except OSError:
        return False


@dataclass
class _Found:
    """What is in a folder."""

    photos: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    results: list[Results] = field(default_factory=list)
    not_read: list[Path] = field(default_factory=list)


def _walk(folder: Path, output: Path) -> _Found:
    found = _Found()
    seen = set[Hashable]()
    # Links come last: a folder that is met in both ways keeps its own name.
    folders, links = [folder], list[Path]()
    out = os.path.realpath(output)
    while folders or links:
        place = folders.pop() if folders else links.pop(0)
        try:
            itself = identity(place)
            if itself in seen or (place != folder and _leads_out(place, folder)):
                continue
            seen.add(itself)
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            name = place.relative_to(folder).as_posix() if place != folder else place.name
            reason = f"the folder cannot be read ({error.strerror})"
            found.problems.append(Problem(name, reason, of_all=place == folder))
            continue
        is_output = holds_results(place)
        # By now it does not matter whether this is the folder itself or a link to it.
        if place != folder and os.path.realpath(place) == out:
            if not is_output and photos_beside_results(place):
                raise SettingsError(
                    f"The photos in {output} would be left out, because it is the output folder",
                    ELSEWHERE,
                )
            continue
        if is_output and place != folder:
            found.results.append(Results(place.relative_to(folder).as_posix(), photos_beside_results(place)))
            continue
        for entry in entries:
            path = place / entry.name
            if not _is_folder(entry):
                found.photos += [path] if may_be_photo(entry.name) else []
                found.not_read += [path] if is_of_another_kind(entry.name) else []
            elif not is_passed_over(entry.name) and not (is_output and entry.name in RESULT_FOLDERS):
                (links if entry.is_symlink() else folders).append(path)
    return found


def _leads_out(place: Path, folder: Path) -> bool:
    """A link to a folder around the capture."""
    return Path(os.path.realpath(place)) in folder.parents


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, for example
        return False


def _absolute(path: Path) -> Path:
    # Not resolve(): a photo that is a link keeps the name and folder that the user gave it.
    return Path(os.path.abspath(path))  # noqa: PTH100


def common_folder(photos: Iterable[Path]) -> Path:
    """The folder that all these photos lie below."""
    try:
        return Path(os.path.commonpath([_absolute(photo).parent for photo in photos]))
    except ValueError as error:
        raise SettingsError("The photos lie on several drives", "Mask those of one drive at a time") from error


def _without_masks(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Masks that another program left beside the photos are not photos."""
    names = {path.name.lower() for path in paths}
    names_or_stems = names | {path.stem.lower() for path in paths}
    photos: list[Path] = []
    masks: list[str] = []
    for path in paths:
        match = _MASK_NAME.match(path.name.lower())
        of = match["photo"] if match else ""
        is_mask = of in names if of + ".png" == path.name.lower() else of in names_or_stems
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
