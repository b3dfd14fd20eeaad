"""Scenes that a network can learn in seconds: discs of another colour than their backdrop, an empty one among eight."""

from collections.abc import Iterator

import numpy as np
import torch

from training.batches import Batch

SIDE, _AT_ONCE = 96, 8


class Discs:
    """A Source."""

    def batches(self, count: int, *, seed: int) -> Iterator[Batch]:
        for number in range(0, count, _AT_ONCE):
            random = np.random.default_rng([seed, number])
            pictures, mattes = zip(*(disc(random, empty=place == 7) for place in range(_AT_ONCE)), strict=True)
            truth = torch.from_numpy(np.stack(mattes))
            kinds = ("usual",) * 7 + ("empty",)
            yield Batch(torch.from_numpy(np.stack(pictures)), truth, (truth > 127).byte(), kinds)


def disc(random: np.random.Generator, *, empty: bool) -> tuple[np.ndarray, np.ndarray]:
    """A picture (3, h, w) and its matte."""
    row, column = np.mgrid[:SIDE, :SIDE]
    middle, radius = random.uniform(30, SIDE - 30, 2), random.uniform(14, 26)
    inside = (np.hypot(row - middle[0], column - middle[1]) < radius) & (not empty)
    backdrop = random.uniform(0, 90, 3)
    picture = np.where(inside[..., None], 255 - backdrop, backdrop).transpose(2, 0, 1)
    return picture.astype(np.uint8), np.where(inside, 255, 0).astype(np.uint8)
