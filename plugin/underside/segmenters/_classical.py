"""A segmenter without a network: one look at a small picture, by rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from underside.segmenters._seeing import grid_near, shrunk

__all__ = ["ClassicalSegmenter"]


@dataclass(frozen=True)
class ClassicalSegmenter:
    """A segmenter that looks only at the picture, so it works on any machine and needs nothing learnt."""

    name: str
    rules: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    """From the small picture to its matte."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """The rules' parameters, as the fingerprint names them."""
    notes: tuple[str, ...] = ()
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The method and its parameters."""
        return {"segmenter": self.name, "revision": "1", **self.chosen}

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """About 512 x 512 pixels."""
        return grid_near(width, height)

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the rules say of each part."""
        return self.rules(shrunk(picture, self.grid(picture.shape[1], picture.shape[0])))
