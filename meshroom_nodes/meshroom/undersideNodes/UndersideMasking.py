"""The node that masks the views of a scene."""

from __future__ import annotations

import os
from typing import Any

from meshroom.core import desc

from .parts import attributes
from .parts.masks import MasksFolder, check_mask
from .parts.node import UndersideNode
from .parts.results import Shot
from .parts.revision import REVISION
from .parts.scene import View
from .parts.trouble import NodeError
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
    "whole": "their masks are all white, so the whole photo counts, background included",
    "leaveOut": "their masks are all black, so they are not used",
}


class UndersideMasking(UndersideNode):
    """One mask for every view."""

    documentation = """
Masks the object on a turntable, without the platter: `<viewId>.png` for every view, white where the object is.

Connect *Masks Folder* to both *FeatureExtraction > Masks Folder* and *PrepareDenseScene > Masks Folders*.
Connect *Rings* to UndersideRings: masks made with what the whole ring shows are better than those of single views.

A mask that you correct in *Masks Folder* stays. Nodes that were already computed do not see it: delete the data of
FeatureExtraction and PrepareDenseScene, and of all nodes after them.
"""

    inputs = [
        attributes.scene(),
        attributes.rings(),
        attributes.model(),
        attributes.effort(),
        attributes.grow("Grow every mask by this many pixels; negative shrinks."),
        attributes.passes(),
        attributes.without_mask(_WITHOUT_MASK, "Views Without a Mask"),
        attributes.device(),
        *attributes.last(),
    ]

    outputs = [
        desc.File(
            name="output",
            label="Masks Folder",
            description="Folder of the masks.",
            value="{nodeCacheFolder}/masks",
        ),
        desc.File(
            name="masks",
            label="Masks",
            description="The masks, for viewing.",
            semantic="image",
            value="{nodeCacheFolder}/masks/<VIEW_ID>.png",
        ),
    ]

    def processChunk(self, chunk: Any) -> None:
        """Mask the chunk's views by one process of the engine."""
        with logged(chunk):
            _mask_chunk(chunk)


def _mask_chunk(chunk: Any) -> None:
    node = chunk.node
    everything, views = views_of(chunk)
    masks = MasksFolder(node.output.value)
    by_hand = [view for view in views if masks.is_by_hand(view.view_id)]
    shots = shots_among(views, node)
    for view in views:
        if view in by_hand:
            check_mask(masks.of(view.view_id), *_size(view))
            chunk.logger.info(f"{view.name}: its mask was changed by hand, and stays")
        elif view not in shots:
            chunk.logger.info(f"{view.name} shows the empty platter: it is not used")
            masks.put_plain(view.view_id, *_size(view), white=False)
    if not shots:
        return
    folder = os.path.join(os.path.dirname(masks.folder), "engine", str(chunk.range.iteration))
    options = ["--cutout", "none", "--grow", str(node.grow.value)]
    results = mask(chunk, shots, folder, all_views=everything, options=options)
    delivered = [(view, _deliver(results.of(view.photo), view, masks)) for view in shots if view not in by_hand]
    lacking = [(view, told) for view, told in delivered if told]
    if lacking and node.withoutMask.value == "fail":
        refuse_incomplete([told for _, told in lacking], views, lack="mask", way="Views Without a Mask")
    for view, told in lacking:
        chunk.logger.warning(told)
        masks.put_plain(view.view_id, *_size(view), white=node.withoutMask.value == "whole")
    chunk.logger.info(f"{len(views)} masks are in {masks.folder}")
    name_insufficient(chunk, insufficient_among([view for view, _ in delivered], results))


def _deliver(shot: Shot, view: View, masks: MasksFolder) -> str:
    """Put a view's mask where it belongs; what is wrong in words where there is none."""
    if shot.is_empty or not shot.mask:
        return lack_in_words(shot, view)
    if view.width and (shot.width, shot.height) != (view.width, view.height):
        raise NodeError(
            f"{view.name} has {shot.width} x {shot.height} pixels, but the scene says {view.width} x {view.height}, "
            "and a mask of another size is ignored. Remove the photo from CameraInit and add it again."
        )
    check_mask(shot.mask, shot.width, shot.height)
    masks.put(view.view_id, shot.mask)
    return ""


def _size(view: View) -> tuple[int, int]:
    if view.width < 1 or view.height < 1:
        raise NodeError(f"The scene gives no size for {view.name}. Remove it from CameraInit and add it again.")
    return view.width, view.height
