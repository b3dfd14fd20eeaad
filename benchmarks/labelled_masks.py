"""Masks of captures with known truth, right ones and wrong ones: from many segmenters, and damaged on purpose."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import ring_gain
from numpy.typing import NDArray

from underside.errors import UndersideError
from underside.looks import Found, find_object, resampled, seen_through
from underside.ring import Agreement, RingKnowledge, Silhouette, agreement, silhouette_of_mask
from underside.segmenters import Choices, Segmenter
from underside.segmenters.by_name import make_segmenter
from underside.segmenters.grabcut import cut_by_colour
from underside.verdict import Signs, read_signs

Pixels = NDArray[np.uint8]
USUAL = "usual"
_DAMAGES = 6
RING_SIGNS = ("ring_unlike", "unled_unlike", "ring_outside", "ring_inside", "ring_unsure", "never", "missing")
OWN = ("one look", "threshold", "kmeans", "chroma", "ellipse")
_CLASSICAL = ("threshold", "kmeans", "chroma")


@dataclass(frozen=True)
class Labelled:
    """One mask and all that a verdict may know of it."""

    capture: str
    photo: str
    kind: str
    """Of candidates its segmenter, of damage its sort; ``empty`` for a plate masked as a shot."""
    iou: float
    usual: bool
    """Whether it is what a user gets without a ladder."""
    candidate: bool
    """Whether a ladder might offer it."""
    plate: bool
    with_ring: Signs | None
    alone: Signs
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
class _Candidate:
    kind: str
    found: Found
    mask: Pixels


def label(capture: Path, *, folder: Path, ellipse: Path | None = None, every: int = 2) -> list[Labelled]:
    """Masks of one shot of so many: neighbours look alike. ``folder`` keeps the segmenters' answers."""
    cv2.setNumThreads(1)
    shots, plates = ring_gain.load(capture)
    random = np.random.default_rng(int(hashlib.sha256(capture.name.encode()).hexdigest()[:8], 16))
    rows: list[Labelled] = []
    bare, plated = (ring_gain.learn(shots, each, folder) for each in ([], plates))
    knows = {shot.path: ring for ring, of_ring in plated for shot in of_ring}
    for ring, of_ring in bare:
        passes = defaultdict(list)
        for shot in of_ring:
            passes[shot.path.parent.name].append(shot)
        for of_pass in passes.values():
            usual = [_usual(shot, ring, folder) for shot in of_pass]
            around = [
                silhouette_of_mask(each.mask, shot.frame.orientation) for shot, each in zip(of_pass, usual, strict=True)
            ]
            for i, shot in list(enumerate(of_pass))[::every]:
                known = knows[shot.path] if random.random() < 0.5 else ring
                first = ring_gain.first_look(shot, folder)
                own = usual[i] if known is ring else _usual(shot, known, folder)
                candidates = [own, *_candidates(shot, first, own, known, plates, folder, ellipse)]
                neighbour = usual[(i + int(random.integers(1, 4))) % len(usual)]
                damaged = list(_damaged(own, shot, neighbour, random))
                for each in [*candidates, *damaged]:
                    agreed = _agreed(silhouette_of_mask(each.mask, shot.frame.orientation), around, i)
                    rows.append(_labelled(capture, shot, each, first, known, agreed, own, each in candidates))
        for known in {id(each): each for each in (ring, knows[of_ring[0].path]) if each}.values():
            rows += [_plate(capture, plate, known, around, folder) for plate in plates if _is_of(plate, of_ring)]
    return rows


def _usual(shot: ring_gain.Shot, ring: RingKnowledge | None, folder: Path) -> _Candidate:
    return _cut(USUAL, shot, ring_gain.with_ring(shot, ring, folder))


def _cut(kind: str, shot: ring_gain.Shot, found: Found) -> _Candidate:
    return _Candidate(kind, found, ring_gain._mask(shot, found).astype(np.uint8) * np.uint8(255))


