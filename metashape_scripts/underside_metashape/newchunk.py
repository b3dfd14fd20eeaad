"""Bring a masked capture into a project as one chunk: a group for each pass, masks on, ready to align."""

from __future__ import annotations

import os
from typing import Callable

from underside_metashape.host import Chunk, Document, Host, MenuError, listed
from underside_metashape.masks import put_masks
from underside_metashape.results import Shot, find_masks, read_results
from underside_metashape.views import views_of

__all__ = ["import_capture"]


def import_capture(
    metashape: Host, document: Document, folder: str, step: Callable[[], None] = lambda: None
) -> tuple[Chunk, str]:
    """A new chunk from a folder of results; photos without a mask stay out."""
    results = read_results(folder)
    usable = [shot for shot in results.shots if shot.mask and os.path.isfile(shot.photo)]
    if not usable:
        raise MenuError(f"There is no photo with a mask in {folder}. Mask the capture first.")
    chunk = document.addChunk()
    chunk.label = os.path.basename(results.capture.replace("\\", "/").rstrip("/")) or "capture"
    passes: dict[str, list[Shot]] = {}
    for shot in usable:
        passes.setdefault(shot.pass_name, []).append(shot)
    for name, members in passes.items():
        step()
        _add_pass(metashape, chunk, name, members)
    _tell_labels_apart(chunk)
    views, odd = views_of(metashape, chunk)
    found, without = find_masks(views, usable)
    put = put_masks(metashape, chunk, found, combine=False, step=step)
    lines = [
        f"{len(views)} photos of {len(passes)} pass(es), {put.done} with a mask. Next: Underside > Align for two poses."
    ]
    left_out = [f"{os.path.basename(shot.photo)}: {_why(shot)}" for shot in results.shots if shot not in usable]
    if left_out or odd or without or put.refused:
        lines += ["Look at these:", *listed([*put.refused, *without, *odd, *left_out])]
    return chunk, "\n".join(lines)


def _why(shot: Shot) -> str:
    if not shot.mask:
        return "left out, " + shot.reason
    return f"left out, its photo is missing: {shot.photo}"


def _add_pass(metashape: Host, chunk: Chunk, name: str, shots: list[Shot]) -> None:
    known = {camera.key for camera in chunk.cameras}
    chunk.addPhotos([shot.photo for shot in shots])
    if not name:
        return
    group = chunk.addCameraGroup()
    group.label = name
    # A station would say that all photos were taken from one point.
    group.type = metashape.CameraGroup.Type.Folder
    for camera in chunk.cameras:
        if camera.key not in known:
            camera.group = group


def _tell_labels_apart(chunk: Chunk) -> None:
    """Labels are file names: two passes often have the same."""
    labels: dict[str, int] = {}
    for camera in chunk.cameras:
        labels[camera.label] = labels.get(camera.label, 0) + 1
    for camera in chunk.cameras:
        if labels[camera.label] > 1 and camera.group is not None:
            camera.label = f"{camera.group.label}/{camera.label}"
