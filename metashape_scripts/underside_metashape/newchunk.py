"""Bring a masked capture into a project as one chunk: a group for each pass, masks on, ready to align."""

from __future__ import annotations

import os
from typing import Callable

from underside_metashape.host import Chunk, Document, Host, MenuError, listed
from underside_metashape.masks import put_masks
from underside_metashape.results import Shot, find_masks, read_results
from underside_metashape.telling import told_of
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
    chunk = _new_chunk(document)
    chunk.label = os.path.basename(results.capture.replace("\\", "/").rstrip("/")) or "capture"
    passes: dict[str, list[Shot]] = {}
    for shot in usable:
        passes.setdefault(shot.pass_name, []).append(shot)
    refused: list[str] = []
    for name, members in passes.items():
        step()
        refused += _add_pass(metashape, chunk, name, members)
    if not chunk.cameras:
        raise MenuError(
            "\n".join(
                [f"Metashape accepted no photo of {folder}; delete the empty chunk {chunk.label}.", *listed(refused)]
            )
        )
    # The entries that come next act on the active chunk.
    document.chunk = chunk
    _tell_labels_apart(chunk)
    views, odd = views_of(metashape, chunk)
    found, without = find_masks(views, results)
    put = put_masks(metashape, chunk, found, combine=False, step=step)
    lines = [f"{len(views)} photos of {len(passes)} pass(es), {len(put.done)} with a mask."]
    if results.proof is None or results.proof.answer != "no":
        lines[0] += " Next: Underside > Align for two poses."
    left_out = [f"{os.path.basename(shot.photo)}: {_why(shot)}" for shot in results.shots if shot not in usable]
    if refused or left_out or odd or without or put.refused:
        lines += ["Look at these:", *listed([*refused, *put.refused, *without, *odd, *left_out])]
    return chunk, "\n".join([*lines, *told_of(put.done, results)])


def _why(shot: Shot) -> str:
    if not shot.mask:
        return "left out, " + shot.reason
    return f"left out, its photo is missing: {shot.photo}"


def _new_chunk(document: Document) -> Chunk:
    try:
        return document.addChunk()
    except Exception as error:  # which ones Metashape raises is not documented
        raise MenuError(f"Metashape could not add a chunk ({error}). Check that the project can be changed.") from error


def _add_pass(metashape: Host, chunk: Chunk, name: str, shots: list[Shot]) -> list[str]:
    """Add a pass's photos, in a group if the pass has a name; which ones Metashape refuses, as sentences."""
    known = {camera.key for camera in chunk.cameras}
    refused = _add_photos(chunk, [shot.photo for shot in shots])
    added = [camera for camera in chunk.cameras if camera.key not in known]
    if not name or not added:
        return refused
    group = chunk.addCameraGroup()
    group.label = name
    # A station would say that all photos were taken from one point.
    group.type = metashape.CameraGroup.Type.Folder
    for camera in added:
        camera.group = group
    return refused


def _add_photos(chunk: Chunk, photos: list[str]) -> list[str]:
    """All at once, because then they share one lens; if one is refused, the others one by one."""
    if not _refusal(chunk, photos):
        return []
    # Which ones were added before it is not documented.
    there = {os.path.normcase(os.path.abspath(camera.photo.path)) for camera in chunk.cameras}
    missing = [photo for photo in photos if os.path.normcase(os.path.abspath(photo)) not in there]
    refusals = [(photo, _refusal(chunk, [photo])) for photo in missing]
    return [f"{os.path.basename(photo)}: left out, Metashape refuses it: {why}" for photo, why in refusals if why]


def _refusal(chunk: Chunk, photos: list[str]) -> str:
    try:
        chunk.addPhotos(photos)
    except Exception as error:  # which ones Metashape raises is not documented
        return str(error) or type(error).__name__
    return ""


def _tell_labels_apart(chunk: Chunk) -> None:
    """Labels are file names: two passes often have the same."""
    labels: dict[str, int] = {}
    for camera in chunk.cameras:
        labels[camera.label] = labels.get(camera.label, 0) + 1
    for camera in chunk.cameras:
        if labels[camera.label] > 1 and camera.group is not None:
            camera.label = f"{camera.group.label}/{camera.label}"
