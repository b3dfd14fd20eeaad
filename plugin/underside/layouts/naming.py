"""What every file of a layout is called, so that no two ever meet in one name."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from underside.errors import OutputError
from underside.layouts.table import IMAGES, Layout, Photos
from underside.manifest import ShotRecord

__all__ = ["Place", "alike", "mask_names", "places"]


@dataclass(frozen=True)
class Place:
    """Where one shot lies in a layout; paths are relative to the layout's folder."""

    shot: ShotRecord
    mask: str
    photo: str | None
    """None where the photo stays where it is."""


def mask_names(layout: Layout, photo: str) -> tuple[str, ...]:
    """Where the program looks for a photo's mask in the masks' folder; Underside writes the first one.

    ``photo`` is the path in the photos' folder.
    """
    path = PurePosixPath(photo)
    folder = PurePosixPath() if layout.flat else path.parent
    return tuple(
        (folder / rule.format(name=path.name, stem=path.stem)).as_posix() for rule in (layout.mask, *layout.also)
    )


def places(layout: Layout, shots: Sequence[ShotRecord]) -> tuple[Place, ...]:
    """Give every shot its place.

    Photos that come along are renamed where names would meet, all by the same rule. Photos that stay keep
    their names, and masks that would meet are refused.
    """
    may_rename = layout.cut_out or layout.photos is not Photos.STAY
    for rename in (_as_it_is, _with_folder, _with_folder_and_suffix) if may_rename else (_as_it_is,):
        names = [rename(PurePosixPath(shot.photo), layout.flat) for shot in shots]
        comes = layout.photos is Photos.COME or (may_rename and not layout.cut_out and rename is not _as_it_is)
        placed = tuple(_place(layout, shot, name, comes) for shot, name in zip(shots, names, strict=True))
        clash = _first_clash(placed)
        if not clash:
            return placed
    first, second = clash
    raise OutputError(
        f"{first.shot.photo} and {second.shot.photo} would get one and the same mask for {layout.program}",
        "Rename one of the two and run again, or choose a layout that keeps whole names, such as colmap",
    )


def alike(path: str) -> str:
    """Paths that some disk takes for one and the same give the same answer."""
    return unicodedata.normalize("NFC", path).casefold()


def _place(layout: Layout, shot: ShotRecord, photo: str, comes: bool) -> Place:
    if not layout.spaces:
        photo = photo.replace(" ", "_")
    mask = f"{layout.masks}/{mask_names(layout, photo)[0]}"
    return Place(shot, mask, f"{IMAGES}/{photo}" if comes else None)


def _as_it_is(path: PurePosixPath, flat: bool) -> str:
    return path.name if flat else path.as_posix()


def _with_folder(path: PurePosixPath, flat: bool) -> str:
    return "_".join(path.parts) if flat else path.as_posix()


def _with_folder_and_suffix(path: PurePosixPath, flat: bool) -> str:
    return _with_folder(path.with_stem(f"{path.stem}_{path.suffix[1:]}"), flat)


def _first_clash(placed: Sequence[Place]) -> tuple[Place, ...]:
    """Two places that some disk takes for one; nothing where all is well."""
    seen: dict[str, Place] = {}
    for place in placed:
        for file in filter(None, (place.mask, place.photo)):
            other = seen.setdefault(alike(file), place)
            if other is not place:
                return other, place
    return ()
