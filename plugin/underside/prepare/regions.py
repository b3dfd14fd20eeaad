"""Regions that stay in the masks of a set, whatever lies there: scale bars and coded targets on the platter."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.errors import SettingsError
from underside.files import sha256_of
from underside.manifest import ShotRecord
from underside.masks import drawn_mask

__all__ = ["Region", "check_regions", "parse_region", "region_key", "region_notes", "with_regions"]

Mask = NDArray[np.uint8]
# No photo has a side of more digits.
_BOX = re.compile(r"\s*,".join([r"\s*(\d{1,6})"] * 4) + r"\s*")


@dataclass(frozen=True)
class Region:
    """A part of the stored pixel grid, for some shots or all."""

    where: str
    """A pass, or a pattern of photos such as ``upright/DSC_00*``; empty for all shots."""
    box: tuple[int, int, int, int] | None = None
    """Left, top, width, height."""
    picture: Path | None = None
    """Otherwise: white is what stays."""

    @property
    def name(self) -> str:
        """The region as the person wrote it."""
        what = ",".join(map(str, self.box)) if self.box else str(self.picture)
        return f"{self.where}={what}" if self.where else what

    def holds_for(self, shot: ShotRecord) -> bool:
        """Whether it is a region of that shot."""
        return self.where in ("", shot.pass_name) or fnmatchcase(shot.photo, self.where)


def parse_region(text: str) -> Region:
    """Understand ``x,y,w,h`` or a picture's path, behind ``PASS=`` or ``PATTERN=`` if it is not for all shots."""
    where, equals, what = text.partition("=")
    if not equals or _is_file(text):
        where, what = "", text
    if numbers := _BOX.fullmatch(what):
        left, top, width, height = map(int, numbers.groups())
        if width and height:
            return Region(where, box=(left, top, width, height))
    elif _is_file(what):
        return Region(where, picture=Path(what).resolve())
    raise SettingsError(
        f"{text!r} is not a region to keep",
        "Give left,top,width,height in stored pixels, or a picture of the photo's size, white where masks stay; for "
        "one pass PASS=REGION",
    )


def _is_file(name: str) -> bool:
    # Not Path.is_file(), which fails for a name that is too long to be one.
    return os.path.isfile(name)  # noqa: PTH113


def check_regions(regions: Sequence[Region], shots: Sequence[ShotRecord]) -> None:
    """Refuse what fits no shot, or reaches out of one."""
    for region in regions:
        members = [shot for shot in shots if region.holds_for(shot)]
        if not members:
            passes = ", ".join(dict.fromkeys(shot.pass_name for shot in shots if shot.pass_name))
            raise SettingsError(
                f"--keep-region {region.name} matches no shot of this capture",
                f"Passes are {passes}; a pattern such as PASS/DSC_00* names photos" if passes else "Leave out PASS=",
            )
        for shot in members:
            if not _fits(region, shot):
                raise SettingsError(
                    f"--keep-region {region.name} does not fit {shot.photo}, which has {shot.width} x {shot.height} "
                    "stored pixels",
                    "Name pixels as they are stored (EXIF orientation not applied), or the pass that it is for",
                )


def region_notes(regions: Sequence[Region], shots: Sequence[ShotRecord]) -> Iterator[str]:
    """What is risky about keeping what turns with the platter, not with the object."""
    passes = {shot.pass_name for shot in shots if any(region.holds_for(shot) for region in regions)}
    if len(passes) > 1:
        yield (
            "What --keep-region keeps lies on the platter and not on the object: kept in several passes it joins them "
            "as if the object had never been turned. Keep it in one pass, or let the program find its markers before "
            "the masks are imported"
        )


def region_key(regions: Sequence[Region], shot: ShotRecord) -> str:
    """Tells whether a shot's regions are others than before."""
    return ";".join(
        ",".join(map(str, region.box)) if region.box else _hash_of(region)
        for region in regions
        if region.holds_for(shot)
    )


def with_regions(mask: Mask, regions: Sequence[Region], shot: ShotRecord) -> Mask:
    """The mask and all regions of its shot, on the stored grid."""
    whole = mask.copy()
    for region in regions:
        if not region.holds_for(shot):
            continue
        if region.box:
            left, top, width, height = region.box
            whole[top : top + height, left : left + width] = 255
        else:
            np.bitwise_or(whole, _drawn(region), out=whole)
    return whole


def _fits(region: Region, shot: ShotRecord) -> bool:
    if region.box:
        left, top, width, height = region.box
        return left + width <= shot.width and top + height <= shot.height
    return _drawn(region).shape == (shot.height, shot.width)


@lru_cache(8)
def _drawn(region: Region) -> Mask:
    assert region.picture is not None
    picture = drawn_mask(region.picture)
    if picture is None:
        raise SettingsError(f"{region.picture} is not a picture", "Save the region as PNG, white where the masks stay")
    return picture


@lru_cache(8)
def _hash_of(region: Region) -> str:
    assert region.picture is not None
    return sha256_of(region.picture)