def _candidates(
    shot: ring_gain.Shot,
    first: Found,
    usual: _Candidate,
    ring: RingKnowledge | None,
    plates: list[ring_gain.Shot],
    folder: Path,
    ellipse: Path | None,
) -> Iterator[_Candidate]:
    yield _cut("one look", shot, first)
    if ring is not None:
        yield _cut("without the ring", shot, ring_gain.second_look(shot, first, folder))
    for name, segmenter, looks in _segmenters(tuple(plate.path for plate in plates), ellipse):
        found = _answer(shot, name, segmenter, looks, folder)
        if found is None:
            continue
        yield _cut(name, shot, found)
        if name == "larger" and ring is not None:
            yield _cut("larger, ring", shot, ring.correct(found, shot.frame, shot.pixels))
    picture = seen_through(shot.frame, shot.pixels, usual.found.box, usual.found.matte.shape)
    matte = cut_by_colour(picture, usual.found.matte)
    box = usual.found.box
    yield _cut("colours", shot, Found(resampled(matte, box, box, usual.found.matte.shape), box))


@cache
def _segmenters(plates: tuple[Path, ...], ellipse: Path | None) -> list[tuple[str, Segmenter, int]]:
    network = ring_gain._segmenter()
    larger, smaller = network.larger(1.5), network.larger(0.5)
    assert larger
    assert smaller
    found: list[tuple[str, Segmenter, int]] = [("larger", larger, 2), ("smaller", smaller, 1)]
    found += [(name, make_segmenter(name, Choices()), 1) for name in _CLASSICAL]
    if plates:
        found.append(
            (f"plate {plates[0].parents[1]}", make_segmenter("plate", Choices(plates=plates, device="cpu")), 1)
        )
    if ellipse:
        found.append(("ellipse", make_segmenter("network", Choices(model=ellipse, device="cpu")), 1))
    return found


def _answer(shot: ring_gain.Shot, name: str, segmenter: Segmenter, looks: int, folder: Path) -> Found | None:
    path = folder / (hashlib.sha256(f"{shot.path} {name}".encode()).hexdigest()[:24] + ".npz")
    if not path.is_file():
        try:
            found = find_object(segmenter, shot.frame, shot.pixels, looks=looks)
        except UndersideError:
            return None
        np.savez_compressed(path, matte=np.rint(found.matte * 255).astype(np.uint8), box=np.array(found.box))
    kept = np.load(path)
    left, top, right, bottom = (int(side) for side in kept["box"])
    return Found(kept["matte"].astype(np.float32) / np.float32(255), (left, top, right, bottom))


def _damaged(
    usual: _Candidate, shot: ring_gain.Shot, neighbour: _Candidate, random: np.random.Generator
) -> Iterator[_Candidate]:
    """Some damages of a mask; its matte is damaged too in two of three."""
    if not usual.mask.any():
        return
    sorts = ["part lost", "platter", "grown", "shrunk", "moved", "hole", "specks", "filled", "neighbour", "background"]
    for sort in random.choice(sorts, _DAMAGES, replace=False):
        mask = _damage(str(sort), usual.mask, shot, neighbour.mask, random)
        if (mask == usual.mask).all():
            continue
        found = usual.found
        if random.random() < 0.67:
            blurred = cv2.GaussianBlur(mask, (0, 0), float(random.choice([0.8, 2.0, 4.0])))
            found = Found(blurred.astype(np.float32) / np.float32(255), (0, 0, shot.frame.width, shot.frame.height))
        yield _Candidate(f"damage: {sort}", found, mask)


