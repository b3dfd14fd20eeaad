"""Renders a set of photos with their truth into a folder, laid out like a capture, and a sheet to look at."""

import argparse
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from training.batches import LABELS, Batch, Source
from training.camera import Chance, photographed
from training.commands.devices import add_device_options, chosen_device
from training.commands.studios import Wish, held_out_studio, training_studio
from training.content.look import sheet
from training.errors import TrainingError
from training.evaluation.photos import HELD_OUT, SET_FACTS
from training.files import write_json
from training.say import Ticker, say

__all__ = ["add_options", "write_set"]

_FEWEST, _OBJECTS, _TEXTURES = 16, 160, 96
"""Different objects and textures: as many as photos, within these, since each takes as long to make up as a photo."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, help="made by the command; must not exist")
    parser.add_argument("--count", type=int, default=256, help="photos (default: %(default)s)")
    parser.add_argument(
        "--side", type=int, default=512, help="pixels of a side, a multiple of 16 (default: %(default)s)"
    )
    parser.add_argument("--samples", type=int, default=16, help="light paths per pixel (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the scenes (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="only scenes of these kinds")
    parser.add_argument(
        "--training", action="store_true", help="of the objects that networks learn from: to look at, never to judge by"
    )
    add_device_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if options.folder.exists():
        raise TrainingError(f"{options.folder} exists already", "Name another folder, or move it away")
    if options.count < 1 or options.samples < 1 or options.side < 64 or options.side % 16:
        raise TrainingError(
            f"{options.count} photos of {options.side} pixels by {options.samples} paths cannot be made",
            "Give at least one photo and path, and a side that is a multiple of 16, from 64",
        )
    device = chosen_device(options.device)
    kinds = dict.fromkeys(options.kinds, 1.0) if options.kinds else None
    objects, textures = (max(_FEWEST, min(most, options.count)) for most in (_OBJECTS, _TEXTURES))
    wish = Wish(device, options.side, options.samples, options.workers, objects, textures, kinds)
    source = (training_studio if options.training else held_out_studio)(wish)
    facts = {"content": "training" if options.training else HELD_OUT, "side": options.side, "samples": options.samples}
    write_set(options.folder, source, options.count, seed=options.seed, facts=facts)


def write_set(folder: Path, source: Source, count: int, *, seed: int, facts: dict[str, Any]) -> None:
    """The folder is there when all of it is."""
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    kinds: Counter[str] = Counter()
    ticker, done = Ticker(), 0
    for number, batch in enumerate(source.batches(count, seed=seed)):
        if number == 0:
            _write(draft / "sheet.jpg", sheet(batch)[..., ::-1])
        device = str(batch.pictures.device.type)
        chance = Chance(len(batch.pictures), device, seed=seed * 1_000_003 + number)
        with torch.no_grad():
            photos = photographed(batch.pictures.float() / 255, chance)
        pixels = (photos * 255).round().byte().permute(0, 2, 3, 1).flip(-1).cpu().numpy()
        for place, kind in enumerate(batch.kinds[: count - done]):
            _write_photo(draft, f"{kind}/{done + place:06}.png", pixels[place], batch, place)
            kinds[kind] += 1
        done = sum(kinds.values())
        ticker.say(f"{done} of {count} photos rendered")
        if done == count:
            break
    write_json(draft / SET_FACTS, {**facts, "seed": seed, "photos": done, "kinds": dict(sorted(kinds.items()))})
    draft.rename(folder)
    say(f"{done} photos in {folder}")


def _write_photo(folder: Path, name: str, pixels: NDArray[np.uint8], batch: Batch, place: int) -> None:
    platter = (batch.labels[place] == LABELS.index("platter")).cpu().numpy()
    pictures = {
        folder / name: pixels,
        folder / "gt_masks" / f"{name}.png": batch.mattes[place].cpu().numpy(),
        folder / "gt_platter" / f"{name}.png": np.where(platter, 255, 0).astype(np.uint8),
    }
    for path, picture in pictures.items():
        _write(path, picture)


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture):
        raise TrainingError(f"{path} cannot be written", "Free some space, or choose another folder")
