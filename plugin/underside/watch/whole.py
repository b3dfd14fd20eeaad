"""Whether a photo is whole, from its first byte to its end marker."""

from dataclasses import dataclass
from pathlib import Path

from underside.errors import PhotoError
from underside.photo import decode, open_photo
from underside.watch.folder import Found

__all__ = ["Broken", "Whole", "check_whole"]


@dataclass(frozen=True)
class Whole:
    """A photo opens."""

    found: Found
    sha256: str


@dataclass(frozen=True)
class Broken:
    """A photo does not open."""

    found: Found
    reason: str


def check_whole(path: Path, found: Found, *, max_megapixels: float, thoroughly: bool) -> Whole | Broken:
    """Open a photo; thoroughly: decode it, too.

    What does not decode is found out when it is masked: decoding here, too, is for photos that have failed before.
    """
    try:
        photo = open_photo(path, max_megapixels=max_megapixels)
        if thoroughly:
            decode(photo)
    except PhotoError as error:
        return Broken(found, f"{found.photo}: {error}".replace(f"{found.photo}: {path}", found.photo))
    except (OSError, MemoryError) as error:
        return Broken(found, f"{found.photo} cannot be read: {error}")
    return Whole(found, photo.sha256)
