"""What of a photo's file is its picture, whatever else the file says: to know it again with other metadata."""

import hashlib
from collections.abc import Sequence

from underside.metadata.segments import NotWholeError, is_metadata, split
from underside.photo import Container, Photo
from underside.photo.exif import Tags

__all__ = ["picture_sha256"]

# Where strips and tiles lie in a TIFF, and how long they are.
_PARTS = ((273, 279), (324, 325))


def picture_sha256(photo: Photo) -> str:
    """The hash of the compressed picture; empty where a container does not keep it apart from all else."""
    match photo.container:
        case Container.JPEG:
            parts = _of_jpeg(photo.data)
        case Container.TIFF:
            parts = _of_tiff(photo.data)
        case _:
            return ""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _of_jpeg(data: bytes) -> Sequence[bytes | memoryview]:
    try:
        return [bytes(each) for each in split(data).segments if not is_metadata(each.marker)]
    except NotWholeError:
        return [data]


def _of_tiff(data: bytes) -> Sequence[bytes | memoryview]:
    tags = Tags.of(data)
    if tags is None:
        return [data]
    page = tags.directory(tags.first)
    places = [place for part in _PARTS for place in zip(*(tags.whole(page, tag) for tag in part), strict=False)]
    return [memoryview(data)[begin : begin + length] for begin, length in places] or [data]
