"""What the engine has left for each photo."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from .trouble import NodeError

__all__ = ["INSUFFICIENT", "Results", "Shot", "plates_of_rings", "read_results"]

INSUFFICIENT = "insufficient"
"""The verdict on a mask that cannot be trusted."""
_MANIFEST, _RINGS = "capture.json", "rings.json"
_MANIFEST_FORMAT, _RINGS_FORMAT = 1, 3
_Understood = TypeVar("_Understood")


class Shot(NamedTuple):
    """What became of one photo."""

    mask: str
    """Its path; empty where there is none."""
    cutout: str
    width: int
    height: int
    is_empty: bool
    """No object was found."""
    verdict: str
    told: str
    """Why there is no mask, or no better one."""

    @property
    def is_insufficient(self) -> bool:
        """Whether there is a mask that cannot be trusted."""
        return self.verdict == INSUFFICIENT and not self.is_empty


class Results:
    """The results in one folder of the engine."""

    def __init__(self, content: dict[str, Any], folder: str) -> None:
        capture = content["capture"]
        self._shots = {_key(capture, shot["photo"]): _shot(shot, folder) for shot in content["shots"]}
        self._plates = {_key(capture, name) for name in content["plates"]}
        self._beside = {
            _key(capture, name): shot["photo"] for shot in content["shots"] for name in shot.get("companions", ())
        }

    def of(self, photo: str) -> Shot:
        """Everything that is known of a photo, also why it was not masked."""
        key = os.path.normcase(photo)
        if key in self._shots:
            return self._shots[key]
        if key in self._plates:
            return _without_mask("its name says that it shows the empty platter")
        if key in self._beside:
            return _without_mask(f"it is the raw file of {self._beside[key]}: leave one of the two out of the photos")
        return _without_mask("its name says that it is the mask of another photo, or not a photo")


def _without_mask(told: str) -> Shot:
    return Shot("", "", 0, 0, is_empty=False, verdict="", told=told)


def read_results(folder: str) -> Results:
    """The manifest of a folder."""
    return _read(os.path.join(folder, _MANIFEST), _MANIFEST_FORMAT, lambda content: Results(content, folder))


def plates_of_rings(folder: str) -> frozenset[str]:
    """Photos that a ring's survey has taken for plates, as ``os.path.normcase`` has their paths."""
    if not folder:
        return frozenset()
    if not os.path.isfile(os.path.join(folder, _RINGS)):
        raise NodeError(
            f"There is no ring knowledge in {folder}. Compute UndersideRings first, or disconnect Rings to mask each "
            "view alone."
        )
    return _read(
        os.path.join(folder, _RINGS),
        _RINGS_FORMAT,
        lambda content: frozenset(_key(content["capture"], name) for name in content["plates"]),
    )


def _read(path: str, known: int, understood: Callable[[dict[str, Any]], _Understood]) -> _Understood:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if int(content["format"]) <= known:
            return understood(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NodeError(f"{path} cannot be read ({error!r}). Delete the node's data and compute it again.") from error
    raise NodeError(f"{path} was written by a newer Underside. Run in a terminal: underside install meshroom")


def _shot(content: dict[str, Any], folder: str) -> Shot:
    has_mask = bool(content.get("mask")) and content["state"] != "failed"
    return Shot(
        mask=_path(folder, content["mask"]) if has_mask else "",
        cutout=_path(folder, content["cutout"]) if has_mask and content.get("cutout") else "",
        width=int(content.get("width", 0)),
        height=int(content.get("height", 0)),
        is_empty=has_mask and content.get("box") is None,
        verdict=content.get("verdict", ""),
        told=content.get("reason", "") if not has_mask else "; ".join(content.get("reasons", ())),
    )


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/"))


def _key(folder: str, name: str) -> str:
    return os.path.normcase(os.path.abspath(_path(folder, name)))
