"""A capture that is masked already, made in a moment, for tests of what comes after the masks."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from underside.files import sha256_of
from underside.layouts import write_layout
from underside.manifest import Manifest, ShotRecord, State, save
from underside.png import encode_png

ORIENTATION = 0x0112
WIDTH, HEIGHT = 64, 48

TWO_PASSES = ("upright/DSC_0001.JPG", "flipped/DSC_0019.JPG")
SAME_NAMES = ("upright/0001.jpg", "flipped/0001.jpg")


@dataclass(frozen=True)
class Finished:
    """The folders of a capture, its output, and the manifest there."""

    capture: Path
    out: Path
    manifest: Manifest

    def mask(self, photo: str) -> NDArray[np.uint8]:
        """The mask of a photo, as stored."""
        return pixels(self.out / "masks" / f"{photo}.png")


def finish(
    folder: Path,
    photos: Iterable[str],
    *,
    orientation: int = 1,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    failed: Iterable[str] = (),
    plates: Iterable[str] = (),
) -> Finished:
    """Photos and, for all but the failed ones and the plates, their masks."""
    capture, out = folder / "capture", folder / "out"
    shots: list[ShotRecord] = []
    for number, photo in enumerate([*photos, *failed, *plates]):
        write_photo(capture / photo, orientation=orientation, seed=number, size=size)
    for photo in photos:
        mask = out / "masks" / f"{photo}.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        mask.write_bytes(encode_png(letter(seed=len(shots), size=size)))
        known = record(photo, State.MASKED, orientation=orientation, size=size)
        shots.append(replace(known, sha256=sha256_of(capture / photo)))
    shots += [ShotRecord(photo, _pass_of(photo), State.FAILED, reason="It is cut short") for photo in failed]
    manifest = Manifest(capture=str(capture), engines={}, shots=tuple(shots), plates=tuple(plates))
    save(manifest, out)
    return Finished(capture, out, manifest)


def laid(finished: Finished, name: str) -> Path:
    """Its layout of that name."""
    return write_layout(finished.manifest, finished.out, name).folder


def record(photo: str, state: State, *, orientation: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT)) -> ShotRecord:
    """What the manifest says of a shot that has a mask."""
    return ShotRecord(
        photo,
        _pass_of(photo),
        state,
        width=size[0],
        height=size[1],
        orientation=orientation,
        mask=f"masks/{photo}.png",
    )


def letter(seed: int = 0, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> NDArray[np.uint8]:
    """A mask that shows which way up it is: an F, a little different for each seed."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    left, top = width // 4 + seed % 5, height // 5
    mask[top : height - top, left : left + width // 10] = 255
    mask[top : top + height // 8, left : left + width // 2] = 255
    mask[height // 2 : height // 2 + height // 9, left : left + width // 3] = 255
    return mask


def write_photo(path: Path, *, orientation: int = 1, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """A photo of noise, whose EXIF says how it is stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(noise).save(path, exif=exif)


def files(folder: Path) -> set[str]:
    """All that lie in it, by their names from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pixels(path: Path) -> NDArray[np.uint8]:
    """A picture's pixels as they are in the file."""
    with Image.open(path) as image:
        return np.asarray(image)


def upright(mask: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """A mask as Pillow turns a photo of that orientation."""
    content = io.BytesIO()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(mask).save(content, "png", exif=exif)
    return np.asarray(ImageOps.exif_transpose(Image.open(content)))


def _pass_of(photo: str) -> str:
    parent = PurePosixPath(photo).parent.as_posix()
    return "" if parent == "." else parent
