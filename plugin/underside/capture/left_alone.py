"""What in a capture's folder was not taken, in words."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from underside.capture.model import Capture
from underside.counted import counted

__all__ = ["left_alone"]


def left_alone(capture: Capture) -> Iterator[str]:
    """Sentences without their full stop; none for what is left alone everywhere, such as hidden files."""
    for folder in capture.results:
        photos = f", with {counted(folder.photos, 'photo')} in it" if folder.photos else ""
        yield f"{folder.name} was passed over{photos}: it holds results of Underside"
    if capture.not_read:
        kinds = ", ".join(sorted({PurePosixPath(name).suffix.lower() for name in capture.not_read}))
        count = counted(len(capture.not_read), "file")
        yield f"{count} left out: of kinds that are not read ({kinds}); convert photos among them to PNG or TIFF"
