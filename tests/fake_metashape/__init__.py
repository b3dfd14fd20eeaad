"""A strict stand-in for Agisoft's module: what a version has, with its keywords and types, and nothing else.

Written from the official reference, Agisoft's own scripts and change log. Where the real one's behaviour is not known
it raises: our code must not lean on it.
"""

from fake_metashape.chunk import CameraType, Chunk
from fake_metashape.module import FakeMetashape
from fake_metashape.strict import VERSIONS

__all__ = ["VERSIONS", "CameraType", "Chunk", "FakeMetashape"]
