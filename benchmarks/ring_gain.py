"""What ring knowledge adds to the network's masks, and the fit of its weights, on captures with known masks.

    python benchmarks/ring_gain.py measure CAPTURE... [--cache FOLDER]
    python benchmarks/ring_gain.py fit CAPTURE... [--cache FOLDER]

``measure`` prints a table: what a photo's own colours add, what the ring adds, and what the ring adds with plates.
``fit`` prints the weights for ``ring/weights.py``: fit on the tuning captures only. The cache keeps the network's
answers to the same photos.
"""

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underside.looks import Found, Frame, _look, _view, object_box, resampled
from underside.photo import decode, open_photo
from underside.refine import Box, refine
from underside.ring import RingBuilder, RingKnowledge, by_own_colours, camera_positions, glance, observe
from underside.ring.own_colours import own_sight
from underside.ring.weighing import all_evidence
from underside.segmenters.network import NetworkSegmenter, load_segmenter

Known = Literal["colours", "ring", "plates"]
KNOWN: tuple[Known, ...] = ("colours", "ring", "plates")
Mask = NDArray[np.bool_]
Layer = NDArray[np.float32]
_CLOSER = 0.7
_SAMPLES = 1500
_FLATTENING = 30.0
_EXIF, _SERIAL, _PLATES = 34665, 42033, "empty"


@dataclass(frozen=True)
class Shot:
    """A photo with the mask that it should have; a plate should have none."""

    path: Path
    sha256: str
    frame: Frame
    pixels: NDArray[np.uint8]
    camera: tuple[object, ...]
    truth: Mask
    platter: Mask


@dataclass(frozen=True)
class Score:
    """Of one shot."""

    name: str
    before: float
    after: float
    platter: float


@cache
def _segmenter() -> NetworkSegmenter:
    return load_segmenter("turntable", device="cpu")


def load(capture: Path) -> tuple[list[Shot], list[Shot]]:
    """Shots in the order in which they were taken, and plates."""
    shots = [_load(capture, path) for path in sorted(capture.glob("*/*.JPG"))]
    plates = [shot for shot in shots if shot.path.parent.name == _PLATES]
    passes = [shot for shot in shots if shot.path.parent.name != _PLATES]
    if not passes:
        raise SystemExit(f"{capture}: no folder with photos in it.")
    return sorted(passes, key=lambda shot: (shot.path.parent.name != "upright", shot.path.name)), plates


def _load(capture: Path, path: Path) -> Shot:
    photo = open_photo(path)
    with Image.open(path) as picture:
        serial = picture.getexif().get_ifd(_EXIF).get(_SERIAL)
    name = f"{path.parent.name}/{path.name}.png"
    empty = np.zeros((photo.height, photo.width), np.bool_)
    truth, platter = (_mask_in(capture / folder / name, empty) for folder in ("gt_masks", "gt_platter"))
    frame = Frame.of(photo)
    camera = (serial, photo.width, photo.height, photo.orientation)
    return Shot(path, photo.sha256, frame, decode(photo), camera, truth, platter)


def _mask_in(path: Path, otherwise: Mask) -> Mask:
    if not path.is_file():
        return otherwise
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) > 127


def look(shot: Shot, box: Box, folder: Path | None) -> Layer:
    """The network's answer, from the cache where it is there."""
    if folder is None:
        return _answer(shot, box)
    # Captures are rendered again, and networks exported again, under the same names.
    asked = f"{shot.sha256} {box} {sorted(_segmenter().fingerprint.items())}"
    path = folder / (hashlib.sha256(asked.encode()).hexdigest()[:24] + ".npy")
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, _answer(shot, box).astype(np.float16))
    return np.load(path).astype(np.float32)  # type: ignore[no-any-return]


def _answer(shot: Shot, box: Box) -> Layer:
    return _look(_segmenter(), shot.frame, _view(_segmenter(), shot.frame, shot.pixels, box))


def first_look(shot: Shot, folder: Path | None) -> Found:
    """At the whole photo."""
    whole = (0, 0, shot.frame.width, shot.frame.height)
    return Found(look(shot, whole, folder), whole)


def second_look(shot: Shot, first: Found, folder: Path | None, *, at: Found | None = None) -> Found:
    """At the box of the object as ``at`` has it."""
    box = object_box(at or first) or object_box(first)
    if box is None:
        return first
    closer = look(shot, box, folder)
    return Found(_CLOSER * closer + (1 - _CLOSER) * resampled(first.matte, first.box, box, closer.shape), box)


def with_ring(shot: Shot, ring: RingKnowledge | None, folder: Path | None) -> Found:
    """Both looks, with all that the ring knows."""
    first = first_look(shot, folder)
    if ring is None:
        return second_look(shot, first, folder)
    better = ring.correct(first, shot.frame, shot.pixels)
    return ring.correct(second_look(shot, first, folder, at=better), shot.frame, shot.pixels)


def learn(shots: list[Shot], plates: list[Shot], folder: Path | None) -> list[tuple[RingKnowledge | None, list[Shot]]]:
    """The capture's camera positions, each with its shots."""
    cameras = defaultdict(list)
    for shot in [*shots, *plates]:
        cameras[shot.camera].append(shot)
    learnt: list[tuple[RingKnowledge | None, list[Shot]]] = []
    for of_camera in cameras.values():
        is_plate = [shot in plates for shot in of_camera]
        seen = [
            observe(shot.frame, shot.pixels, None if empty else first_look(shot, folder))
            for shot, empty in zip(of_camera, is_plate, strict=True)
        ]
        for position in camera_positions([glance(observation) for observation in seen]):
            builder = RingBuilder()
            for i in position:
                (builder.add_plate if is_plate[i] else builder.add)(seen[i])
            learnt.append((builder.build(), [of_camera[i] for i in position if not is_plate[i]]))
    return learnt


