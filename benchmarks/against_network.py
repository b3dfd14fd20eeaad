"""The engine against the bare network it is built on, shot by shot, on captures with known masks.

    python benchmarks/against_network.py CAPTURE... [--effort normal|best] [--no-plates]

"Bare" is the network with two looks and the edge step: no ring, no colours, no plates, no ladder. A capture is a
folder with ``gt_masks/`` beside its passes, as ``python -m benchmarks.captures`` renders them.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underside.capture import CaptureRules, Shot
from underside.engine import RunOptions, SilentDoor, load_masker, mask_sources
from underside.manifest import Manifest
from underside.masks import read_mask
from underside.photo import open_photo
from underside.settings import Settings

_WORSE, _MUCH_WORSE = 0.002, 0.02


@dataclass(frozen=True)
class Score:
    """Of one shot, without and with the engine round the network."""

    bare: float
    engine: float
    verdict: str


def measure(folder: Path, settings: Settings, *, plates: bool) -> list[Score]:
    """Every shot whose truth is known."""
    masker = load_masker()
    sources = [path for path in sorted(folder.glob("*/*.JPG")) if plates or path.parent.name != "empty"]
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        result = mask_sources(sources, out, settings, CaptureRules(), RunOptions(proof=False), door=SilentDoor())
        scores = []
        for shot in result.capture.shots:
            truth = _truth(folder, shot)
            if truth is not None:
                masked = masker.mask_photo(open_photo(shot.path))
                bare = masker.cut(masked.look, masked.alone)
                scores.append(_score(shot, bare, truth, result.outcome.manifest, out))
    return scores


def _truth(folder: Path, shot: Shot) -> NDArray[np.bool_] | None:
    path = folder / "gt_masks" / f"{shot.path.relative_to(folder).as_posix()}.png"
    if not path.is_file():
        return None
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) > 127


def _score(shot: Shot, bare: NDArray[np.uint8], truth: NDArray[np.bool_], manifest: Manifest, out: Path) -> Score:
    record = manifest.of_photo(shot.name)
    assert record is not None
    mask = read_mask(out / record.mask, width=record.width, height=record.height)
    return Score(_iou(bare > 127, truth), _iou(mask > 127, truth), record.verdict)


def _iou(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    union = int((mask | truth).sum())
    return int((mask & truth).sum()) / union if union else 1.0


def main() -> None:
    """Print a table, one row a capture, and what all shots together say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--effort", default="normal")
    parser.add_argument("--no-plates", action="store_true")
    asked = parser.parse_args()
    everything: list[Score] = []
    print("| capture | shots | bare: mean, worst | engine: mean, worst | worse | by more than .02 | verdicts |")
    print("|---|---|---|---|---|---|---|")
    for folder in asked.captures:
        scores = measure(folder.resolve(), Settings(effort=asked.effort), plates=not asked.no_plates)
        everything += scores
        print(f"| {folder.name} | {len(scores)} | {_row(scores)} |", flush=True)
    print(f"| all | {len(everything)} | {_row(everything)} |")
    poor = [score for score in everything if score.engine < 0.9]
    fine = [score for score in everything if score.engine > 0.97]
    for name, some in (("below .90", poor), ("above .97", fine)):
        told = sum(score.verdict == "insufficient" for score in some)
        print(f"{len(some)} masks {name}, of which {told} are called insufficient")


def _row(scores: list[Score]) -> str:
    bare, engine = (np.array([getattr(score, name) for score in scores]) for name in ("bare", "engine"))
    worse, much = ((engine < bare - by).sum() for by in (_WORSE, _MUCH_WORSE))
    grades = [score.verdict for score in scores]
    counts = ", ".join(f"{grades.count(grade)} {grade}" for grade in ("very good", "good", "insufficient"))
    means = (f"{values.mean():.4f}, {values.min():.3f}" for values in (bare, engine))
    return " | ".join([*means, str(worse), str(much), counts])


if __name__ == "__main__":
    main()
