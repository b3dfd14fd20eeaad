"""The node that learns what all shots of a scene tell together."""

from __future__ import annotations

import os
from typing import Any

from meshroom.core import desc

from .parts import attributes
from .parts.node import UndersideNode
from .parts.revision import REVISION
from .parts.scene import pass_names
from .parts.trouble import NodeError
from .parts.work import logged, run_engine, settings_of, views_of

__version__ = f"{REVISION}.0"

PHOTOS = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".webp", ".heic", ".heif", ".hif", ".avif")
"""How photos of the platter may end: as the engine has it, but for camera raw."""


class UndersideRings(UndersideNode):
    """What is still while the object turns."""

    # Not in chunks: all shots are needed. The size is for the nodes that take theirs from this one.
    parallelization = None
    documentation = """
Looks at all shots once and keeps what the whole ring shows: the still room behind the turning object, and the empty
platter where photos show it. UndersideMasking and UndersideCutout use it through *Rings*, in all their chunks alike.
"""

    inputs = [
        attributes.scene(),
        attributes.model(),
        attributes.effort(),
        attributes.passes(),
        desc.File(
            name="platesFolder",
            label="Plates Folder",
            description="Folder with photos of the empty platter, taken with the same camera from the same place. "
            "They need not be among the views; views named plate* or in a folder named empty are plates too. "
            "Meshroom does not see its contents change: delete this node's data after you have changed them.",
            value="",
        ),
        attributes.device(),
        *attributes.last(),
    ]

    outputs = [
        desc.File(
            name="output",
            label="Rings",
            description="Folder for what was learnt.",
            value="{nodeCacheFolder}/rings",
        ),
    ]

    def processChunk(self, chunk: Any) -> None:
        """Survey all views by one process of the engine."""
        with logged(chunk):
            views, _ = views_of(chunk)
            words = ["rings", *settings_of(chunk.node)]
            for plate in _plates(chunk.node.platesFolder.evalValue):
                words += ["--plate", plate]
            passes = pass_names(views, chunk.node.passes.value)
            run_engine(chunk, words, views, chunk.node.output.value, passes)


def _plates(folder: str) -> list[str]:
    if not folder:
        return []
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise NodeError(f"The folder of plates {folder} cannot be read: {error.strerror}. Check its path.") from error
    plates = [os.path.join(folder, name) for name in names if name.lower().endswith(PHOTOS) and name[0] != "."]
    if not plates:
        raise NodeError(f"There are no photos in the folder of plates {folder}. Check its path, or leave it empty.")
    return plates
