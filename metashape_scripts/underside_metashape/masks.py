"""Put masks on cameras: folder by folder, the right size, the right way up, on Metashape's own thread."""

from __future__ import annotations

import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from underside_metashape.host import Camera, Chunk, Host, MenuError, constant
from underside_metashape.results import Found

__all__ = ["Put", "grid_of", "put_masks", "turned"]


@dataclass(frozen=True)
class Put:
    """What became of the masks."""

    done: tuple[Found, ...]
    refused: tuple[str, ...]
    """Photos that got none, and why."""


@dataclass(frozen=True)
class _Fit:
    """A mask that fits its photo as Metashape has it."""

    found: Found
    file: str


def put_masks(
    metashape: Host, chunk: Chunk, found: Sequence[Found], *, combine: bool, step: Callable[[], None] = lambda: None
) -> Put:
    """Give every photo its mask; with ``combine`` what the mask so far hides stays hidden."""
    refused: list[str] = []
    with tempfile.TemporaryDirectory(prefix="underside-") as scratch:
        fits: list[_Fit] = []
        for number, each in enumerate(found):
            step()
            try:
                fits.append(_Fit(each, _fitting(metashape, each, os.path.join(scratch, f"{number}.png"))))
            except MenuError as error:
                refused.append(f"{each.view.name}: {error}")
        if len(chunk.frames) > 1:
            done = [fit for fit in fits if _put_on_frame(metashape, fit, combine, refused)]
        else:
            done = _put_by_folder(metashape, chunk, fits, combine, refused, step)
    return Put(tuple(fit.found for fit in done), tuple(refused))


# ---- one frame: generateMasks, which knows the photo's name as {filename}


def _put_by_folder(
    metashape: Host, chunk: Chunk, fits: Sequence[_Fit], combine: bool, refused: list[str], step: Callable[[], None]
) -> list[_Fit]:
    together: dict[tuple[str, str], list[_Fit]] = {}
    for fit in fits:
        # Combined with nothing is the mask itself, whatever Metashape would make of it.
        union = combine and fit.found.view.camera.mask is not None
        operation = "MaskOperationUnion" if union else "MaskOperationReplacement"
        together.setdefault((_template(fit), operation), []).append(fit)
    done: list[_Fit] = []
    for (template, operation), members in together.items():
        step()
        for fit, error in _put_together(metashape, chunk, template, operation, members):
            if error:
                refused.append(f"{fit.found.view.name}: Metashape refuses its mask: {error}")
            elif fit.found.view.camera.mask is None:
                refused.append(f"{fit.found.view.name}: Metashape did not accept its mask {fit.file}")
            else:
                done.append(fit)
    return done


def _put_together(
    metashape: Host, chunk: Chunk, template: str, operation: str, members: Sequence[_Fit]
) -> list[tuple[_Fit, str]]:
    """Put masks on all members at once; what Metashape has against each, empty where nothing."""
    if not _generate(metashape, chunk, template, operation, members):
        return [(fit, "") for fit in members]
    # It does not say whose mask it was, nor which ones it had put before: each by itself, it does.
    return [(fit, _generate(metashape, chunk, template, operation, [fit])) for fit in members]


def _generate(metashape: Host, chunk: Chunk, template: str, operation: str, members: Sequence[_Fit]) -> str:
    try:
        chunk.generateMasks(
            path=template,
            masking_mode=constant(metashape, "MaskingMode", "MaskingModeFile"),
            mask_operation=constant(metashape, "MaskOperation", operation),
            cameras=[fit.found.view.camera.key for fit in members],
        )
    except Exception as error:  # which ones Metashape raises is not documented
        return str(error)
    return ""


def _template(fit: _Fit) -> str:
    """One template for all masks of a folder whose names differ as their photos' do; otherwise the file itself."""
    folder, name = os.path.split(fit.file)
    stem = Path(fit.found.view.path).stem
    # Where a name has several dots, what {filename} stands for is not documented.
    if not name.startswith(stem) or "." in stem or "{" in fit.file:
        return fit.file
    return f"{folder}/{{filename}}{name[len(stem) :]}"


