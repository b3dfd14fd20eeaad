"""Cut-outs: copies of a photo with another background, or none, and all its metadata."""

from underside.cutout.make import Background, Cutout, CutoutOptions, make_cutout, parse_background
from underside.cutout.workers import CutoutWorkers

__all__ = ["Background", "Cutout", "CutoutOptions", "CutoutWorkers", "make_cutout", "parse_background"]
