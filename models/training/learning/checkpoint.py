"""A run's state on the disk: written whole, read without running anything that it holds."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from training.errors import TrainingError
from training.files import whole_file
from training.learning.settings import Settings
from training.network import PLANS, TurntableNet, load_version_1

__all__ = ["CHECKPOINT", "load_checkpoint", "load_weights", "save_checkpoint"]

CHECKPOINT = "checkpoint.pt"


def save_checkpoint(path: Path, settings: Settings, state: dict[str, Any], *, seconds: float) -> None:
    """``seconds``: spent so far, in all parts of the run."""
    with whole_file(path) as file:
        torch.save({"settings": asdict(settings), "seconds": seconds, **state}, file)


def load_checkpoint(path: Path) -> tuple[Settings, dict[str, Any]]:
    """What `save_checkpoint` saved; in the memory of the CPU, from which all of it goes where it belongs."""
    state = _loaded(path)
    if "settings" not in state:
        raise TrainingError(f"{path} is not a checkpoint of a run", f"Name the {CHECKPOINT} of a run's folder")
    return Settings.recorded(state["settings"]), state


def load_weights(path: Path) -> TurntableNet:
    """The average of a run, or the weights of version 1 as its study saved them."""
    state = _loaded(path)
    if "settings" not in state:
        return load_version_1(path)
    network = TurntableNet(PLANS[Settings.recorded(state["settings"]).network])
    network.load_state_dict(state["average"])
    network.eval()
    return network


def _loaded(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint {path}", "Train first, or check the path")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # What a broken file raises differs by where it is broken.
        raise TrainingError(f"{path} cannot be read: {type(error).__name__}", "Take an older copy") from error
    return dict(state)
