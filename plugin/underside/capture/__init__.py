"""A capture: which files of a folder are shots, which are plates, and which pass a shot belongs to."""

from underside.capture.read import Capture, Problem, Shot, is_plate, natural_order, read_capture

__all__ = ["Capture", "Problem", "Shot", "is_plate", "natural_order", "read_capture"]
