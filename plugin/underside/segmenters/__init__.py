"""What every way to find the object has in common: pixels in, a matte out."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Segmenter"]


class Segmenter(Protocol):
    """Turns a picture into a matte; several threads may ask one segmenter at the same time."""

    @property
    def name(self) -> str:
        """As the catalogue or the file calls it."""

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
