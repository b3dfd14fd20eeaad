"""How far a network is: on held-out scenes, photographed once and never learnt from."""

from dataclasses import dataclass
from statistics import fmean

import torch

from training.batches import Source
from training.camera import Chance, photographed
from training.network import TurntableNet

__all__ = ["Check", "Progress"]

_AT_ONCE = 32
_HELD_OUT = 990
"""The seed of the scenes: always the same, so that runs can be compared."""


@dataclass(frozen=True)
class Progress:
    """Measured with one look, cut at 0.5; the photos without an object apart."""

    iou: float
    kinds: dict[str, float]
    """Mean IoU by scene kind."""
    empty: float
    """Share of the photos without an object in which something is kept."""


class Check:
    """Holds the photos."""

    def __init__(self, source: Source, count: int, device: str) -> None:
        photos, mattes = [], []
        self._kinds: list[str] = []
        self._device = device
        for number, batch in enumerate(source.batches(count, seed=_HELD_OUT)):
            chance = Chance(len(batch.pictures), device, seed=number)
            photos.append((photographed(batch.pictures.float() / 255, chance) * 255).round().byte())
            mattes.append(batch.mattes > 127)
            self._kinds += batch.kinds
            if len(self._kinds) >= count:
                break
        self._photos, self._mattes = torch.cat(photos), torch.cat(mattes)

    def measure(self, network: TurntableNet) -> Progress:
        """As it is: a network in training must be given as its average."""
        by_kind: dict[str, list[float]] = {}
        empty: list[float] = []
        for kind, (shared, either, true) in zip(self._kinds, self._areas(network), strict=True):
            if true:
                by_kind.setdefault(kind, []).append(shared / either)
            else:
                empty.append(float(either > 0))
        every = [iou for scores in by_kind.values() for iou in scores]
        return Progress(
            round(fmean(every), 4) if every else 0.0,
            {kind: round(fmean(scores), 4) for kind, scores in sorted(by_kind.items())},
            round(fmean(empty), 4) if empty else 0.0,
        )

    def _areas(self, network: TurntableNet) -> list[list[int]]:
        """For each photo how many pixels are both found and true, either, and true."""
        areas: list[list[int]] = []
        with torch.no_grad(), torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            for start in range(0, len(self._photos), _AT_ONCE):
                found = network(self._photos[start : start + _AT_ONCE].float() / 255)[:, 0] > 0
                true = self._mattes[start : start + _AT_ONCE]
                counts = [each.flatten(1).sum(1) for each in (found & true, found | true, true)]
                areas += torch.stack(counts, 1).tolist()
        return areas
