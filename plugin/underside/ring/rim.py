"""The rim around an object, into which it is blurred, and which differs from the room as the object does."""

from underside.looks import Found

__all__ = ["rim_of"]

# Pixels of the photo or of the matte, whichever are larger. They are taken for object: its edge is looked for within
# them (docs/edges.md).
_WIDTH = 2.0


def rim_of(found: Found) -> float:
    """Its width, in pixels of the photo, where a matte was put right."""
    cell = (found.box[2] - found.box[0]) / found.matte.shape[1]
    return _WIDTH * float(max(cell, 1.0))
