"""The newest scenes, in the device's memory: what they are at a step follows from the settings and the step alone.

So a run that goes on after a break has the same scenes before it as one that was never broken off: those still in the
window are rendered again.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from training.batches import Batch, Source
from training.learning.settings import Settings

__all__ = ["Scenes"]

_CHUNK = 2048
"""Scenes of one seed. Each chunk starts the studio's processes anew, which takes a second or two; a break costs the
rendering of no more than these besides the window's own."""


class Scenes:
    """A window on an endless row of scenes."""

    def __init__(self, source: Source, settings: Settings, device: str, *, step: int) -> None:
        self._source, self._settings = source, settings
        side, room = settings.scene_side, settings.scenes
        self._pictures = torch.empty(room, 3, side, side, dtype=torch.uint8, device=device)
        self._mattes = torch.empty(room, side, side, dtype=torch.uint8, device=device)
        self._labels = torch.empty(room, side, side, dtype=torch.uint8, device=device)
        first_needed = max(0, self._wanted(step) - room)
        self.rendered = first_needed // _CHUNK * _CHUNK
        """How many scenes the row has so far, those before the window among them."""
        self._row = self._batches(self.rendered // _CHUNK)

    def prepare(self, step: int) -> Iterator[int]:
        """Render what a step wants to be there; after each batch, how many scenes are still missing."""
        while self.rendered < self._wanted(step):
            self._keep(next(self._row))
            yield max(0, self._wanted(step) - self.rendered)

    def pick(self, indices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, mattes of 0..1 and labels, as floats with a channel."""
        mattes, labels = self._mattes[indices, None], self._labels[indices, None]
        return self._pictures[indices].float() / 255, mattes.float() / 255, labels.float()

    @property
    def held(self) -> int:
        """How many can be picked."""
        return min(self.rendered, self._settings.scenes)

    def _wanted(self, step: int) -> int:
        return self._settings.first + math.ceil(self._settings.fresh * step)

    def _batches(self, chunk: int) -> Iterator[Batch]:
        while True:
            left = _CHUNK
            for batch in self._source.batches(_CHUNK, seed=self._settings.seed * 1_000_003 + chunk):
                count = min(left, len(batch.pictures))
                yield Batch(batch.pictures[:count], batch.mattes[:count], batch.labels[:count], batch.kinds[:count])
                left -= count
                if not left:
                    break
            chunk += 1

    def _keep(self, batch: Batch) -> None:
        room, count = self._settings.scenes, len(batch.pictures)
        newest = min(room, count)
        places = (torch.arange(count - newest, count) + self.rendered) % room
        places = places.to(self._pictures.device)
        self._pictures[places] = batch.pictures[-newest:]
        self._mattes[places] = batch.mattes[-newest:]
        self._labels[places] = batch.labels[-newest:]
        self.rendered += count
