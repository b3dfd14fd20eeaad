"""Masks that were saved as another kind of picture than the one that is read: an editor's usual choice."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from underside.capture import Shot
from underside.counted import some
from underside.masks import MASKS, mask_name

__all__ = ["unread_masks"]

_KINDS = (".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".psd", ".xcf")


def unread_masks(shots: Iterable[Shot], out: Path) -> str:
    """The files in the masks' places that are not read, as a sentence without its full stop; empty where none are."""
    wanted: dict[Path, set[str]] = {}
    for shot in shots:
        place = out / mask_name(shot.name)
        wanted.setdefault(place.parent, set()).add(place.stem)
    found: list[str] = []
    for folder, names in wanted.items():
        with suppress(OSError):
            there = sorted(folder.iterdir())
            unread = [path for path in there if path.suffix.lower() in _KINDS and path.stem in names]
            found += [path.relative_to(out).as_posix() for path in unread]
    if not found:
        return ""
    example = f"{found[0].rpartition('.')[0].removeprefix(f'{MASKS}/')}.png"
    return f"Not read, as masks are PNG files, such as {example}: {some(found)}"
