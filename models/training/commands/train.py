"""Goes on with a run, or begins it, for so many minutes."""

import argparse
import time
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import torch

from training.commands.devices import add_device_options, chosen_device
from training.commands.studios import Wish, held_out_studio, training_studio
from training.errors import TrainingError
from training.learning.checkpoint import CHECKPOINT, load_checkpoint
from training.learning.settings import Settings
from training.learning.trainer import train
from training.say import say

__all__ = ["add_options"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes: the settings' own fields among it."""
    parser.add_argument("folder", type=Path, help="of the run: checkpoint and log lie there")
    parser.add_argument("--minutes", type=float, required=True, help="after which this part of the run must be over")
    add_device_options(parser)
    settings = parser.add_argument_group("settings", "given when a run begins, and the same for all its parts")
    for each in fields(Settings):
        kind = float if isinstance(each.default, float) else int
        name = f"--{each.name.replace('_', '-')}"
        settings.add_argument(name, type=kind, help=f"{each.metadata['meaning']} (default: {each.default})")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    begun = time.monotonic()
    if options.minutes <= 0:
        raise TrainingError(f"Nothing can be done in {options.minutes} minutes", "Give a positive number of minutes")
    device = chosen_device(options.device)
    settings = _settings(options.folder, {each.name: getattr(options, each.name) for each in fields(Settings)})
    wish = Wish(device, settings.scene_side, settings.samples, options.workers, settings.objects, settings.textures)
    few = replace(wish, objects=max(8, settings.objects // 8), textures=max(8, settings.textures // 8))
    source, held_out = training_studio(wish), held_out_studio(few)
    try:
        part = train(options.folder, settings, source, held_out, device, minutes=options.minutes, begun=begun)
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            "The card's memory is full", "Start a run with fewer --scenes and --first, or with a smaller --batch"
        ) from error
    if part.finished:
        say(f"all {settings.steps} steps are done; next: python -m training export {options.folder}")
    else:
        say(f"{part.step} of {settings.steps} steps are done; the same command resumes")


def _settings(folder: Path, given: dict[str, Any]) -> Settings:
    """The run's own, which what is given now must agree with; or new ones."""
    wanted = {name: value for name, value in given.items() if value is not None}
    if not (folder / CHECKPOINT).exists():
        return Settings(**wanted)
    settings, state = load_checkpoint(folder / CHECKPOINT)
    if name := settings.differing(wanted):
        option, own = f"--{name.replace('_', '-')}", asdict(settings)[name]
        raise TrainingError(
            f"The run in {folder} was started with {option} {own}", f"Leave {option} out, or name another folder"
        )
    if state["step"] >= settings.steps:
        raise TrainingError(f"The run in {folder} is finished", "Export it, or name another folder")
    return settings