# ---- several frames: the mask object, since generateMasks cannot name a frame in every version


def _put_on_frame(metashape: Host, fit: _Fit, combine: bool, refused: list[str]) -> bool:
    frame = fit.found.view.frame
    try:
        mask = metashape.Mask()
        mask.load(fit.file)
        if combine and frame.mask is not None:
            mask.setImage(_both(metashape, mask.image(), frame.mask.image()))
        frame.mask = mask
    except Exception as error:  # which ones Metashape raises is not documented
        refused.append(f"{fit.found.view.name}: Metashape refuses its mask: {error}")
        return False
    return True


def _both(metashape: Host, one: Host, other: Host) -> Host:
    """What both keep; masks are 0 or 255, so that bits will do."""
    a, b = _grey(one), _grey(other)
    if len(a) != len(b):
        raise RuntimeError("its existing mask has another size; replace it")
    both = int.from_bytes(a, "little") & int.from_bytes(b, "little")
    return metashape.Image.fromstring(both.to_bytes(len(a), "little"), one.width, one.height, "L", "U8")


def _grey(image: Host) -> bytes:
    return bytes((image if image.cn == 1 else image.convert("L")).tostring())


# ---- size and orientation


def _fitting(metashape: Host, found: Found, scratch: str) -> str:
    """The mask's file, or a turned copy where Metashape has turned the photo."""
    size = _size_of(found.shot.mask)
    grid = grid_of(found.view.frame)
    if size == grid:
        # A brace in a folder's name would be read as part of a template.
        return found.shot.mask if "{" not in found.shot.mask else _copy(found.shot.mask, scratch)
    if size == grid[::-1] and found.shot.orientation in _TURNS:
        image = metashape.Image.open(found.shot.mask)
        content = turned(_grey(image), size, found.shot.orientation)
        metashape.Image.fromstring(content, grid[0], grid[1], "L", "U8").save(scratch)
        return scratch.replace("\\", "/")
    raise MenuError(
        "its mask has {} x {} pixels, the photo in Metashape {} x {}; mask the photo as it is now".format(*size, *grid)
    )


def _copy(file: str, scratch: str) -> str:
    Path(scratch).write_bytes(Path(file).read_bytes())
    return scratch.replace("\\", "/")


def grid_of(frame: Camera) -> tuple[int, int]:
    """Width and height of the photo as Metashape has it."""
    sensor: Host | None = frame.sensor
    if sensor is not None and sensor.width and sensor.height:
        return sensor.width, sensor.height
    image = frame.photo.image()
    return image.width, image.height


def _size_of(mask: str) -> tuple[int, int]:
    """Width and height, from the file's head; a mask of which Metashape would see another part is refused."""
    try:
        with open(mask, "rb") as file:
            head = file.read(26)
    except OSError as error:
        raise MenuError(f"its mask {mask} cannot be read ({error.strerror}); mask it again") from error
    if len(head) < 26 or head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        raise MenuError(f"its mask {mask} is not a PNG file; mask it again")
    if head[25] & _ALPHA:
        raise MenuError(
            f"its mask {mask} was saved with transparency, which a mask for Metashape cannot have; save it without, "
            "black where the object is not"
        )
    width, height = struct.unpack(">II", head[16:24])
    return width, height


# A bit of a PNG's colour type.
_ALPHA = 4

# EXIF orientations that swap width and height: which column of the stored grid is the first row of the upright
# picture, and whether it is read upwards.
_TURNS = {5: (False, False), 6: (False, True), 7: (True, True), 8: (True, False)}


def turned(content: bytes, size: tuple[int, int], orientation: int) -> bytes:
    """A grey picture of that stored size, turned as its EXIF orientation says."""
    width = size[0]
    from_right, upwards = _TURNS[orientation]
    columns = range(width - 1, -1, -1) if from_right else range(width)
    return b"".join(content[x::width][:: -1 if upwards else 1] for x in columns)
