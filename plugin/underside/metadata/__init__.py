"""Metadata, carried and not rebuilt: what a photo says beside its pixels, and how another container holds it."""

from underside.metadata.blocks import Metadata, missing_camera_facts, read_metadata
from underside.metadata.picture import picture_sha256

__all__ = ["Metadata", "missing_camera_facts", "picture_sha256", "read_metadata"]
