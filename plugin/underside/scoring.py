"""How good masks are where the truth is known: overlap, edges, and what was lost or kept wrongly."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.capture import is_plate, natural_order
from underside.errors import PhotoError, SettingsError
from underside.manifest import State, load
from underside.photo import PHOTO_SUFFIXES, decode_exact, open_photo

__all__ = [
    "MaskFolder",
    "Measures",
    "Score",
    "ShotScore",
    "iou",
    "measure",
    "read_soft",
    "score_masks",
    "truth_folders",
]

# Boundary IoU (Cheng et al., CVPR 2021) compares bands of this share of the photo's diagonal along both edges.
_BAND = 0.02

# Each holds some 300 MB at 24 megapixels.
_IN_FLIGHT = min(4, os.cpu_count() or 1)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Measures:
    """What is measured of one mask, or the mean over several; all are shares from 0 to 1."""

    iou: float
    """Intersection over union with the truth; 1 where both are empty."""
    boundary_iou: float
    """Intersection over union of a band inside both edges."""
    mae: float
    """Mean difference of grey values over the whole photo."""
    object_lost: float
    """Share of the object that the mask leaves out."""
    platter_kept: float | None
    """Share of the platter, and of what holds the object, that the mask keeps; none where it is not known."""
    background_kept: float
    """Share of everything else that the mask keeps."""


@dataclass(frozen=True)
class ShotScore:
    """One photo that has a truth."""

    photo: str
    """The photo's name in the truth: the path in its folder, without ``.png``."""
    mask: Path | None
    """The mask; none counts as an empty mask."""
    measures: Measures | None
    """The measures; none if truth and mask cannot be compared."""
    problem: str = ""
    """Why they cannot."""

    @property
    def pass_name(self) -> str:
        """The sub-folder, empty for none."""
        parent = PurePosixPath(self.photo).parent.as_posix()
        return "" if parent == "." else parent


@dataclass(frozen=True)
class Score:
    """All photos that have a truth, plates left out, in natural order."""

    shots: tuple[ShotScore, ...]

    @property
    def measured(self) -> tuple[ShotScore, ...]:
        """Those with measures, the worst IoU first."""
        return tuple(sorted((s for s in self.shots if s.measures), key=lambda s: _measures(s).iou))

    @property
    def missing(self) -> tuple[ShotScore, ...]:
        """Those without a mask."""
        return tuple(shot for shot in self.shots if shot.mask is None and not shot.problem)

    @property
    def compared(self) -> "Score":
        """Only the shots with a mask: if only some were masked, the others say nothing about the masks."""
        return Score(tuple(shot for shot in self.shots if shot.mask is not None))

    @property
    def problems(self) -> tuple[ShotScore, ...]:
        """Those that could not be measured."""
        return tuple(shot for shot in self.shots if shot.problem)

    @property
    def passes(self) -> dict[str, "Score"]:
        """The results, pass by pass."""
        names = dict.fromkeys(shot.pass_name for shot in self.shots)
        return {name: Score(tuple(s for s in self.shots if s.pass_name == name)) for name in names}

    @property
    def mean(self) -> Measures | None:
        """Measure by measure; none where nothing could be measured."""
        return _over(self.measured, lambda values, _: float(np.mean(values)))

    @property
    def worst(self) -> Measures | None:
        """Measure by measure: they may come from different shots."""
        return _over(self.measured, lambda values, high_is_good: min(values) if high_is_good else max(values))


class MaskFolder:
    """The masks of a folder, found by their photos' names as the usual programs write them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        """By the mask's path without ``.png``."""

    @classmethod
    def read(cls, folder: Path) -> "MaskFolder":
        """An output folder of ours, by its manifest; any other folder by the names of its PNG files."""
        if not folder.is_dir():
            raise SettingsError(f"There is no folder {folder}", "Check the path")
        manifest = load(folder)
        if manifest is not None:
            masked = (shot for shot in manifest.shots if shot.state is not State.FAILED)
            files = {shot.photo: folder / shot.mask for shot in masked}
            return cls({photo: path for photo, path in files.items() if path.is_file()})
        found = (path for path in folder.rglob("*") if path.suffix.lower() == ".png" and not path.name.startswith("."))
        return cls({path.relative_to(folder).with_suffix("").as_posix(): path for path in found if path.is_file()})

    def names(self) -> list[str]:
        """The names of all of them, in natural order."""
        return sorted(self._files, key=lambda name: natural_order(Path(name)))

    def find(self, photo: str, *, flat: bool = True) -> Path | None:
        """The mask of a photo, named with its path; ``flat`` looks for it in the folder itself too."""
        path = PurePosixPath(photo)
        for parent in (path.parent, PurePosixPath()) if flat else (path.parent,):
            for name in _names(path):
                mask = self._files.get((parent / name).as_posix())
                if mask is not None:
                    return mask
        return self._of_any_suffix(path)

    def _of_any_suffix(self, photo: PurePosixPath) -> Path | None:
        """The one mask whose photo is called so, where the name at hand lacks the photo's suffix."""
        if photo.suffix.lower() in PHOTO_SUFFIXES:
            return None
        found = [
            mask
            for name, mask in self._files.items()
            if PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and PurePosixPath(name).with_suffix("") == photo
        ]
        return found[0] if len(found) == 1 else None