def _damage(sort: str, mask: Pixels, shot: ring_gain.Shot, neighbour: Pixels, random: np.random.Generator) -> Pixels:
    rows, columns = np.nonzero(mask)
    size = len(rows) ** 0.5
    if sort in {"grown", "shrunk"}:
        # Pixels of a photo of 800 x 600; as far as large objects may bear.
        reach = round(float(np.exp(random.uniform(np.log(2), np.log(30)))) * mask.shape[1] / 800) * 2 + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        return (cv2.dilate if sort == "grown" else cv2.erode)(mask, kernel).astype(np.uint8)
    if sort == "neighbour":
        return neighbour
    if sort == "filled":
        outer, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return cv2.fillPoly(mask.copy(), list(outer), 255).astype(np.uint8)
    if sort == "moved":
        angle, far = random.uniform(0, 2 * np.pi), random.uniform(0.01, 0.15) * size
        move = np.array([[1, 0, far * np.cos(angle)], [0, 1, far * np.sin(angle)]])
        return cv2.warpAffine(mask, move, mask.shape[::-1], flags=cv2.INTER_NEAREST).astype(np.uint8)
    damaged = mask.copy()
    if sort == "part lost":
        angle = random.uniform(0, 2 * np.pi)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        lost = along < np.quantile(along, random.uniform(0.02, 0.4))
        damaged[rows[lost], columns[lost]] = 0
    elif sort == "platter":
        extra = shot.platter & ~(mask > 0)
        if extra.any():
            y, x = np.nonzero(extra)
            along = x * random.normal() + y * random.normal()
            kept = along <= np.quantile(along, random.choice([0.1, 0.3, 1.0]))
            damaged[y[kept], x[kept]] = 255
    elif sort == "hole":
        at = int(random.integers(len(rows)))
        radius = max(2, round(random.uniform(0.08, 0.3) * size))
        cv2.circle(damaged, (int(columns[at]), int(rows[at])), radius, 0, -1)
    elif sort == "specks":
        for _ in range(int(random.integers(1, 5))):
            speck = (int(random.integers(mask.shape[1])), int(random.integers(mask.shape[0])))
            cv2.circle(damaged, speck, max(2, round(random.uniform(0.05, 0.2) * size)), 255, -1)
    elif sort == "background":
        at = int(random.integers(len(rows)))
        middle = (float(columns[at]), float(rows[at]))
        axes = (float(random.uniform(0.2, 0.9) * size), float(random.uniform(0.2, 0.6) * size))
        cv2.ellipse(damaged, (middle, axes, float(random.uniform(0, 180))), 255, -1)
    return damaged


def _labelled(
    capture: Path,
    shot: ring_gain.Shot,
    each: _Candidate,
    first: Found,
    ring: RingKnowledge | None,
    agreed: Agreement,
    usual: _Candidate,
    candidate: bool,
) -> Labelled:
    def signs(first: Found | None, ring: RingKnowledge | None) -> Signs:
        return read_signs(
            frame=shot.frame, pixels=shot.pixels, first=first, found=each.found, mask=each.mask, ring=ring
        )

    beside = signs(first, ring)
    nothing: dict[str, Any] = dict.fromkeys(RING_SIGNS)
    return Labelled(
        capture="-".join(capture.parts[-2:]) if capture.name == "spot" else capture.name,
        photo=f"{shot.path.parent.name}/{shot.path.name}",
        kind=each.kind.split(" /")[0],
        iou=ring_gain._iou(each.mask > 127, shot.truth),
        usual=each is usual,
        candidate=candidate,
        plate=False,
        with_ring=None if ring is None else beside,
        alone=replace(beside, plate=False, **nothing),
        own=signs(None, None) if each.kind in OWN or not candidate else None,
        agreement=agreed,
    )


def _plate(
    capture: Path, plate: ring_gain.Shot, ring: RingKnowledge, around: list[Silhouette], folder: Path
) -> Labelled:
    first = ring_gain.first_look(plate, folder)
    usual = _usual(plate, ring, folder)
    agreed = _agreed(silhouette_of_mask(usual.mask, plate.frame.orientation), around, len(around) // 2)
    row = _labelled(capture, plate, usual, first, ring, agreed, usual, False)
    return Labelled(**{**row.__dict__, "kind": "empty", "plate": True})


def _is_of(plate: ring_gain.Shot, ring: list[ring_gain.Shot]) -> bool:
    return plate.camera == ring[0].camera


def _agreed(own: Silhouette, ring: list[Silhouette], i: int) -> Agreement:
    return agreement([*ring[:i], own, *ring[i + 1 :]])[i]
