"""Which files and folders are looked at: nothing hidden or half written, no thumbnails, none of our own results."""

import json
import os
import re
from pathlib import Path

from underside.files import PART_SUFFIX
from underside.manifest import MANIFEST_NAME
from underside.masks import MASKS, RESULT_FOLDERS, SET_TABLE
from underside.photo import OTHER_SUFFIXES, PHOTO_SUFFIXES

__all__ = ["holds_results", "is_of_another_kind", "is_passed_over", "may_be_photo", "photos_beside_results"]

# Folders that NAS boxes, file managers and version control fill with thumbnails and copies.
_NOT_A_PASS = re.compile(r"(@eadir|#recycle|\$recycle\.bin|__macosx|\.?thumbnails?|lost\+found)$", re.IGNORECASE)


def may_be_photo(name: str) -> bool:
    """Whether a file is named like a photo."""
    return not _is_hidden(name) and Path(name).suffix.lower() in PHOTO_SUFFIXES


def is_of_another_kind(name: str) -> bool:
    """Whether a file is named like a picture of a kind that is not read."""
    return not _is_hidden(name) and Path(name).suffix.lower() in OTHER_SUFFIXES


def is_passed_over(folder: str) -> bool:
    """Whether a folder of that name is never looked into."""
    return folder.startswith(".") or folder.endswith(PART_SUFFIX) or bool(_NOT_A_PASS.match(folder))


def holds_results(folder: Path) -> bool:
    """Whether a folder is the output of a run, or a set that was prepared from one."""
    is_output = _is_ours(folder / MANIFEST_NAME, "shots") and os.path.isdir(folder / MASKS)  # noqa: PTH112 - never fails
    return is_output or _is_set(folder)


def photos_beside_results(folder: Path) -> int:
    """How many files named like photos are in a folder and those below it, except where results are written."""
    count = 0
    for path, folders, names in os.walk(folder):
        place = Path(path)
        if place != folder and _is_set(place):
            folders.clear()
            continue
        ours = RESULT_FOLDERS if place == folder or holds_results(place) else ()
        folders[:] = [name for name in folders if not is_passed_over(name) and name not in ours]
        count += sum(map(may_be_photo, names))
    return count


def _is_set(folder: Path) -> bool:
    return _is_ours(folder / SET_TABLE, "files")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.endswith(PART_SUFFIX)


def _is_ours(path: Path, listed: str) -> bool:
    """Other programs may use the same file name; a file that is there and cannot be read counts as ours."""
    if not os.path.isfile(path):  # noqa: PTH113 - says no where Path.is_file() fails: what may not be looked at
        return False
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return True
    return isinstance(content, dict) and {"format", listed} <= content.keys()
