"""What every file of a layout is called, so that no two ever meet in one name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from underside.errors import UnfitNameError
from underside.files import alike
from underside.layouts.table import IMAGES, Layout, Photos, find
from underside.manifest import ShotRecord

__all__ = ["Place", "mask_names", "places", "refuse_clashes"]


_Files = tuple[str, str | None]
"""A mask and its photo, as paths in a layout's folder; no photo where it stays where it is."""


@dataclass(frozen=True)
class Place:
    """Where one shot lies in a layout; paths are relative to the layout's folder."""

    shot: ShotRecord
    mask: str
    photo: str | None
    """The photo's new name; none if it stays where it is."""


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
    named = _named(layout, [shot.photo for shot in shots])
    return tuple(Place(shot, mask, photo) for shot, (mask, photo) in zip(shots, named, strict=True))


def refuse_clashes(names: Iterable[str], photos: Sequence[str]) -> None:
    """Refuse layouts in which two of the photos would get one mask."""
    for name in names:
        _named(find(name), photos)


def _named(layout: Layout, photos: Sequence[str]) -> list[_Files]:
    may_rename = layout.cut_out or layout.photos is not Photos.STAY
    for rename in (_as_it_is, _with_folder, _with_folder_and_suffix) if may_rename else (_as_it_is,):
        comes = layout.photos is Photos.COME or (may_rename and not layout.cut_out and rename is not _as_it_is)
        named = [_files(layout, rename(PurePosixPath(photo), layout.flat), comes) for photo in photos]
        clash = _first_clash(named)
        if not clash:
            return named
    first, second = (photos[number] for number in clash)
    whole_names_meet = alike(first) == alike(second)
    raise UnfitNameError(
        f"{first} and {second} would get one and the same mask for {layout.program}",
        "Rename one of the two and run again"
        + ("" if whole_names_meet else ", or choose a layout that keeps whole names, such as colmap"),
    )


def _files(layout: Layout, photo: str, comes: bool) -> _Files:
    if not layout.spaces:
        photo = photo.replace(" ", "_")
    mask = f"{layout.masks}/{mask_names(layout, photo)[0]}"
    return mask, f"{IMAGES}/{photo}" if comes else None


def _as_it_is(path: PurePosixPath, flat: bool) -> str:
    return path.name if flat else path.as_posix()


def _with_folder(path: PurePosixPath, flat: bool) -> str:
    return "_".join(path.parts) if flat else path.as_posix()


def _with_folder_and_suffix(path: PurePosixPath, flat: bool) -> str:
    return _with_folder(path.with_stem(f"{path.stem}_{path.suffix[1:]}"), flat)


def _first_clash(named: Sequence[_Files]) -> tuple[int, ...]:
    """Two of them that some disk takes for one; nothing where all is well."""
    seen: dict[str, int] = {}
    for number, files in enumerate(named):
        for file in filter(None, files):
            other = seen.setdefault(alike(file), number)
            if other != number:
                return other, number
    return ()
