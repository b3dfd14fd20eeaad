"""The preview of each shot: the one drawn while it was masked, or a new one where that will not do."""

from pathlib import Path

from underside.errors import PhotoError
from underside.files import write_atomically
from underside.manifest import ShotRecord, State
from underside.masks import read_mask
from underside.photo import decode, open_known, to_srgb, turn_upright
from underside.preview import draw_preview, preview_path, reduction, shrink

__all__ = ["preview_of"]


def preview_of(shot: ShotRecord, *, capture: Path, out: Path) -> bytes | None:
    """The JPEG to show for a masked shot; none where the photo or the mask cannot be read."""
    path, mask = preview_path(out, shot.photo), out / shot.mask
    if path.is_file() and not (shot.state is State.BY_HAND and _is_older(path, mask)):
        return path.read_bytes()
    preview = _drawn_anew(shot, capture / shot.photo, mask)
    if preview is not None:
        write_atomically(path, preview, durable=False)
    return preview


def _is_older(path: Path, mask: Path) -> bool:
    return mask.is_file() and path.stat().st_mtime_ns < mask.stat().st_mtime_ns


def _drawn_anew(shot: ShotRecord, photo_path: Path, mask_path: Path) -> bytes | None:
    try:
        photo = open_known(photo_path, shot)
        pixels = decode(photo, reduce=reduction(photo.width, photo.height))
        mask = read_mask(mask_path, width=photo.width, height=photo.height)
    except (PhotoError, OSError):
        return None
    return draw_preview(
        turn_upright(to_srgb(shrink(pixels), photo.icc), photo.orientation),
        turn_upright(shrink(mask), photo.orientation),
    )
