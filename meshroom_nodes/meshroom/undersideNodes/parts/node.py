"""What Underside's nodes have in common as Meshroom sees them."""

from __future__ import annotations

from typing import Any

from meshroom.core import desc

from . import attributes
from .scene import ViewCount

__all__ = ["UndersideNode"]


class UndersideNode(desc.Node):
    """Something made of the views of a scene, so many of them to a chunk."""

    size = ViewCount("input")
    parallelization: desc.Parallelization | None = desc.Parallelization(blockSize=40)
    cpu = desc.Level.INTENSIVE
    ram = desc.Level.NORMAL
    category = "Segmentation"

    def upgradeAttributeValues(self, attrValues: dict[str, Any], fromVersion: Any) -> dict[str, Any]:
        """Projects of another revision get this one, and their results count as outdated."""
        return attributes.of_this_revision(attrValues)
