"""What the engine has left in a folder of results, and which mask belongs to which photo of a chunk."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from dataclasses import dataclass
from typing import Any, Sequence

from underside_metashape.host import MenuError
from underside_metashape.views import View

__all__ = ["MANIFEST", "Found", "Results", "Shot", "find_masks", "read_results"]

MANIFEST = "capture.json"
_FORMAT = 1


@dataclass(frozen=True)
class Shot:
    """One shot of the manifest."""

    photo: str
    """Its path on this machine, as the manifest has it."""
    pass_name: str
    mask: str
    """Its path; empty for a shot that failed and for plates."""
    orientation: int
    size: int
    sha256: str
    reason: str
    """Why it has no mask."""


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    capture: str
    """The folder of the photos."""
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Found:
    """A photo of the chunk and its mask."""

    view: View
    mask: str
    orientation: int


def read_results(folder: str) -> Results:
    """All shots and plates of a folder of results, with whole paths."""
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if int(content["format"]) <= _FORMAT:
            capture = content["capture"]
            shots = [_shot(shot, capture, folder) for shot in content["shots"]]
            return Results(capture, (*shots, *(_plate(plate, capture) for plate in content["plates"])))
    except FileNotFoundError:
        raise MenuError(
            f"{folder} holds no results from Underside: there is no {MANIFEST}. Choose the folder that "
            "`underside mask` or the watched folder writes to."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MenuError(f"{path} cannot be read ({error}). Mask the photos again.") from error
    raise MenuError(f"{path} was written by a newer Underside. Open a terminal and run: underside install metashape")


def _plate(name: str, capture: str) -> Shot:
    reason = "it shows the empty platter and gets no mask: disable or remove it"
    return Shot(_path(capture, name), "", "", 1, 0, "", reason)


def _shot(shot: dict[str, Any], capture: str, folder: str) -> Shot:
    mask = _path(folder, shot["mask"]) if shot.get("mask") and shot["state"] != "failed" else ""
    reason = shot.get("reason") or "it could not be masked"
    if mask and not os.path.isfile(mask):
        mask, reason = "", f"its mask is gone: {mask}. Mask it again"
    return Shot(
        photo=_path(capture, shot["photo"]),
        pass_name=shot["pass_name"],
        mask=mask,
        orientation=int(shot.get("orientation", 1)),
        size=int(shot.get("size", 0)),
        sha256=shot.get("sha256", ""),
        reason="" if mask else reason,
    )


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/")).replace("\\", "/")


def find_masks(views: Sequence[View], shots: Sequence[Shot]) -> tuple[list[Found], list[str]]:
    """The mask of each photo: by its path, and for photos that were moved by name and content.

    What has none is told of as sentences.
    """
    by_path = {_plain(shot.photo): shot for shot in shots}
    by_name: dict[str, list[Shot]] = {}
    for shot in shots:
        by_name.setdefault(_composed(os.path.basename(shot.photo)), []).append(shot)
    found: list[Found] = []
    without: list[str] = []
    for view in views:
        shot_of_view = by_path.get(_plain(view.path)) or _same_content(view.path, by_name)
        if shot_of_view is None:
            without.append(f"{view.name}: it has no mask there")
        elif not shot_of_view.mask:
            without.append(f"{view.name}: {shot_of_view.reason}")
        else:
            found.append(Found(view, shot_of_view.mask, shot_of_view.orientation))
    return found, without


def _plain(path: str) -> str:
    return _composed(os.path.realpath(path).replace("\\", "/"))


def _composed(path: str) -> str:
    # macOS hands names out with their accents apart.
    return unicodedata.normalize("NFC", os.path.normcase(path))


def _same_content(path: str, by_name: dict[str, list[Shot]]) -> Shot | None:
    size = os.path.getsize(path)
    same = [shot for shot in by_name.get(_composed(os.path.basename(path)), []) if shot.size == size]
    if not same:
        return None
    with open(path, "rb") as file:
        content = hashlib.sha256(file.read()).hexdigest()
    return next((shot for shot in same if shot.sha256 == content), None)
