"""Cut-outs: copies of a photo with another background, or none, and all its metadata."""

from underside.cutout.make import (
    Background,
    Cutout,
    CutoutFormat,
    CutoutMode,
    CutoutOptions,
    make_cutout,
    parse_background,
)
from underside.cutout.workers import CutoutWorkers

__all__ = [
    "Background",
    "Cutout",
    "CutoutFormat",
    "CutoutMode",
    "CutoutOptions",
    "CutoutWorkers",
    "make_cutout",
    "parse_background",
]
