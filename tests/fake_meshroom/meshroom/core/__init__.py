"""The core of the stand-in."""