def score_masks(masks: Path, truth: Path, *, platter: Path | None = None) -> Score:
    """Measure every mask whose truth is known; ``truth`` may be a capture with gt_masks/ and gt_platter/."""
    truth, known = truth_folders(truth)
    platter = platter or known
    truths = MaskFolder.read(truth)
    platters = MaskFolder.read(platter) if platter else MaskFolder({})
    found = MaskFolder.read(masks)
    photos = [photo for photo in truths.names() if not is_plate(photo)]
    if not photos:
        raise SettingsError(f"There is no mask of a shot in {truth}", "TRUTH is a folder of PNG masks; check the path")
    often = Counter(PurePosixPath(photo).name for photo in photos)
    # A flat folder cannot say which pass a name belongs to that several passes have.
    paths = {photo: found.find(photo, flat=often[PurePosixPath(photo).name] == 1) for photo in photos}
    if not any(paths.values()):
        raise SettingsError(
            f"None of the {len(photos)} photos in {truth} has a mask in {masks}",
            "Masks are named after their photos: IMG_1.JPG.png, IMG_1.png or IMG_1_mask.png",
        )

    def score(photo: str) -> ShotScore:
        return _score_shot(photo, truths.find(photo), paths[photo], platters.find(photo, flat=False))

    with ThreadPoolExecutor(_IN_FLIGHT) as pool:
        return Score(tuple(pool.map(score, photos)))


def truth_folders(truth: Path) -> tuple[Path, Path | None]:
    """Where the true masks lie, and those of the platter if a capture has them."""
    masks, platter = truth / "gt_masks", truth / "gt_platter"
    if not masks.is_dir():
        return truth, None
    return masks, platter if platter.is_dir() else None


def measure(mask: NDArray[np.float32], truth: Mask, platter: Mask | None = None) -> Measures:
    """Measure a mask of grey values from 0 to 1 against the truth; from one half up it is object."""
    hard = mask >= 0.5
    band = max(1, round(_BAND * float(np.hypot(*truth.shape))))
    rest = ~truth if platter is None else ~truth & ~platter
    return Measures(
        iou=iou(hard, truth),
        boundary_iou=iou(_border(hard, band), _border(truth, band)),
        mae=float(np.abs(mask - truth).mean()),
        object_lost=_share(~hard, truth),
        platter_kept=None if platter is None else _share(hard, platter & ~truth),
        background_kept=_share(hard, rest),
    )


def iou(one: Mask, other: Mask) -> float:
    """Intersection over union; 1 where both are empty."""
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0


def read_soft(path: Path, *, like: Mask | None = None) -> NDArray[np.float32]:
    """A mask's grey values from 0 to 1, or those of its alpha; ``like`` is what its size must be."""
    pixels = decode_exact(open_photo(path))
    if like is not None and pixels.shape[:2] != like.shape:
        (height, width), (rows, columns) = pixels.shape[:2], like.shape
        raise PhotoError(
            f"{path} has {width} x {height} pixels, and is compared with {columns} x {rows}",
            "Masks and their truth lie on the photo's stored pixel grid, EXIF orientation not applied",
        )
    most = np.iinfo(pixels.dtype).max
    return _grey(pixels, int(most)).astype(np.float32) / np.float32(most)


def _grey(pixels: NDArray[np.uint8] | NDArray[np.uint16], most: int) -> cv2.typing.MatLike:
    if pixels.ndim == 2:
        return pixels
    # Programs for pictures save grey masks with an alpha that says nothing.
    if pixels.shape[2] == 4 and pixels[..., 3].min() < most:
        return np.ascontiguousarray(pixels[..., 3])
    return cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)


def _names(photo: PurePosixPath) -> Iterator[str]:
    """What the mask of a photo may be called, the surest first."""
    stem = photo.stem if photo.suffix.lower() in PHOTO_SUFFIXES else photo.name
    yield from (photo.name, stem, f"{stem}_mask", f"{photo.name}_mask", f"{stem}.mask", f"{photo.name}.mask")


def _score_shot(photo: str, truth: Path | None, mask: Path | None, platter: Path | None) -> ShotScore:
    assert truth is not None
    try:
        true = read_soft(truth) >= 0.5
        soft = read_soft(mask, like=true) if mask else np.zeros(true.shape, np.float32)
        held = read_soft(platter, like=true) >= 0.5 if platter else None
    except PhotoError as error:
        return ShotScore(photo, mask, None, problem=str(error))
    return ShotScore(photo, mask, measure(soft, true, held))


def _border(mask: Mask, width: int) -> Mask:
    """Pixels of the mask within ``width`` of its edge; the photo's own edge is one."""
    around = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.erode(around, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return mask & np.equal(inside, 0)


def _share(part: Mask, whole: Mask) -> float:
    return np.count_nonzero(part & whole) / (np.count_nonzero(whole) or 1)


def _measures(shot: ShotScore) -> Measures:
    assert shot.measures is not None
    return shot.measures


_HIGH_IS_GOOD = {"iou", "boundary_iou"}


def _over(shots: Sequence[ShotScore], combine: Callable[[list[float], bool], float]) -> Measures | None:
    if not shots:
        return None
    combined: dict[str, float | None] = {}
    for each in fields(Measures):
        values = [value for shot in shots if (value := getattr(shot.measures, each.name)) is not None]
        combined[each.name] = combine(values, each.name in _HIGH_IS_GOOD) if values else None
    return Measures(**combined)  # type: ignore[arg-type]
