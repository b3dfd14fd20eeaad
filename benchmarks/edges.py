"""Measure the edge step on photos of known outlines: distance to the true edge, beside bilinear upsampling; time.

    python benchmarks/edges.py [--seeds 1 2] [--kinds vase figurine rock stool] [--guide full half] [--picture FILE]

Every scene takes some twenty seconds to draw. Times are CPU milliseconds on one core.
"""

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from synthetic import KINDS, Scene, make_scene, simulated_matte

from underside.refine import Box, refine

Mask = NDArray[np.uint8]
Distances = NDArray[np.float32]
ROUNDS = 5
STEPS = ("trace", "walk_along", "_look_along", "_log_odds", "_cost", "_cheapest_path", "_draw")


@dataclass
class Tally:
    """What one way to make masks gave over all scenes."""

    clear: list[Distances] = field(default_factory=list)
    """Distances where the photo shows the outline."""
    silent: list[Distances] = field(default_factory=list)
    """Distances where it does not."""
    overlaps: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


def bilinear(matte: NDArray[np.float32], box: Box, size: tuple[int, int]) -> Mask:
    """Upsample and cut: what there would be without an edge step."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    left, top, right, bottom = box
    fine = cv2.resize(matte, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    mask[top:bottom, left:right] = np.where(_main_parts(fine > 0.5), 255, 0)
    return mask


def _main_parts(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out specks and soft holes, as the edge step does, so that only edges are compared."""
    for value in (True, False):
        _, labels, facts, _ = cv2.connectedComponentsWithStats((inside == value).astype(np.uint8))
        small = facts[:, cv2.CC_STAT_AREA] < 0.002 * inside.sum()
        inside = np.where(small[labels] & (inside == value), not value, inside)
    return inside


def distances(mask: Mask, scene: Scene) -> tuple[Distances, Distances]:
    """From every edge pixel of either mask to the other's edge: where the photo is clear, and where silent."""
    edges = [_edge(mask), _edge(scene.truth)]
    to_edge = [cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5) for edge in edges]
    clear, silent = (
        np.concatenate([to_edge[1][edges[0] & where], to_edge[0][edges[1] & where]]).astype(np.float32)
        for where in (~scene.silent, scene.silent)
    )
    return clear, silent


def _edge(mask: Mask) -> NDArray[np.bool_]:
    edge: NDArray[np.bool_] = (mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0)
    return edge


def measured(make: Callable[[], Mask], scene: Scene, tally: Tally) -> None:
    """Make the mask a few times and note what it is worth and what it costs."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        mask = make()
        times.append(1000 * (time.process_time() - start))
    clear, silent = distances(mask, scene)
    tally.clear.append(clear)
    tally.silent.append(silent)
    tally.overlaps.append(float(((mask > 0) & (scene.truth > 0)).sum() / ((mask > 0) | (scene.truth > 0)).sum()))
    tally.milliseconds.append(float(np.median(times)))


def report(name: str, tally: Tally) -> None:
    """Print one line."""
    clear, silent = (
        f"{np.median(values):5.1f} {values.mean():6.2f} {np.percentile(values, 90):6.2f}"
        for values in (np.concatenate(tally.clear), np.concatenate(tally.silent))
    )
    cost = f"{np.mean(tally.milliseconds):6.1f} ({max(tally.milliseconds):.1f})"
    print(f"{name:20}  | {clear}  | {silent}  | {np.mean(tally.overlaps):.4f}  | {cost}", flush=True)


def close_up(scene: Scene, plain: Mask, ours: Mask, side: int = 200) -> Mask:
    """Where upsampling errs most, twice: its outline above, ours below."""
    wrong = ((plain != scene.truth) & ~scene.silent).astype(np.float32)
    blocks = cv2.resize(wrong, None, fx=1 / side, fy=1 / side, interpolation=cv2.INTER_AREA)
    row, column = np.unravel_index(int(blocks.argmax()), blocks.shape)
    window = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
    views = []
    for mask, colour in ((plain, (255, 60, 60)), (ours, (60, 255, 60))):
        view = np.repeat(np.repeat(scene.photo[window], 2, axis=0), 2, axis=1)
        large = np.repeat(np.repeat(mask[window], 2, axis=0), 2, axis=1)
        view[_edge(large)] = colour
        views.append(view)
    return np.vstack(views)


def main() -> None:
    """Draw the scenes, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=sorted(KINDS))
    parser.add_argument("--guide", nargs="+", choices=("full", "half"), default=["full", "half"])
    parser.add_argument("--picture", type=Path, help="write close-ups here: upsampling above, the edge step below")
    asked = parser.parse_args()

    cv2.setNumThreads(1)
    tallies = {name: Tally() for name in ("bilinear", *asked.guide)}
    profiles = {name: cProfile.Profile(time.process_time) for name in asked.guide}
    views = []
    print(f"{'scene, way':20}  | clear: median, mean, 90 %  | silent: the same  | IoU  | ms: mean (most)")
    for kind in asked.kinds:
        for seed in asked.seeds:
            scene = make_scene(kind, seed, fill=0.75 if seed % 2 else 0.6)
            matte, box = simulated_matte(scene.truth, seed)
            size = (scene.photo.shape[1], scene.photo.shape[0])
            half = cv2.resize(scene.photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)
            ways: dict[str, Callable[[], Mask]] = {"bilinear": lambda: bilinear(matte, box, size)}  # noqa: B023
            for name in asked.guide:
                guide = scene.photo if name == "full" else half
                ways[name] = lambda guide=guide: refine(matte, box, guide, size)  # type: ignore[misc] # noqa: B023
            for name, make in ways.items():
                alone = Tally()
                measured(make, scene, alone)
                report(f"{scene.name} {name}", alone)
                for every, one in zip(vars(tallies[name]).values(), vars(alone).values(), strict=True):
                    every.extend(one)
                if name in profiles:
                    profiles[name].runcall(make)
            if asked.picture:
                views.append(close_up(scene, ways["bilinear"](), ways[asked.guide[0]]()))
    if asked.picture:
        Image.fromarray(np.hstack(views)).save(asked.picture, quality=90)
    for name, tally in tallies.items():
        report(f"all {name}", tally)
    for name, profile in profiles.items():
        entries = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
        spent = {function: total for (_, _, function), (_, _, _, total, _) in entries}
        split = {step: 1000 * spent[step] / len(tallies[name].milliseconds) for step in STEPS}
        split["_cost"] -= split["_log_odds"]
        print(f"{name}, ms per photo:", ", ".join(f"{step.strip('_')} {ms:.1f}" for step, ms in split.items()))


if __name__ == "__main__":
    main()
