"""Which cameras of a chunk can be masked, what photos they show, and which passes those belong to."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Iterable, Sequence

from underside_metashape.host import Camera, Chunk, Host, MenuError

__all__ = ["View", "common_folder", "passes_of", "results_beside", "results_in", "views_of", "whole_passes"]


@dataclass(frozen=True)
class View:
    """One photo of a camera: its only one, or that of one frame."""

    camera: Camera
    frame: Camera
    """The camera itself in a chunk of one frame."""
    path: str
    group: str
    """The label of the camera's group; empty without one."""

    @property
    def name(self) -> str:
        """How messages call it: labels may occur twice."""
        return "/".join(self.path.split("/")[-2:])


def views_of(metashape: Host, chunk: Chunk) -> tuple[list[View], list[str]]:
    """All photos that can be masked; why others that Metashape will use cannot, as sentences."""
    views: list[View] = []
    set_aside: list[str] = []
    for camera in chunk.cameras:
        if not _is_regular(metashape, camera):
            if camera.enabled:
                set_aside.append(f"{camera.label}: no photo of its own (a keyframe)")
            continue
        for frame in camera.frames if len(chunk.frames) > 1 else [camera]:
            reason = _unusable(frame)
            if not reason:
                path = os.path.abspath(frame.photo.path).replace("\\", "/")
                views.append(View(camera, frame, path, camera.group.label if camera.group else ""))
            elif camera.enabled:
                set_aside.append(f"{camera.label}: {reason}")
    return views, set_aside


def _is_regular(metashape: Host, camera: Camera) -> bool:
    kinds = getattr(metashape.Camera, "Type", None)
    return kinds is None or camera.type == kinds.Regular


def _unusable(frame: Camera | None) -> str:
    if frame is None or frame.photo is None or not frame.photo.path:
        return "it has no photo"
    path = frame.photo.path
    if any(each in path for each in "\t\r\n"):
        return f"rename {path!r}: a photo's name cannot contain a tab or a line break"
    return "" if os.path.isfile(path) else f"its photo is missing: {path}"


def passes_of(views: Iterable[View], *, by_groups: bool) -> dict[tuple[str, str], list[View]]:
    """By group where that is wanted and there is one, by folder otherwise."""
    found: dict[tuple[str, str], list[View]] = {}
    for view in views:
        key = ("group", view.group) if by_groups and view.group else ("folder", os.path.dirname(view.path))
        found.setdefault(key, []).append(view)
    return found


def whole_passes(views: Sequence[View], chosen: Sequence[View], *, by_groups: bool) -> list[View]:
    """The chosen photos and all others of their passes: a mask is made with what its whole pass tells."""
    names = {view.path for view in chosen}
    passes = passes_of(views, by_groups=by_groups).values()
    return [view for members in passes if any(each.path in names for each in members) for view in members]


def common_folder(paths: Iterable[str]) -> str:
    """The folder around all photos: the engine calls them by their paths in it."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:
        raise MenuError(
            "The photos lie on several drives, which cannot be one capture. Select the cameras of one drive and mask "
            "them; then those of the next."
        ) from None


def results_beside(project: str, folder: str) -> str:
    """Where the results for the photos of a folder lie: beside the project, each folder's by itself."""
    if not project:
        raise MenuError("Save the project first: masks are kept in a folder beside it.")
    return results_in(os.path.splitext(os.path.abspath(project))[0] + ".underside", folder)


def results_in(place: str, folder: str) -> str:
    """Where in a place for results those for the photos of a folder lie: the engine keeps one capture in each."""
    mark = hashlib.sha256(os.path.normcase(folder).encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return os.path.join(place, "{}-{}".format(os.path.basename(folder) or "photos", mark))
