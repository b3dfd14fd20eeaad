"""Background subtraction: what a shot shows and its plate, the same view without the object, does not."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.errors import PhotoError, SettingsError
from underside.photo import MOST_MEGAPIXELS, decode, open_photo, to_srgb, turn_upright
from underside.segmenters import Choices, Segmenter
from underside.segmenters._difference import difference_matte, exposure_gain, linear
from underside.segmenters._seeing import border_of, finer, grid_near, shrunk
from underside.segmenters.network import make as make_network

__all__ = ["Plate", "PlateSegmenter", "choose_plate", "judge_plate", "make", "plate_of", "read_plate", "shows_more"]

# Of log light: from here a plate of another exposure than the shots has other noise and other highlights.
_EXPOSURE_STEP = float(np.log(1.5))
# Log light by which the border may differ on average before the plate shows another view. On the tuning captures
# a ring's own plate stays below 0.007, on black velvet at ISO 8000 at 0.057.
_OTHER_VIEW = 0.08
# Share of an outline that is an edge of the plate alone: on the tuning captures at most 0.12 with clean plates
# (0.4 on a checkered platter), and 0.1 to 0.7 with another shot in place of the plate.
_PLATE_EDGES = 0.12
# Pixels of the grid by which two ways to reduce photos of one shape may differ.
_ROUNDED = 2
# So many shots, evenly taken from the capture, are looked at to judge its plates.
_WITNESSES = 8


@dataclass(frozen=True)
class Plate:
    """One shot of the empty platter, upright, on the grid at which it is compared."""

    name: str
    picture: NDArray[np.uint8]
    sha256: str


@dataclass(frozen=True)
class PlateSegmenter:
    """Compares each shot with the plate that fits it best."""

    plates: tuple[Plate, ...]
    prior: Segmenter
    """Asked where the plate says little: in shadows, and where object and room have one colour."""
    told: tuple[str, ...] = ()
    """What is to be said of the plates."""
    name: str = "plate"
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The method and the plates' content."""
        content = "".join(plate.sha256 for plate in self.plates)
        own = {"segmenter": self.name, "revision": "1", "plates": hashlib.sha256(content.encode()).hexdigest()}
        return {**self.prior.fingerprint, **own}

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes on the plates, and on the prior."""
        return (*self.told, *self.prior.notes)

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """About 512 x 512 pixels, or what the prior looks at if that is more."""
        return finer(grid_near(width, height), self.prior.grid(width, height))

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How surely each part is not the plate's; a picture that no plate fits is a PhotoError."""
        small = shrunk(picture, grid_near(picture.shape[1], picture.shape[0]))
        plate = choose_plate(self.plates, small)
        if plate is None:
            raise PhotoError(
                f"No plate has the shape of this photo ({small.shape[1]} x {small.shape[0]} when reduced)",
                "Take a plate with the same camera, held the same way, or choose another --segmenter",
            )
        if _unlike(small, plate.picture) > _OTHER_VIEW:
            raise PhotoError(
                f"No plate shows the room of this photo: {plate.name} comes nearest",
                "Take a plate from every place where the camera stood, or choose another --segmenter",
            )
        room = shrunk(plate.picture, small.shape[1::-1])
        return difference_matte(small, room, self.prior.matte(picture))


def make(choices: Choices) -> PlateSegmenter:
    """From the capture's own plates, with the network as prior."""
    if not choices.plates:
        raise SettingsError(
            "--segmenter plate needs a plate: a photo of the empty platter, taken with the same camera",
            "Put it into a folder named empty in the capture, or choose another --segmenter",
        )
    notes, plates = [], []
    witnesses = list(_witnesses(choices))
    for path in choices.plates:
        try:
            plate = read_plate(path, max_megapixels=choices.max_megapixels)
        except PhotoError as error:
            notes.append(f"A plate is left out: {str(error).rstrip('.')}")
            continue
        plates.append(plate)
    for plate in plates:
        own = [picture for picture in witnesses if choose_plate(plates, picture) is plate]
        if not own and _fitting(plate, witnesses):
            continue  # its ring is not among these photos, or has a plate that fits better
        notes += [f"The plate {plate.name} may not fit: {problem}" for problem in judge_plate(plate, own)]
    if not plates:
        raise SettingsError(f"No plate can be used. {notes[0]}", "Take another, or choose another --segmenter")
    return PlateSegmenter(tuple(plates), make_network(choices), tuple(notes))


def read_plate(path: Path, *, max_megapixels: float = MOST_MEGAPIXELS) -> Plate:
    """A plate from its file."""
    photo = open_photo(path, max_megapixels=max_megapixels)
    picture = turn_upright(to_srgb(decode(photo), photo.icc), photo.orientation)
    return plate_of(picture, name=f"{path.parent.name}/{path.name}", sha256=photo.sha256)


