"""Nodes that mask the views of a Meshroom scene with Underside."""

__version__ = "1.0"
