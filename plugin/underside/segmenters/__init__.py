"""What every way to find the object has in common: pixels in, a matte out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from underside.photo import MOST_MEGAPIXELS
from underside.runtime.providers import Device

__all__ = ["Choices", "Segmenter"]


class Segmenter(Protocol):
    """Turns a picture into a matte; several threads may ask one segmenter at the same time."""

    @property
    def name(self) -> str:
        """The name in the catalogue, the file's, or that of a method without a network."""

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """Everything that may change the answers: two segmenters with the same one give the same bytes."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how this segmenter came to be, as sentences."""

    @property
    def closer_look(self) -> bool:
        """Whether a second look, at the object's box, makes its mattes better."""

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows at which a picture of that size is looked at; more pixels are not seen."""

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each part of an upright sRGB picture (rows, columns, RGB) is object, from 0 to 1.

        The answer covers the same extent on a grid of the segmenter's own; the caller resizes it.
        """


@dataclass(frozen=True, kw_only=True)
class Choices:
    """All that a segmenter may be made from; each takes what concerns it."""

    model: str | Path = "turntable"
    device: Device = "auto"
    gpu_memory: float = 2.0
    working_size: int | None = None
    accept_licence: bool = False
    allow_non_object: bool = False
    url: str | None = None
    key_colour: str | None = None
    max_megapixels: float = MOST_MEGAPIXELS
    plates: tuple[Path, ...] = ()
    """The capture's own: photos of the empty platter."""
    shots: tuple[Path, ...] = ()
    """The capture's, to judge the plates by."""
