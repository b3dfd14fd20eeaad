"""A capture: which files of a folder are shots, which are plates, and which pass a shot belongs to."""

from underside.capture.model import Capture, Pass, Problem, Shot
from underside.capture.names import Pose, is_plate, pose_of
from underside.capture.order import natural_order
from underside.capture.passes import is_plate_by_name
from underside.capture.read import common_folder, read_capture, shots_besides
from underside.capture.rules import CaptureRules, PassRules

__all__ = ["Capture", "CaptureRules", "Pass", "PassRules", "Pose", "Problem", "Shot"]
__all__ += [
    "common_folder",
    "is_plate",
    "is_plate_by_name",
    "natural_order",
    "pose_of",
    "read_capture",
    "shots_besides",
]
