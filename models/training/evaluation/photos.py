"""Photos whose truth is known: a capture's folder, or a set that was rendered, both of one layout.

Photos lie in folders, ``upright/DSC_0001.JPG``; beside those ``gt_masks/upright/DSC_0001.JPG.png``, and in
``gt_platter/`` the platter where the object leaves it free, if that is known.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

__all__ = ["HELD_OUT", "SET_FACTS", "Photo", "PhotoSet", "read_set"]

SET_FACTS = "set.json"
"""In a rendered set: what it was made from."""
HELD_OUT = "held out"


@dataclass(frozen=True)
class Photo:
    """Where it is and where its truth is."""

    name: str
    path: Path
    truth: Path
    platter: Path | None

    @property
    def kind(self) -> str:
        """What it was made to be hard by, or the pass of a capture."""
        return Path(self.name).parent.name or "photo"

    def pixels(self) -> NDArray[np.uint8]:
        """RGB, as stored."""
        return np.ascontiguousarray(_read(self.path, cv2.IMREAD_COLOR)[..., ::-1])

    def object(self) -> NDArray[np.bool_]:
        """Where at least half of a pixel is object."""
        return _read(self.truth, cv2.IMREAD_GRAYSCALE) > 127

    def free_platter(self) -> NDArray[np.bool_] | None:
        """Where the platter is seen, if that is known."""
        return None if self.platter is None else _read(self.platter, cv2.IMREAD_GRAYSCALE) > 127


@dataclass(frozen=True)
class PhotoSet:
    """Photos that are judged together."""

    name: str
    photos: tuple[Photo, ...]
    rendered: bool

    def fingerprint(self) -> str:
        """Of all truths and names: figures of two runs can be compared where it is the same."""
        whole = hashlib.sha256()
        for photo in self.photos:
            whole.update(photo.name.encode() + photo.path.read_bytes() + photo.truth.read_bytes())
        return whole.hexdigest()


def read_set(folder: Path, *, to_judge: bool = True) -> PhotoSet:
    """All photos of the folder that have a truth. To judge by, a set that networks may have learnt from is refused."""
    truths = sorted((folder / "gt_masks").rglob("*.png"))
    if not truths:
        raise TrainingError(
            f"{folder} has no photos with truth", "Name a folder in which gt_masks/ lies beside the photos"
        )
    facts = folder / SET_FACTS
    if to_judge and facts.is_file() and json.loads(facts.read_text(encoding="utf-8")).get("content") != HELD_OUT:
        raise TrainingError(
            f"{folder} was rendered from what networks learn from",
            "Render one from what is held out, without --training",
        )
    photos = []
    for truth in truths:
        name = truth.relative_to(folder / "gt_masks").with_suffix("")
        platter = folder / "gt_platter" / name.with_name(f"{name.name}.png")
        if not (folder / name).is_file():
            raise TrainingError(f"{truth} is the truth of a photo that is missing", f"Put {folder / name} back")
        photos.append(Photo(name.as_posix(), folder / name, truth, platter if platter.is_file() else None))
    return PhotoSet(_name(folder), tuple(photos), facts.is_file())


def _name(folder: Path) -> str:
    folder = folder.resolve()
    return f"{folder.parent.name}/{folder.name}"


def _read(path: Path, how: int) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), how | cv2.IMREAD_IGNORE_ORIENTATION)
    if picture is None:
        raise TrainingError(f"{path} cannot be read as a picture", "Make the set again, or remove the photo")
    return np.asarray(picture, np.uint8)
