"""Plates that are named one by one, whatever they are called and wherever they lie."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from underside.capture.model import Capture, Shot
from underside.capture.read import read_capture
from underside.capture.rules import CaptureRules
from underside.errors import PhotoError, SettingsError
from underside.photo import MOST_MEGAPIXELS, decode, open_photo

__all__ = ["read_with_plates", "with_plates"]


def read_with_plates(
    sources: Sequence[Path], rules: CaptureRules, *, output: Path, max_megapixels: float = MOST_MEGAPIXELS
) -> Capture:
    """``read_capture``, and the plates that the rules name besides."""
    found = read_capture(sources, output=output, plates=rules.plates_by_name, rules=rules.passes)
    return with_plates(found, rules.plates, max_megapixels=max_megapixels)


def with_plates(capture: Capture, photos: Sequence[Path], *, max_megapixels: float = MOST_MEGAPIXELS) -> Capture:
    """The capture with these photos as plates too; a shot among them is no longer a shot.

    A plate that lies elsewhere has its whole path for a name.
    """
    if not photos:
        return capture
    for photo in photos:
        _check(photo, max_megapixels)
    named = {os.path.realpath(photo): photo for photo in photos}
    known = {place for shot in (*capture.shots, *capture.plates) for place in _places(shot, capture.folder)}
    shots_named = [shot for shot in capture.shots if not named.keys().isdisjoint(_places(shot, capture.folder))]
    elsewhere = [_elsewhere(photo) for place, photo in named.items() if place not in known]
    return replace(
        capture,
        shots=tuple(shot for shot in capture.shots if shot not in shots_named),
        plates=(*capture.plates, *shots_named, *elsewhere),
    )


def _places(shot: Shot, folder: Path) -> set[str]:
    return {os.path.realpath(path) for path in (shot.path, *(folder / name for name in shot.companions))}


def _elsewhere(photo: Path) -> Shot:
    # Not resolve(): a photo that is a link keeps the name that the user gave it.
    path = Path(os.path.abspath(photo))  # noqa: PTH100
    return Shot(path=path, name=path.as_posix(), pass_name="")


def _check(photo: Path, max_megapixels: float) -> None:
    """A plate of the capture's own may be left out with a word; one that was asked for would be missed."""
    try:
        decode(open_photo(photo, max_megapixels=max_megapixels), reduce=8)
    except PhotoError as error:
        raise SettingsError(f"The plate {error.what}", error.remedy) from error
