"""Measures a network, and another beside it if one is named."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import onnxruntime

from training.errors import TrainingError
from training.evaluation.figures import compared, figures
from training.evaluation.judging import judge
from training.evaluation.looks import Looker
from training.evaluation.photos import PhotoSet, read_set
from training.evaluation.sheet import worst_sheet
from training.evaluation.speed import cpu_milliseconds
from training.evaluation.tables import speed_lines, table_lines
from training.files import sha256_of, write_json
from training.say import Ticker, say

__all__ = ["add_options"]

_HERE = Path(__file__).parents[1]
_U2NETP = _HERE.parents[1] / "benchmarks" / "u2netp.py"
_HELD_OUT, _SCENES = _HERE / "runs" / "held-out", 330


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("model", type=Path, help="an ONNX file")
    parser.add_argument(
        "folders",
        type=Path,
        nargs="*",
        help=f"captures or rendered sets with gt_masks/; without any, {_SCENES} held-out scenes, rendered once",
    )
    parser.add_argument("--against", type=Path, metavar="MODEL", help="another ONNX file, shown the same photos")
    parser.add_argument("--out", type=Path, default=_HERE / "runs" / "evaluation", help="folder (default: %(default)s)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    paths = {options.model.stem: options.model}
    if options.against:
        other = options.against.stem
        paths[other if other not in paths else f"{other} (second)"] = options.against
    lookers = {name: Looker(path) for name, path in paths.items()}
    first, *others = lookers
    found: dict[str, Any] = {
        "models": {name: {"file": str(path), "sha256": sha256_of(path)} for name, path in paths.items()},
        "onnxruntime": onnxruntime.__version__,
        "sets": {},
    }
    for photos in [read_set(folder) for folder in options.folders] or [_held_out()]:
        judgements = judge(lookers, photos, Ticker().say)
        told = {name: figures(judgement) for name, judgement in judgements.items()}
        difference = compared(judgements[first], judgements[others[0]]) if others else None
        found["sets"][photos.name] = {"sha256": photos.fingerprint(), "models": told, "compared": difference}
        _print(table_lines(photos.name, told, difference))
        picture = options.out / f"worst-{photos.name.replace('/', '-')}.jpg"
        options.out.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(picture), worst_sheet(judgements[first], lookers[first])):
            raise TrainingError(f"{picture} cannot be written", "Free some space, or choose another --out")
        say(f"the worst: {picture}")
    found["milliseconds"] = _costs(paths)
    _print(speed_lines(found["milliseconds"]))
    write_json(options.out / "evaluation.json", found)
    say(f"all figures: {options.out / 'evaluation.json'}")


def _held_out() -> PhotoSet:
    if not _HELD_OUT.exists():
        say(f"rendering {_SCENES} held-out scenes, once")
        words = [sys.executable, "-m", "training", "render", str(_HELD_OUT), "--count", str(_SCENES)]
        if subprocess.run(words, cwd=_HERE.parent, check=False).returncode:
            raise TrainingError("There are no held-out scenes", "See the line above, or name a folder of photos")
    return read_set(_HELD_OUT)


def _costs(paths: dict[str, Path]) -> dict[str, float]:
    """With U2NETP's graph beside them, the measure that everybody knows."""
    with tempfile.TemporaryDirectory() as folder:
        timed = dict(paths)
        if find_spec("onnx") and _U2NETP.is_file():
            known = Path(folder) / "u2netp.onnx"
            subprocess.run([sys.executable, _U2NETP, known], check=True, stdout=subprocess.DEVNULL)
            timed["U2NETP's graph at 320 x 320"] = known
        else:
            say("U2NETP's graph is left out: making it needs onnx and the checkout's benchmarks/")
        say("timing")
        return cpu_milliseconds(timed)


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
