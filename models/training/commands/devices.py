"""Which device the work is done on, and how many processes help it."""

import argparse
import os

import torch

from training.errors import TrainingError

__all__ = ["add_device_options", "chosen_device"]


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """``--device`` and ``--workers``."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="CUDA where there is some")
    workers = max(1, (os.cpu_count() or 2) - 1)
    parser.add_argument(
        "--workers", type=int, default=workers, help="processes that make up scenes (default: %(default)s)"
    )


def chosen_device(device: str) -> str:
    """``cpu`` or ``cuda``."""
    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise TrainingError("No CUDA device is available", "Leave --device out, or install a torch made for the card")
    return "cpu"
