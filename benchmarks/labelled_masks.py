"""Masks of captures with known truth, right ones and wrong ones: the engine's own, other segmenters', damaged ones."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from damages import damages
from numpy.typing import NDArray
from PIL import Image

from underside.capture import Capture, Shot, read_capture
from underside.engine import load_masker
from underside.errors import UndersideError
from underside.ladder import Ladder, make_ladder
from underside.looks import Found, find_object
from underside.masker import Masked, Masker
from underside.photo import open_photo
from underside.pipeline.neighbours import in_rings
from underside.ring import Agreement, Silhouette, agreement, silhouette_of_mask
from underside.segmenters import Choices, Segmenter
from underside.segmenters.by_name import make_segmenter
from underside.segmenters.network import NetworkSegmenter
from underside.settings import Settings
from underside.survey import Seen, Surveyor
from underside.survey.grouping import learnt_together
from underside.verdict import Signs, read_signs

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
USUAL, SINGLE, ONE_LOOK = "usual", "single photo", "one look"
_DAMAGES = 5
_MEGAPIXELS = 250.0
_RING_SIGNS = ("ring_unlike", "unled_unlike", "ring_outside", "ring_inside", "ring_unsure", "never", "missing")
_WITHOUT_A_FIRST_LOOK = (ONE_LOOK, "threshold", "kmeans", "chroma", "ellipse")
_CLASSICAL = ("threshold", "kmeans", "chroma")


@dataclass(frozen=True)
class Labelled:
    """One mask and all that a verdict may know of it."""

    capture: str
    photo: str
    kind: str
    """Of candidates what made it, of damage its sort; ``empty`` for a plate masked as a shot."""
    iou: float
    candidate: bool
    """Made by a segmenter, as a user or a ladder may."""
    worth: float | None
    """By how much its odds must be lower than the usual mask's for the ladder to take it; none where it never does."""
    plate: bool
    """Whether the photo is one of the empty platter."""
    with_ring: Signs | None
    alone: Signs | None
    own: Signs | None
    """Without a network's first look."""
    agreement: Agreement | None

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @staticmethod
    def from_json(content: dict[str, Any]) -> "Labelled":
        """What ``to_json`` gave."""
        signs = {name: Signs(**content[name]) if content[name] else None for name in ("with_ring", "alone", "own")}
        agreed = Agreement(**content["agreement"]) if content["agreement"] else None
        return Labelled(**{**content, **signs, "agreement": agreed})


@dataclass(frozen=True)
class _Made:
    kind: str
    found: Found
    mask: Pixels
    worth: float | None = None
    first: Found | None = None
    """Where the first look is another than the photo's own."""


@dataclass(frozen=True)
class _Around:
    """The silhouettes of a shot's ring, and which of them is its own."""

    silhouettes: Sequence[Silhouette]
    place: int

    def agreed(self, mask: Pixels, orientation: int) -> Agreement:
        """How well a mask goes with its neighbours'."""
        before, after = self.silhouettes[: self.place], self.silhouettes[self.place + 1 :]
        return agreement([*before, silhouette_of_mask(mask, orientation), *after])[self.place]


@dataclass(frozen=True)
class _Way:
    """A capture surveyed as the engine does it, with plates or without, and all its usual masks."""

    capture: Capture
    ladder: Ladder
    seen: Mapping[str, Seen]
    masked: Mapping[str, Masked]
    """As the engine masks them, before any ladder."""
    around: Mapping[str, _Around]


def label(folder: Path, *, ellipse: Path | None = None, every: int = 3) -> list[Labelled]:
    """All usual masks; of one shot of so many all others too, for neighbours look alike."""
    cv2.setNumThreads(1)
    found = read_capture(sorted(folder.glob("*/*.JPG")), output=folder / "none")
    random = np.random.default_rng(int(hashlib.sha256(folder.name.encode()).hexdigest()[:8], 16))
    ways = [_way(replace(found, plates=plates)) for plates in dict.fromkeys(((), found.plates))]
    rows: list[Labelled] = []
    for i, shot in enumerate(found.shots):
        chosen = ways[int(random.integers(len(ways)))] if i % every == 0 else None
        for way in ways:
            masked = way.masked[shot.name]
            usual = _Made(USUAL, masked.found, masked.mask)
            made = [usual]
            if way is chosen:
                made += _candidates(way, shot, masked, ellipse)
                made += _damaged(folder, way, shot, masked, random)
            rows += [_labelled(folder, way, shot, masked, each) for each in made]
    return rows + [row for way in ways for plate in found.plates for row in _empty(folder, way, plate)]


def _way(capture: Capture) -> _Way:
    masker = load_masker(Settings(device="cpu"))
    choices = Choices(device="cpu", plates=tuple(plate.path for plate in capture.plates))
    surveyor = Surveyor(masker.segmenter, capture.plates, max_megapixels=_MEGAPIXELS)
    seen: dict[str, Seen] = {}
    with ThreadPoolExecutor(1) as pool:
        for shots in learnt_together(capture.shots):
            seen |= surveyor.survey(shots, pool, threading.Event())
    masked = {shot.name: masker.mask_photo(open_photo(shot.path), seen.get(shot.name)) for shot in capture.shots}
    marks = {name: silhouette_of_mask(each.mask, each.look.frame.orientation) for name, each in masked.items()}
    around = {
        shot.name: _Around([marks[each.name] for each in ring], place)
        for ring in in_rings(capture.shots, {name: each.position_number for name, each in seen.items()})
        for place, shot in enumerate(ring)
    }
    return _Way(capture, make_ladder(masker, choices), seen, masked, around)


