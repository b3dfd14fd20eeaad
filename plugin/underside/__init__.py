"""Underside: masks for turntable photogrammetry."""

__version__ = "0.1.0"
