"""What was not taken from a capture's folder, in words."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from underside.capture.model import Capture
from underside.counted import counted

__all__ = ["left_alone"]


def left_alone(capture: Capture) -> Iterator[str]:
    """Sentences without their full stop; none for what is left alone everywhere, such as hidden files."""
    for folder in capture.results:
        photos = f", with {counted(folder.photos, 'photo')} in it" if folder.photos else ""
        yield f"{folder.name} was skipped{photos}: it holds Underside's results"
    if capture.not_read:
        kinds = ", ".join(sorted({PurePosixPath(name).suffix.lower() for name in capture.not_read}))
        count = counted(len(capture.not_read), "file")
        yield f"{count} of kinds that are not read ({kinds}) left out; convert any photos among them to PNG or TIFF"