def plate_of(picture: NDArray[np.uint8], *, name: str, sha256: str = "") -> Plate:
    """A plate from its upright picture."""
    small = shrunk(picture, grid_near(picture.shape[1], picture.shape[0]))
    return Plate(name, np.ascontiguousarray(small), sha256)


def choose_plate(plates: Sequence[Plate], picture: NDArray[np.uint8]) -> Plate | None:
    """The plate of the picture's shape whose room is most like the picture's."""
    fitting = [plate for plate in plates if _same_shape(plate.picture, picture)]
    return min(fitting, key=lambda plate: _unlike(picture, plate.picture), default=None)


def judge_plate(plate: Plate, pictures: Sequence[NDArray[np.uint8]]) -> tuple[str, ...]:
    """What is wrong of a plate for upright pictures of the ring that it was taken for, in words; best for several."""
    fitting = _fitting(plate, pictures)
    if not fitting:
        return ("no photo has its shape",)
    problems = []
    gain = float(np.median([exposure_gain(picture, plate.picture).mean() for picture in fitting]))
    if abs(gain) > _EXPOSURE_STEP:
        problems.append(f"it is {np.exp(abs(gain)):.1f} times as {'dark' if gain > 0 else 'bright'} as the photos")
    if np.median([_unlike(picture, plate.picture) for picture in fitting]) > _OTHER_VIEW:
        problems.append("it shows another view: the camera or the room has moved")
    elif shows_more(plate, fitting):
        problems.append("it shows something that the photos do not: the object was left in it, or the room has changed")
    return tuple(problems)


def _witnesses(choices: Choices) -> Iterator[NDArray[np.uint8]]:
    shots = choices.shots
    for place in sorted({len(shots) * n // _WITNESSES for n in range(_WITNESSES)} if shots else ()):
        try:
            photo = open_photo(shots[place], max_megapixels=choices.max_megapixels)
            picture = turn_upright(to_srgb(decode(photo), photo.icc), photo.orientation)
        except PhotoError:  # reported when its turn comes
            continue
        yield shrunk(picture, grid_near(picture.shape[1], picture.shape[0]))


def _fitting(plate: Plate, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Those of the plate's shape, on its grid."""
    small = [shrunk(picture, grid_near(picture.shape[1], picture.shape[0])) for picture in pictures]
    return [shrunk(each, plate.picture.shape[1::-1]) for each in small if _same_shape(plate.picture, each)]


def _same_shape(plate: NDArray[np.uint8], picture: NDArray[np.uint8]) -> bool:
    """A photo may have been reduced on its way here, and a plate is read in full."""
    rows, columns = plate.shape[:2]
    return bool(abs(rows * picture.shape[1] - columns * picture.shape[0]) <= _ROUNDED * max(rows, columns))


def _unlike(picture: NDArray[np.uint8], plate: NDArray[np.uint8]) -> float:
    """Mean difference of log light along the border, exposure apart; the most unlike quarter does not count."""
    size = (max(1, picture.shape[1] // 4), max(1, picture.shape[0] // 4))
    shades = [
        np.log(cv2.resize(linear(each), size, interpolation=cv2.INTER_AREA) + np.float32(0.01)).mean(axis=2)
        for each in (picture, plate)
    ]
    away = (shades[0] - shades[1])[border_of(shades[0].shape)]
    away = np.abs(away - np.median(away))
    return float(np.sort(away)[: max(1, len(away) * 3 // 4)].mean())


def shows_more(plate: Plate, pictures: Sequence[NDArray[np.uint8]]) -> bool:
    """Whether the plate shows a thing where two upright pictures of a ring agree that there is none.

    Two pictures agree on the room, and here and there on the object: but there the plate has no outline.
    """
    shares = [
        _own_outline(plate.picture, first, second) for first, second in combinations(_fitting(plate, pictures), 2)
    ]
    return bool(shares) and float(np.median(shares)) > _PLATE_EDGES


def _own_outline(plate: NDArray[np.uint8], first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    shades = [_shade(picture, plate) for picture in (plate, first, second)]
    noise = 1.4826 * float(np.median(np.abs(shades[1] - shades[2]))) + 0.03
    agreed = np.abs(shades[1] - shades[2]) < 2 * noise
    extra = (agreed & (np.abs(shades[0] - (shades[1] + shades[2]) / 2) > 5 * noise)).astype(np.uint8)
    extra = cv2.morphologyEx(extra, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outline = cv2.morphologyEx(extra, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if outline.sum() < 60:
        return 0.0
    around = np.ones((7, 7), np.uint8)
    edges = [cv2.morphologyEx(shade, cv2.MORPH_GRADIENT, around) for shade in shades]
    return float((edges[0] > 2 * np.maximum(edges[1], edges[2]) + 3 * noise)[outline].mean())


def _shade(picture: NDArray[np.uint8], plate: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Log light, exposed like the plate."""
    light = cv2.GaussianBlur(linear(picture).mean(axis=2), (0, 0), 1.5)
    return np.asarray(np.log(light + np.float32(0.01)) - exposure_gain(picture, plate).mean(), np.float32)