def measure(capture: Path, *, known: Known, folder: Path | None) -> list[Score]:
    """Every shot's IoU without and with what is known."""
    cv2.setNumThreads(1)
    shots, plates = load(capture)
    scores = []
    for ring, of_ring in learn(shots, plates if known == "plates" else [], folder):
        for shot in of_ring:
            alone = second_look(shot, first_look(shot, folder), folder)
            colours = known == "colours"
            put_right = by_own_colours(alone, shot.frame, shot.pixels) if colours else with_ring(shot, ring, folder)
            before, after = _mask(shot, alone), _mask(shot, put_right)
            bare = shot.platter & ~shot.truth
            name = f"{shot.path.parent.name}/{shot.path.name}"
            kept = float((bare & after).sum() / max(1, bare.sum()))
            scores.append(Score(name, _iou(before, shot.truth), _iou(after, shot.truth), kept))
    return scores


def _mask(shot: Shot, found: Found) -> Mask:
    return refine(found.matte, found.box, shot.pixels, shot.frame.size, rim=found.rim) > 127


def _iou(mask: Mask, truth: Mask) -> float:
    union = float((mask | truth).sum())
    return float((mask & truth).sum()) / union if union else 1.0


def sample(capture: Path, *, known: Known, folder: Path | None) -> tuple[Layer, Mask, list[str]]:
    """Evidence and truth at some pixels of each shot, at the second look."""
    cv2.setNumThreads(1)
    random = np.random.default_rng(0)
    shots, plates = load(capture)
    rows, labels, names = [], [], []
    for ring, of_ring in learn(shots, plates if known == "plates" else [], folder):
        for shot in of_ring:
            found = second_look(shot, first_look(shot, folder), folder)
            terms = _evidence(shot, found, ring, known)
            if terms is None:
                continue
            left, top, right, bottom = found.box
            size = found.matte.shape[::-1]
            truth = shot.truth[top:bottom, left:right].astype(np.float32)
            share = cv2.resize(truth, size, interpolation=cv2.INTER_AREA).ravel()
            clear = np.flatnonzero((share < 0.1) | (share > 0.9))
            chosen = random.choice(clear, min(_SAMPLES, len(clear)), replace=False)
            names = list(terms)
            rows.append(np.stack([term.ravel()[chosen] for term in terms.values()], axis=1))
            labels.append(share[chosen] > 0.5)
    if not rows:
        return np.zeros((0, 0), np.float32), np.zeros(0, np.bool_), []
    return np.concatenate(rows), np.concatenate(labels), names


def _evidence(shot: Shot, found: Found, ring: RingKnowledge | None, known: Known) -> Mapping[str, Layer] | None:
    """None where nothing of the kind is known of the shot."""
    if known == "colours":
        sight = own_sight(found, shot.frame, shot.pixels)
        return all_evidence(sight, found.matte) if sight and sight.colours.trust > 0 else None
    if ring is None or (known == "plates" and ring.plate is None):
        return None
    return ring.evidence(found, shot.frame, shot.pixels)


def fit(samples: list[tuple[Layer, Mask, list[str]]]) -> dict[str, float]:
    """Weights, none negative: evidence is made so that more of it speaks for the object. Captures count alike."""
    names = samples[0][2]
    evidence = np.concatenate([rows for rows, _, _ in samples]).astype(np.float64)
    truth = np.concatenate([labels for _, labels, _ in samples]).astype(np.float64)
    counts = np.concatenate([np.full(len(labels), 1e4 / len(labels)) for _, labels, _ in samples])
    used = np.ones(len(names), np.bool_)
    while True:
        weights = np.zeros(len(names))
        weights[used] = _newton(evidence[:, used], truth, counts)
        if weights.min() >= 0:
            return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True) if weight}
        used[weights.argmin()] = False


def _newton(evidence: NDArray[np.float64], truth: NDArray[np.float64], counts: NDArray[np.float64]) -> Layer:
    weights = np.zeros(evidence.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(evidence @ weights, -30, 30)))
        slope = evidence.T @ (counts * (chance - truth)) + _FLATTENING * weights
        bend = (evidence * (counts * chance * (1 - chance))[:, None]).T @ evidence
        step = np.linalg.solve(bend + _FLATTENING * np.eye(len(weights)), slope)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return weights  # type: ignore[return-value]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("measure", "fit"))
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="also list this many shots per capture")
    options = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        for known in KNOWN:
            if options.task == "fit":
                taken = pool.map(partial(sample, known=known, folder=options.cache), options.captures)
                samples = [sampled for sampled in taken if len(sampled[0])]
                print(f"{known} =", fit(samples) if samples else "nothing to fit it on")
                continue
            work = partial(measure, known=known, folder=options.cache)
            for capture, scores in zip(options.captures, pool.map(work, options.captures), strict=True):
                _print(capture, scores, known=known, worst=options.worst)


def _print(capture: Path, scores: list[Score], *, known: Known, worst: int) -> None:
    before, after = (np.array([getattr(score, when) for score in scores]) for when in ("before", "after"))
    print(
        f"{'-'.join(capture.parts[-2:]):24} {known:7} {len(scores):3} shots"
        f"  mean {before.mean():.4f} -> {after.mean():.4f}  worst {before.min():.3f} -> {after.min():.3f}"
        f"  platter {np.mean([score.platter for score in scores]):.4f}"
        f"  worse {int((after < before - 0.002).sum())}, by .02 {int((after < before - 0.02).sum())}",
        flush=True,
    )
    for score in sorted(scores, key=lambda score: score.after)[:worst]:
        print(f"    {score.name} {score.before:.3f} -> {score.after:.3f}")


if __name__ == "__main__":
    main()
