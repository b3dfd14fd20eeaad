"""The node that replaces the background of a scene's photos."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from typing import Any

from meshroom.core import desc

from .parts import attributes
from .parts.files import place
from .parts.node import UndersideNode
from .parts.results import Results
from .parts.revision import REVISION
from .parts.scene import View, folder_of_all, write_scene
from .parts.trouble import writing
from .parts.work import (
    insufficient_among,
    lack_in_words,
    logged,
    mask,
    name_insufficient,
    refuse_incomplete,
    shots_among,
    views_of,
)

__version__ = f"{REVISION}.0"

_WITHOUT_MASK = {
    "fail": "the node fails and names them",
    "original": "the new scene keeps the photo itself",
}
_DELIVERED = "delivered.json"
_LEFT_OUT = ""


class UndersideCutout(UndersideNode):
    """Copies of the photos without their background, and a scene of them."""

    documentation = """
Copies of the photos with the background replaced and all metadata kept, and a scene that points at them.

For photogrammetry use UndersideMasking: masks beside untouched photos lose nothing. A cut-out's silhouette is an edge
like any other to FeatureExtraction. This node makes its own masks: corrections in UndersideMasking's *Masks Folder*
do not reach it. PNG is never written unless chosen: Meshroom reads no camera data from it.
"""

    inputs = [
        attributes.scene(),
        attributes.rings(),
        attributes.model(),
        attributes.effort(),
        desc.StringParam(
            name="background",
            label="Background",
            description="black, white, #rrggbb, r,g,b, or transparent.",
            value="black",
        ),
        desc.ChoiceParam(
            name="format",
            label="Format",
            description="photo: the photo's own format, but TIFF instead of PNG and where transparent. JPEG keeps the "
            "object's blocks bit for bit.",
            value="photo",
            values=["photo", "jpeg", "tiff", "png"],
            exclusive=True,
        ),
        attributes.grow("Keep this many pixels more around the object; negative keeps less."),
        attributes.passes(),
        attributes.without_mask(_WITHOUT_MASK, "Views Without a Cut-Out"),
        attributes.device(),
        *attributes.last(),
    ]

    outputs = [
        desc.File(
            name="output",
            label="SfMData",
            description="The scene with cut-outs in place of the photos.",
            value="{nodeCacheFolder}/cutouts.sfm",
        ),
        desc.File(
            name="cutouts",
            label="Cut-Outs Folder",
            description="Folder of the cut-outs.",
            value="{nodeCacheFolder}/cutouts",
        ),
    ]

    def processChunk(self, chunk: Any) -> None:
        """Cut the chunk's views out; the chunk that ends last writes the scene."""
        with logged(chunk):
            _cut_out_chunk(chunk)


def _cut_out_chunk(chunk: Any) -> None:
    node = chunk.node
    everything, views = views_of(chunk)
    engine_folder = os.path.join(os.path.dirname(node.cutouts.value), "engine")
    own = os.path.join(engine_folder, str(chunk.range.iteration))
    record = os.path.join(own, _DELIVERED)
    with writing(record):
        os.makedirs(own, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(record)
    shots = shots_among(views, node)
    delivered = {view.view_id: _LEFT_OUT for view in views if view not in shots}
    chunk.logger.info(f"{len(delivered)} photos of the empty platter are left out of the new scene")
    missing: list[str] = []
    insufficient: list[str] = []
    for container in sorted({_container(view, node) for view in shots}):
        alike = [view for view in shots if _container(view, node) == container]
        folder = os.path.join(own, container)
        options = ["--cutout", node.background.value, "--cutout-format", container, "--crop", "none"]
        options += ["--grow", str(node.grow.value)]
        results = mask(chunk, alike, folder, all_views=everything, options=options)
        delivered.update(_deliver(alike, results, node.cutouts.value, folder_of_all(everything), missing))
        insufficient += insufficient_among(alike, results)
    if missing and node.withoutMask.value == "fail":
        refuse_incomplete(missing, views, lack="cut-out", way="Views Without a Cut-Out")
    for told in missing:
        chunk.logger.warning(told)
    with writing(record):
        with open(record + ".part", "w", encoding="utf-8") as file:
            json.dump(delivered, file)
        os.replace(record + ".part", record)
    photos = _of_all_chunks(engine_folder, everything)
    if len(photos) == len(everything):
        write_scene(node.input.evalValue, node.output.value, photos)
        chunk.logger.info(f"{sum(map(bool, photos.values()))} views are in {node.output.value}")
    name_insufficient(chunk, insufficient)


def _container(view: View, node: Any) -> str:
    """What the engine is asked for; ``none`` is the photo's own."""
    if node.format.value != "photo":
        return str(node.format.value)
    is_png = view.photo.lower().endswith(".png")
    return "tiff" if is_png or node.background.value.strip().lower() == "transparent" else "none"


def _deliver(views: Sequence[View], results: Results, cutouts: str, folder: str, missing: list[str]) -> dict[str, str]:
    delivered: dict[str, str] = {}
    for view in views:
        shot = results.of(view.photo)
        if shot.is_empty or not shot.cutout:
            missing.append(lack_in_words(shot, view))
            delivered[view.view_id] = view.photo
            continue
        below = os.path.dirname(os.path.relpath(view.photo, folder)) if folder else view.view_id
        target = os.path.join(cutouts, below, os.path.basename(shot.cutout))
        place(shot.cutout, target)
        delivered[view.view_id] = target
    return delivered


def _of_all_chunks(folder: str, views: Sequence[View]) -> dict[str, str]:
    """By view: the photos of all chunks that are done."""
    photos: dict[str, str] = {}
    for number in sorted(os.listdir(folder)):
        record = os.path.join(folder, number, _DELIVERED)
        if os.path.isfile(record):
            with open(record, encoding="utf-8") as file:
                photos.update(json.load(file))
    return {view.view_id: photos[view.view_id] for view in views if view.view_id in photos}
