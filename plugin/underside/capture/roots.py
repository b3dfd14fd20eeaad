"""The captures that lie in one folder, such as the one that a camera station watches."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from underside.capture.model import Capture, Shot
from underside.capture.moments import segments
from underside.capture.names import is_plate, is_plate_folder, pure_pose_of
from underside.capture.order import shooting_order
from underside.capture.read import read_capture, understand
from underside.capture.rules import PassRules
from underside.capture.taken import holds_results, is_passed_over, may_be_photo
from underside.errors import SettingsError
from underside.masks import RESULT_FOLDERS

__all__ = ["captures_in"]

# In a folder without sub-folders an object follows another after this long; a flip takes minutes.
_NEXT_CAPTURE_MINUTES = 30.0


def captures_in(
    root: Path,
    *,
    output: Path,
    plates: bool = True,
    rules: PassRules | None = None,
    next_capture_minutes: float = _NEXT_CAPTURE_MINUTES,
) -> tuple[Capture, ...]:
    """The captures of a folder, by name.

    A sub-folder that is called after a pose, and nothing else, makes the root itself one capture. Otherwise each
    sub-folder with photos is one, and photos in the root itself are parted where the camera paused for so long.
    Folders and photos of plates alone are not captures.
    """
    rules = rules or PassRules()
    root = root.resolve()
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        raise SettingsError(f"{root} cannot be read ({error.strerror})", "Check the path") from error
    out = os.path.realpath(output)
    passed_over = RESULT_FOLDERS if holds_results(entry.name for entry in entries) else ()
    folders = [
        path
        for path in (root / entry.name for entry in entries if entry.name not in passed_over)
        if path.is_dir() and not is_passed_over(path.name) and os.path.realpath(path) != out and not _is_output(path)
    ]
    of_root = [folder for folder in folders if pure_pose_of(folder.name, of=root.name)]
    found = {folder: read_capture([folder], output=output, plates=plates, rules=rules) for folder in folders}
    if any(found[folder].shots for folder in of_root):
        return (read_capture([root], output=output, plates=plates, rules=rules),)
    captures = [each for folder, each in found.items() if each.shots and not (plates and is_plate_folder(folder.name))]
    loose = [root / entry.name for entry in entries if may_be_photo(entry.name) and not (root / entry.name).is_dir()]
    captures += _loose(root, loose, plates=plates, rules=rules, minutes=next_capture_minutes)
    return tuple(captures)


def _is_output(folder: Path) -> bool:
    try:
        return holds_results(path.name for path in folder.iterdir())
    except OSError:
        return False


def _loose(root: Path, paths: Sequence[Path], *, plates: bool, rules: PassRules, minutes: float) -> list[Capture]:
    """Photos in the root itself; with a single capture among them it is called like the root."""
    every = [Shot(path, path.name, "") for path in paths]
    shots = [shot for shot in every if not (plates and is_plate(shot.name))]
    if not shots:
        return []
    parts = segments(shots, pause=minutes * 60)
    beside = [shot.path for shot in every if shot not in shots]
    captures = [
        understand(
            root, [*(shot.path for shot in part), *beside], plates=plates, rules=rules, whole=False, by_time=True
        )
        for part in parts
    ]
    if len(captures) == 1:
        return [replace(captures[0], whole=True)]
    names = [shooting_order(part)[0].path for part in parts]
    stems = [name.stem for name in names]
    return [
        replace(capture, name=name.stem if stems.count(name.stem) == 1 else name.name)
        for capture, name in zip(captures, names, strict=True)
    ]
