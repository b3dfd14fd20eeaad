"""Captures as a run leaves them, and what there is in the sets that are made of them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import piexif
from finished_folder import HEIGHT, WIDTH, Finished, files, finish

from underside.files import sha256_of
from underside.manifest import save
from underside.prepare import PrepareOptions, parse_region

TWO_PASSES = ("upright/DSC_0001.JPG", "flipped/DSC_0019.JPG")
SAME_NAMES = ("upright/0001.jpg", "flipped/0001.jpg")


def masked(
    folder: Path,
    photos: Iterable[str] = SAME_NAMES,
    *,
    orientation: int = 1,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    failed: Iterable[str] = (),
) -> Finished:
    """A capture as a run leaves it."""
    return hashed(finish(folder, photos, orientation=orientation, size=size, failed=failed))


def hashed(finished: Finished) -> Finished:
    """The manifest with what the files are now."""
    shots = []
    for shot in finished.manifest.shots:
        photo, mask = finished.capture / shot.photo, finished.out / shot.mask
        facts = photo.stat()
        shot = replace(shot, sha256=sha256_of(photo), size=facts.st_size, mtime_ns=facts.st_mtime_ns)
        shots.append(replace(shot, mask_sha256=sha256_of(mask)) if shot.mask else shot)
    manifest = replace(finished.manifest, shots=tuple(shots))
    save(manifest, finished.out)
    return replace(finished, manifest=manifest)


def stamps(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What a change of any file would change."""
    return {name: (*_stamp(folder / name), (folder / name).read_bytes()) for name in files(folder)}


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns


def table(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    return content


def camera(path: Path, focal_length: int, model: str = "LX-4") -> None:
    """Let a photo say what it was taken with."""
    body = {piexif.ImageIFD.Make: "LUMENWORKS", piexif.ImageIFD.Model: model}
    lens = {piexif.ExifIFD.FocalLength: (focal_length, 1)}
    piexif.insert(piexif.dump({"0th": body, "Exif": lens}), str(path))


def keeping(*regions: str) -> PrepareOptions:
    return PrepareOptions(keep=tuple(parse_region(region) for region in regions))
