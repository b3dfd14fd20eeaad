"""How each file of a set comes to be: a link, a copy, or a picture made from photo and mask."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.cutout import CutoutFormat, CutoutOptions, make_cutout
from underside.disks import same_file
from underside.errors import PhotoError
from underside.files import link_or_copy, write_atomically
from underside.layouts import encoded_mask, is_as_wanted
from underside.manifest import ShotRecord
from underside.masks import read_mask
from underside.metadata.position import without_position
from underside.photo import open_known
from underside.prepare.folder import COPIED, LINKED, MADE, SetFolder
from underside.prepare.programs import Member, Program
from underside.prepare.regions import Region, region_key, with_regions
from underside.prepare.shots import Chosen

__all__ = ["CUT_OUT_FORMATS", "PrepareOptions", "Sources", "bring"]

CUT_OUT_FORMATS: dict[str, CutoutFormat] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".png": "png",
}


@dataclass(frozen=True)
class PrepareOptions:
    """What a person may choose."""

    copies: bool = False
    """Whether to copy rather than link: through a hard link an editor would write into the originals."""
    without_position: bool = False
    """Copies without GPS and the like, of the photos that have it."""
    without_insufficient: bool = False
    """Leave out shots whose verdict is insufficient."""
    keep: tuple[Region, ...] = ()
    """What stays in the masks."""


@dataclass(frozen=True)
class Sources:
    """Where photos and masks come from, and what the program and the person want."""

    out: Path
    chosen: Chosen
    program: Program
    options: PrepareOptions

    def photo(self, shot: ShotRecord) -> Path:
        """The original."""
        return self.chosen.capture / shot.photo

    def mask(self, shot: ShotRecord) -> NDArray[np.uint8]:
        """Object, and regions that stay, on the stored grid."""
        mask = read_mask(self.out / shot.mask, width=shot.width, height=shot.height)
        return with_regions(mask, self.options.keep, shot)


def bring(sources: Sources, member: Member, opened: SetFolder) -> str:
    """Have photo and mask of one shot in the set, and say how the photo has come: linked, copied or made."""
    shot, layout, options = member.shot, sources.program.layout, sources.options
    regions = region_key(options.keep, shot)
    turn = shot.orientation if layout.upright else 1
    source = sources.chosen.mask_hashes[shot.photo]
    of_mask = f"{source}, turned {turn}, kept {regions}, copies {options.copies}"
    opened.put_picture(member.mask, of_mask, partial(_make_mask, sources, member), source_sha256=source)
    of_photo = f"{shot.sha256}, copies {options.copies}, without position {options.without_position}"
    make = partial(_make_photo, sources, member)
    if sources.program.cut_outs:
        of_photo, make = f"{of_photo}, cut by {of_mask}", partial(_make_cut_out, sources, member)
    return opened.put_picture(member.photo, of_photo, make, source_sha256=shot.sha256)


def _make_mask(sources: Sources, member: Member, target: Path) -> str:
    layout, shot = sources.program.layout, member.shot
    if is_as_wanted(layout, shot) and not region_key(sources.options.keep, shot):
        return _link(sources, sources.out / shot.mask, target)
    write_atomically(target, encoded_mask(layout, shot, sources.mask(shot)))
    return MADE


def _make_photo(sources: Sources, member: Member, target: Path) -> str:
    source = sources.photo(member.shot)
    if sources.options.without_position:
        data = source.read_bytes()
        neutral = without_position(data)
        if neutral is not data:
            write_atomically(target, neutral)
            facts = source.stat()
            # Meshroom numbers photos by their file's time where they have no other.
            os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            return MADE
    return _link(sources, source, target)


def _make_cut_out(sources: Sources, member: Member, target: Path) -> str:
    shot = member.shot
    photo = open_known(sources.photo(shot), shot)
    if photo.sha256 != shot.sha256:
        raise PhotoError(f"{photo.path} has changed since it was masked", "Run underside mask again")
    # To the pixel: blocks that are kept whole would leave a rim of platter, and steps that look like features.
    how = CutoutOptions(format=CUT_OUT_FORMATS[target.suffix.lower()], mode="fast")
    data = make_cutout(photo, sources.mask(shot), how).data
    write_atomically(target, without_position(data) if sources.options.without_position else data)
    return MADE


def _link(sources: Sources, source: Path, target: Path) -> str:
    # A link to a symbolic link would be a symbolic link too.
    source = source.resolve()
    link_or_copy(source, target, link=not sources.options.copies)
    return LINKED if same_file(target, source) else COPIED
