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

__all__ = [
    "MANIFEST",
    "PUT_RIGHT",
    "Found",
    "Proof",
    "Results",
    "Shot",
    "find_masks",
    "needs_mask",
    "plates_among",
    "read_results",
    "report_of",
    "shots_of",
]

MANIFEST = "capture.json"
PUT_RIGHT = "what the other shots show"
"""The engine's name for the step that rewrites a mask once the passes are proven; its verdict stays the earlier one."""
_REPORT = "report.html"
_TABLE = "prepared.json"
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
    is_empty: bool = False
    """Whether its mask is all black: no object was found."""
    doubts: str = ""
    """Why the engine calls its mask insufficient; empty if it does not."""


@dataclass(frozen=True)
class Proof:
    """Whether the passes are one object."""

    answer: str
    """``yes``, ``unsafe`` or ``no``."""
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    capture: str
    """The folder of the photos."""
    shots: tuple[Shot, ...]
    plates: frozenset[str]
    """Paths of the photos of the empty platter, which get no mask, as ``_plain`` has them."""
    proof: Proof | None
    """The proof of these very masks; None if they were not proven."""
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A photo of the chunk and its mask."""

    view: View
    shot: Shot


def read_results(folder: str) -> Results:
    """All shots and plates of a folder of results, with whole paths."""
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if int(content["format"]) <= _FORMAT:
            capture = content["capture"]
            shots = [_shot(shot, capture, folder) for shot in content["shots"]]
            plates = [_plate(plate, capture) for plate in content["plates"]]
            return Results(
                capture=capture,
                shots=(*shots, *plates),
                plates=frozenset(_plain(plate.photo) for plate in plates),
                proof=_proof(content.get("proof")),
                warnings=tuple(content["warnings"]),
            )
    except FileNotFoundError:
        raise MenuError(
            f"{folder} holds no results from Underside: there is no {MANIFEST}. Choose the folder that "
            "`underside mask` or the watched folder writes to."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MenuError(f"{path} cannot be read ({error}). Mask the photos again.") from error
    raise MenuError(f"{path} was written by a newer Underside. Open a terminal and run: underside install metashape")


_PLATE = "it shows the empty platter and gets no mask: disable or remove it"


def _plate(name: str, capture: str) -> Shot:
    return Shot(_path(capture, name), "", "", 1, 0, "", _PLATE)


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
        is_empty=bool(mask) and shot.get("box") is None,
        doubts=_doubts(shot) if mask else "",
    )


def _doubts(shot: dict[str, Any]) -> str:
    if shot.get("verdict") != "insufficient":
        return ""
    is_put_right = any(step["taken"] and step["name"] == PUT_RIGHT for step in shot.get("steps", ()))
    since = ["put right since by what the other shots show"] if is_put_right else []
    return "; ".join([*shot.get("reasons", ()), *since]) or "no reason is given"


def _proof(proof: dict[str, Any] | None) -> Proof | None:
    return Proof(proof["answer"], tuple(proof["reasons"]), tuple(proof.get("notes", ()))) if proof else None


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/")).replace("\\", "/")


def find_masks(views: Sequence[View], results: Results) -> tuple[list[Found], list[str]]:
    """The mask of each photo, and the photos that need one and have none, as sentences."""
    found: list[Found] = []
    without: list[str] = []
    for view, shot in zip(views, shots_of(views, results)):
        if shot is not None and shot.mask:
            found.append(Found(view, shot))
        elif needs_mask(view, results):
            without.append(f"{view.name}: {shot.reason if shot else 'it has no mask there'}")
    return found, without


def needs_mask(view: View, results: Results | None) -> bool:
    """Whether Metashape will use the photo, and it shows the object as far as is known."""
    return bool(view.camera.enabled) and not _is_plate(view, results)


def plates_among(views: Sequence[View], results: Results | None) -> list[str]:
    """Photos of the empty platter that Metashape would use whole, and what to do, as sentences."""
    used = [view for view in views if view.camera.enabled and view.frame.mask is None]
    return [f"{view.name}: {_PLATE}" for view in used if _is_plate(view, results)]


def _is_plate(view: View, results: Results | None) -> bool:
    return results is not None and _plain(view.path) in results.plates


def shots_of(views: Sequence[View], results: Results) -> list[Shot | None]:
    """What the results know of each photo: by its path or, if it was moved, by name and content."""
    by_path = {_plain(shot.photo): shot for shot in results.shots}
    by_name: dict[str, list[Shot]] = {}
    for shot in results.shots:
        by_name.setdefault(_composed(os.path.basename(shot.photo)), []).append(shot)
    return [by_path.get(_plain(view.path)) or _same_content(view.path, by_name) for view in views]


def report_of(folder: str) -> str:
    """The report of a folder of results, or of those that a prepared set was made from; empty if there is none."""
    folders = [folder]
    try:
        with open(os.path.join(folder, _TABLE), encoding="utf-8") as file:
            folders.append(str(json.load(file)["output"]))
    except (OSError, ValueError, KeyError, TypeError):  # it is not a prepared set
        pass
    reports = [os.path.join(each, _REPORT) for each in folders]
    return next((report for report in reports if os.path.isfile(report)), "")


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
