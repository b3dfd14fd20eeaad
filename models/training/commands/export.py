"""Makes the three ONNX files of a run, and holds each to the one before it."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from training.errors import TrainingError
from training.evaluation.looks import numbers
from training.evaluation.photos import read_set
from training.evaluation.scores import iou
from training.export.onnx_file import write_onnx
from training.export.quantised import write_half, write_int8
from training.files import sha256_of, write_json
from training.learning.checkpoint import CHECKPOINT, load_weights
from training.say import say

__all__ = ["add_options"]

_EXACT, _HALF, _INT8 = "turntable.onnx", "turntable_fp16w.onnx", "turntable_int8.onnx"
_ALLOWED = {_EXACT: 0.0005, _HALF: 0.002, _INT8: 0.02}
"""Mean difference of a pixel's probability. Version 1 on 64 hard scenes, without VNNI: .0000, .0001, .0031."""
_CALIBRATION_PHOTOS = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("run_folder", metavar="run", type=Path, help="folder of a run, or a file of weights")
    parser.add_argument(
        "--calibration",
        type=Path,
        required=True,
        metavar="SET",
        help="rendered set whose photos set the ranges of int8",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    weights = options.run_folder / CHECKPOINT if options.run_folder.is_dir() else options.run_folder
    network = load_weights(weights)
    pictures = list(_calibration(options.calibration))
    say(f"{len(pictures)} photos to calibrate with")
    exact, half, int8 = (options.out / name for name in (_EXACT, _HALF, _INT8))
    write_onnx(network, exact)
    write_half(exact, half)
    write_int8(exact, int8, pictures)
    with torch.no_grad():
        truth = [network(torch.from_numpy(picture)).sigmoid().numpy() for picture in pictures]
    facts: dict[str, Any] = {"weights": str(weights), "sha256_of_weights": sha256_of(weights), "files": {}}
    for path in (exact, half, int8):
        facts["files"][path.name] = fact = _held_to(truth, path, pictures)
        size, off = fact["bytes"] / 1e6, fact["difference"]
        say(f"{path.name}: {size:.2f} MB, off by {off:.4f}, IoU {fact['iou']:.4f} with the network")
        if off > _ALLOWED[path.name]:
            raise TrainingError(
                f"{path.name} differs from the network by {off:.4f} per pixel",
                "Calibrate with more photos; int8 also goes wrong on CPUs that cannot multiply bytes without overflow",
            )
    write_json(options.out / "export.json", facts)


def _calibration(folder: Path) -> Iterator[NDArray[np.float32]]:
    photos = read_set(folder, to_judge=False).photos
    for photo in photos[:: max(1, len(photos) // _CALIBRATION_PHOTOS)][:_CALIBRATION_PHOTOS]:
        yield numbers(photo.pixels())


def _held_to(truth: list[NDArray[Any]], path: Path, pictures: list[NDArray[np.float32]]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answers = [session.run(["mask"], {"image": picture})[0] for picture in pictures]
    pairs = list(zip(answers, truth, strict=True))
    return {
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        "difference": round(float(np.mean([np.abs(a - b).mean() for a, b in pairs])), 6),
        "iou": round(float(np.mean([iou(a > 0.5, b > 0.5) for a, b in pairs])), 4),
    }
