"""Which capture and which pass a photo of the watched folder belongs to; said once, when it is first seen."""

from collections.abc import Callable
from pathlib import PurePosixPath

from underside.capture.names import is_pass_folder
from underside.journal import Journal
from underside.watch.folder import Found

__all__ = ["folder_of", "has_own_folder", "name_in_capture", "name_is_taken", "place"]

# As for folders that are read at once: photos without a folder of their own are another object after this long.
_NEXT_CAPTURE = 30 * 60 * 10**9


def place(
    found: Found, root: str, journal: Journal, *, plates: bool, is_folder: Callable[[str], bool]
) -> tuple[str, str]:
    """Capture and pass of a new photo.

    Every sub-folder is a capture, unless it is called after a pose or, with ``plates`` on, a plate alone: then it is a
    pass of the watched folder, which is one capture. Photos without a sub-folder are parted where the camera paused for
    long; their captures get no name that ``is_folder``, as that one is a capture of its own.
    """
    path = PurePosixPath(found.photo)
    first, *rest = path.parts
    if not rest:
        return _loose(found, root, journal, is_folder), ""
    if is_pass_folder(first, of=root, plates=plates):
        return root, path.parent.as_posix()
    within = PurePosixPath(*rest).parent.as_posix()
    return first, "" if within == "." else within


def _loose(found: Found, root: str, journal: Journal, is_folder: Callable[[str], bool]) -> str:
    spans = journal.loose_captures()
    for capture, (first, last) in spans.items():
        if first - _NEXT_CAPTURE < found.mtime_ns < last + _NEXT_CAPTURE:
            return capture
    path = PurePosixPath(found.photo)
    names = [path.stem, path.name] if spans else [root, path.stem, path.name]
    return next((name for name in names if name not in spans and not is_folder(name)), path.name)


def name_is_taken(photo: str, capture: str, journal: Journal, *, in_work: Callable[[str], bool]) -> bool:
    """Whether a photo would come into a capture whose folder is another one, though their names are the same.

    One of the two is a sub-folder, the other the watched folder itself: the same name in both would be one mask. A
    folder that was renamed lets go of its name once the masks have gone along, and nothing is done for it any more.
    """
    other = journal.one_of(capture) if in_work(capture) else journal.holder_of(capture)
    return other is not None and has_own_folder(other.photo, capture) != has_own_folder(photo, capture)


def has_own_folder(photo: str, capture: str) -> bool:
    """Whether the capture of a photo is a sub-folder of the watched folder, which otherwise is the capture itself."""
    return photo.startswith(f"{capture}/")


def folder_of(photo: str, capture: str) -> str:
    """The folder of a photo's capture, in the watched folder; empty where it is the watched folder itself."""
    return capture if has_own_folder(photo, capture) else ""


def name_in_capture(photo: str, capture: str) -> str:
    """How the capture's manifest calls a photo: the watched folder itself, too, may be the capture."""
    return photo.removeprefix(f"{capture}/")
