"""An output folder with true masks of a part of the full capture, or with masks spoiled on purpose, all reduced."""

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import cv2
import numpy as np
from flip_arc import arc_of
from numpy.typing import NDArray
from PIL import Image

from underside.files import sha256_of
from underside.manifest import Manifest, ShotRecord, State, save
from underside.masks import mask_name
from underside.png import encode_png

Mask = NDArray[np.uint8]
Spoil = Callable[[str, Mask, Mask], Mask]
SIZE = (640, 480)


def true_mask(name: str, mask: Mask, platter: Mask) -> Mask:
    """The object alone."""
    return mask


def with_platter(name: str, mask: Mask, platter: Mask) -> Mask:
    """The object and what it stands on."""
    return mask | platter


def everything(name: str, mask: Mask, platter: Mask) -> Mask:
    """No mask at all."""
    return np.full_like(mask, 255)


def reduced_photos(sample: Path, folder: Path) -> None:
    """Photos smaller than they were, with their EXIF."""
    for name, photo in arc_of(sample):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(photo) as picture:
            picture.resize(SIZE, Image.Resampling.LANCZOS).save(target, quality=92, exif=picture.info["exif"])


def mirrored_pass(photos: Path, folder: Path, pass_name: str) -> Path:
    """The photos once more, those of one pass as a mirror shows them."""
    shutil.copytree(photos, folder)
    for photo in (folder / pass_name).iterdir():
        with Image.open(photo) as picture:
            exif, turned = picture.info["exif"], picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        turned.save(photo, quality=92, exif=exif)
    return folder


def masked(capture: Path, sample: Path, out: Path, spoil: Spoil = true_mask, *, mirrored: Collection[str] = ()) -> Path:
    """The output folder that ``underside mask`` would have left; ``mirrored`` are passes of ``mirrored_pass``."""
    records = []
    for photo in sorted(capture.glob("*/*.JPG")):
        name = f"{photo.parent.name}/{photo.name}"
        mask = spoil(name, _read(sample / "gt_masks" / f"{name}.png"), _read(sample / "gt_platter" / f"{name}.png"))
        if photo.parent.name in mirrored:
            mask = np.ascontiguousarray(mask[:, ::-1])
        path = out / mask_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(mask))
        facts = photo.stat()
        records.append(
            ShotRecord(
                name,
                photo.parent.name,
                State.MASKED,
                sha256=sha256_of(photo),
                size=facts.st_size,
                mtime_ns=facts.st_mtime_ns,
                width=SIZE[0],
                height=SIZE[1],
                mask=mask_name(name),
                mask_sha256=sha256_of(path),
                area=float((mask > 0).mean()),
                fingerprint="made by a test",
                verdict="good",
            )
        )
    save(Manifest(str(capture), {}, tuple(records)), out)
    return out


def _read(path: Path) -> Mask:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    small = cv2.resize(mask, SIZE, interpolation=cv2.INTER_AREA)
    return np.where(small >= 128, np.uint8(255), np.uint8(0))
