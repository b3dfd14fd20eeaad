"""Draws how a run went, from its log."""

import argparse
from pathlib import Path

import cv2

from training.errors import TrainingError
from training.learning.logbook import LOG, read_log
from training.learning.plotting import drawn
from training.say import say

__all__ = ["add_options"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, help="of a run")
    parser.add_argument("--out", type=Path, help="the picture (default: progress.png in the run's folder)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    events = list(read_log(options.folder / LOG))
    if not any(event["event"] == "step" for event in events):
        raise TrainingError(f"The log of {options.folder} has no steps", "Train first")
    picture = options.out or options.folder / "progress.png"
    if not cv2.imwrite(str(picture), drawn(events)):
        raise TrainingError(f"{picture} cannot be written", "Choose another --out")
    say(f"the run's progress: {picture}")
