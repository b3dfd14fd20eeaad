"""Which capture and which pass a photo of the watched folder belongs to; said once, when it is first seen."""

from pathlib import PurePosixPath

from underside.capture.names import is_plate_folder, pure_pose_of
from underside.journal import Journal
from underside.watch.folder import Found

__all__ = ["name_in_capture", "place"]

# As for folders that are read at once: photos without a folder of their own are another object after this long.
_NEXT_CAPTURE = 30 * 60 * 10**9


def place(found: Found, root: str, journal: Journal) -> tuple[str, str]:
    """Capture and pass of a new photo.

    Every sub-folder is a capture, unless it is called after a pose or a plate alone: then it is a pass of the watched
    folder, which is one capture. Photos without a sub-folder are parted where the camera paused for long.
    """
    path = PurePosixPath(found.photo)
    first, *rest = path.parts
    if not rest:
        return _loose(found, root, journal), ""
    if pure_pose_of(first, of=root) or is_plate_folder(first):
        return root, path.parent.as_posix()
    within = PurePosixPath(*rest).parent.as_posix()
    return first, "" if within == "." else within


def _loose(found: Found, root: str, journal: Journal) -> str:
    spans = journal.loose_captures()
    for capture, (first, last) in spans.items():
        if first - _NEXT_CAPTURE < found.mtime_ns < last + _NEXT_CAPTURE:
            return capture
    if not spans:
        return root
    stem = PurePosixPath(found.photo).stem
    return stem if stem not in spans else PurePosixPath(found.photo).name


def name_in_capture(photo: str, capture: str) -> str:
    """How the capture's manifest calls a photo: the watched folder itself, too, may be the capture."""
    return photo.removeprefix(f"{capture}/")