def _candidates(way: _Way, shot: Shot, masked: Masked, ellipse: Path | None) -> Iterator[_Made]:
    masker, look = way.ladder.masker, masked.look
    yield _Made(ONE_LOOK, look.first, masker.cut(look, look.first))
    single = masker.mask_photo(open_photo(shot.path))
    yield _Made(SINGLE, single.found, single.mask)
    for rung in way.ladder.rungs:
        found = rung.find(masked, masked.found, list)
        if found is not None:
            mask = masker.cut(look, found)
            yield _Made(rung.name, found, mask, rung.worth if _change(masked.mask, mask) <= rung.reach else None)
    for name, segmenter in _others(masker, ellipse):
        try:
            found = find_object(segmenter, look.frame, look.pixels, looks=1)
        except UndersideError:
            continue
        yield _Made(name, found, masker.cut(look, found))


@cache
def _classical() -> list[tuple[str, Segmenter]]:
    return [(name, make_segmenter(name, Choices())) for name in _CLASSICAL]


@cache
def _ellipse(model: Path) -> Segmenter:
    return make_segmenter("network", Choices(model=model, device="cpu"))


def _others(masker: Masker, ellipse: Path | None) -> Iterator[tuple[str, Segmenter]]:
    assert isinstance(masker.segmenter, NetworkSegmenter)
    smaller = masker.segmenter.larger(0.5)
    if smaller is not None:
        yield "smaller", smaller
    yield from _classical()
    if ellipse is not None:
        yield "ellipse", _ellipse(ellipse)


def _damaged(folder: Path, way: _Way, shot: Shot, masked: Masked, random: np.random.Generator) -> Iterator[_Made]:
    """Of two in three the matte is damaged too, as if it had been as sure; of one in five the first look as well."""
    names = list(way.masked)
    near = names[(names.index(shot.name) + int(random.integers(1, 4))) % len(names)]
    neighbour = way.masked[near].mask
    neighbour = neighbour if neighbour.shape == masked.mask.shape else masked.mask
    platter = _truth(folder, "gt_platter", shot, masked.mask.shape)
    for sort, mask in damages(masked.mask, platter, neighbour, random, count=_DAMAGES):
        found, first, chance = masked.found, None, random.random()
        blurred = partial(_as_matte, mask, masked)
        if chance < 0.67:
            found = blurred(float(random.choice([0.8, 2.0, 4.0])))
        if chance < 0.2:
            first = blurred(4.0)
        yield _Made(f"damage: {sort}", found, mask, first=first)


def _as_matte(mask: Pixels, masked: Masked, blur: float) -> Found:
    matte = cv2.GaussianBlur(mask, (0, 0), blur).astype(np.float32) / np.float32(255)
    return Found(matte, (0, 0, masked.look.frame.width, masked.look.frame.height))


def _labelled(folder: Path, way: _Way, shot: Shot, masked: Masked, each: _Made, *, plate: bool = False) -> Labelled:
    look = masked.look

    def signs(first: Found | None) -> Signs:
        return read_signs(
            frame=look.frame, pixels=look.pixels, first=first, found=each.found, mask=each.mask, ring=look.ring
        )

    def without_ring(signs: Signs) -> Signs:
        nothing: dict[str, Any] = dict.fromkeys(_RING_SIGNS)
        return replace(signs, plate=False, **nothing)

    beside = signs(each.first or look.first)
    candidate = not each.kind.startswith("damage")
    around = way.around.get(shot.name) or next(iter(way.around.values()))
    return Labelled(
        capture=folder.name if folder.name != "spot" else "-".join(folder.parts[-2:]),
        photo=shot.name,
        kind="empty" if plate else each.kind,
        iou=_iou(each.mask > 127, _truth(folder, "gt_masks", shot, each.mask.shape)),
        candidate=candidate,
        worth=each.worth,
        plate=plate,
        with_ring=beside if look.ring and each.kind not in (SINGLE,) else None,
        alone=without_ring(beside) if each.kind != USUAL or plate else None,
        own=without_ring(signs(None)) if each.kind in _WITHOUT_A_FIRST_LOOK or not candidate or plate else None,
        agreement=around.agreed(each.mask, look.frame.orientation),
    )


def _empty(folder: Path, way: _Way, plate: Shot) -> Iterator[Labelled]:
    """The empty platter, masked as if it were a shot."""
    places = [seen.look.position for seen in way.seen.values() if seen.look is not None and seen.ring is not None]
    seen = Seen(-1, None, list({id(place): place for place in places if place is not None}.values()))
    masked = way.ladder.masker.mask_photo(open_photo(plate.path), seen)
    yield _labelled(folder, way, plate, masked, _Made(USUAL, masked.found, masked.mask), plate=True)


def _truth(folder: Path, of: str, shot: Shot, shape: tuple[int, ...]) -> Mask:
    """Nothing where none is kept: of plates, say."""
    path = folder / of / f"{shot.path.relative_to(folder).as_posix()}.png"
    if not path.is_file():
        return np.zeros(shape, np.bool_)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) > 127


def _iou(mask: Mask, truth: Mask) -> float:
    union = float((mask | truth).sum())
    return float((mask & truth).sum()) / union if union else 1.0


def _change(one: Pixels, other: Pixels) -> float:
    return 1 - _iou(one > 127, other > 127)
