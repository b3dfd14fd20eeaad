"""The studio: composes scenes, traces them, and develops them to photos with their truth."""

from collections.abc import Iterator, Mapping

import numpy as np

from training.batches import Batch
from training.content.composing import Composed, composed
from training.content.darkroom import develop
from training.content.pool import Content
from training.content.scenes.kinds import shares_of
from training.content.scenes.stage import Scene
from training.records import PIXEL, Array, Tensor
from training.tracer.binding import load_tracer

__all__ = ["Content", "Studio"]

# At 448 pixels a side that is 400 MB on the device while they are traced.
_BATCH = 16


class Studio:
    """Photos of one content, without end; a Source for those who learn. On a card it works in the default stream."""

    def __init__(
        self,
        content: Content,
        *,
        device: str,
        side: int,
        samples: int,
        workers: int,
        kinds: Mapping[str, float] | None = None,
    ) -> None:
        self._kinds = shares_of(kinds)
        self._tracer = load_tracer(device)
        self._library = content.library
        self._side, self._samples, self._workers, self._device = side, samples, workers, device
        self._texture_side = content.textures.shape[1]
        self._pool = [
            self._on_device(part)
            for part in (content.nodes, content.triangles, content.attributes, content.starts, content.textures)
        ]

    def batches(self, count: int, *, seed: int) -> Iterator[Batch]:
        """`count` photos; each depends on the seed and its number alone, not on workers or batches."""
        sizes = [_BATCH] * (count // _BATCH) + ([count % _BATCH] if count % _BATCH else [])
        for scenes in composed(self._library, self._kinds, sizes, seed=seed, workers=self._workers):
            yield self._photographed(scenes)

    def _photographed(self, scenes: Composed) -> Batch:
        import torch

        count, side = len(scenes), self._side
        records = _numbered([scene for _, scene in scenes])
        on_device = [self._on_device(part) for part in records]
        pixels = torch.empty(count, side, side, PIXEL.itemsize // 4, device=self._device)
        pool, scene = tuple(p.data_ptr() for p in self._pool), tuple(p.data_ptr() for p in on_device)
        self._tracer.trace(pool, self._texture_side, scene, count, side, self._samples, pixels.data_ptr())
        pictures = develop(self._tracer, records[0], scene[0], pixels)
        coverage = pixels[..., 10:15]
        mattes = (coverage[..., 1] * 255).round().to(torch.uint8)
        labels = coverage.argmax(-1).to(torch.uint8)
        return Batch(pictures, mattes, labels, tuple(kind for kind, _ in scenes))

    def _on_device(self, records: Array) -> Tensor:
        import torch

        flat = np.ascontiguousarray(records).view(np.uint8).reshape(-1)
        return torch.from_numpy(flat).to(self._device)


def _numbered(scenes: list[Scene]) -> tuple[Array, Array, Array, Array]:
    """All scenes' records in four arrays: each knows where its own begin."""
    records = np.stack([scene.scene for scene in scenes])
    records["first_instance"] = np.cumsum([0] + [len(scene.instances) for scene in scenes[:-1]])
    records["first_light"] = np.cumsum([0] + [len(scene.lights) for scene in scenes[:-1]])
    materials = np.cumsum([0] + [len(scene.materials) for scene in scenes[:-1]])
    instances = []
    for scene, first in zip(scenes, materials, strict=True):
        own = scene.instances.copy()
        own["material"] += first
        instances.append(own)
    return (
        records,
        np.concatenate(instances),
        np.concatenate([scene.materials for scene in scenes]),
        np.concatenate([scene.lights for scene in scenes]),
    )
