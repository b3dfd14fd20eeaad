"""Whether raw files lie in another folder than the photos that were developed from them."""

from collections import defaultdict
from pathlib import PurePosixPath

from underside.capture.model import Capture
from underside.photo import PHOTO_SUFFIXES, RAW_SUFFIXES

__all__ = ["raw_files_apart"]

# What people call folders in which they keep the kinds of file of the same shots apart.
_KINDS = {suffix[1:] for suffix in PHOTO_SUFFIXES} | {"raw", "raws", "jpgs", "jpegs"}


def raw_files_apart(capture: Capture) -> str:
    """A sentence without its full stop; nothing where each shot has its files in one folder."""
    folders: dict[tuple[str, ...], dict[bool, set[str]]] = defaultdict(lambda: {True: set(), False: set()})
    for shot in capture.shots:
        path = PurePosixPath(shot.name)
        same_shot = *(part for part in path.parts[:-1] if part.lower() not in _KINDS), path.stem.lower()
        folders[same_shot][path.suffix.lower() in RAW_SUFFIXES].add(path.parent.as_posix())
    apart = sorted({name for of in folders.values() if of[True] and of[False] for name in of[True] | of[False]})
    if not apart:
        return ""
    return (
        f"Raw files lie in other folders than photos of the same names ({', '.join(apart)}), so each counts as a shot "
        "of its own: put both into one folder"
    )
