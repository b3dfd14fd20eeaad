"""Whether a probability means what it says: of all pixels told to be object by 70 %, are 70 % object?"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reliability"]

_BINS = 10
_DOUBT = (0.05, 0.95)


def _nothing() -> NDArray[np.float64]:
    return np.zeros((3, _BINS))


@dataclass
class Reliability:
    """Counts pixels by what was said of them; grows photo by photo, each as heavy, however large."""

    everywhere: NDArray[np.float64] = field(default_factory=_nothing)
    """For each tenth: pixels, the sum of what was said of them, how many are object."""
    doubtful: NDArray[np.float64] = field(default_factory=_nothing)
    """The same, only of what was said between .05 and .95."""

    def add(self, matte: NDArray[np.float32], truth: NDArray[np.bool_]) -> None:
        """Count a photo's pixels."""
        unsure = (matte > _DOUBT[0]) & (matte < _DOUBT[1])
        self.everywhere = self.everywhere + _counted(matte.ravel(), truth.ravel()) / matte.size
        self.doubtful = self.doubtful + _counted(matte[unsure], truth[unsure]) / matte.size

    def error(self) -> float:
        """Expected calibration error over all pixels: most are plain background, which flatters."""
        return _error(self.everywhere)

    def doubtful_error(self) -> float:
        """The same over the pixels of which the network is not sure."""
        return _error(self.doubtful)

    def table(self) -> list[dict[str, Any]]:
        """For each tenth: its share of pixels, what was said of them, what is true."""
        rows = []
        for number, (pixels, said, true) in enumerate(self.everywhere.T.tolist()):
            if pixels:
                share = round(pixels / float(self.everywhere[0].sum()), 5)
                rows.append(
                    {
                        "from": number / _BINS,
                        "pixels": share,
                        "said": round(said / pixels, 4),
                        "true": round(true / pixels, 4),
                    }
                )
        return rows


def _counted(matte: NDArray[np.float32], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    places = np.minimum((matte * _BINS).astype(np.intp), _BINS - 1)
    weights = (None, matte, truth)
    return np.stack([np.bincount(places, weight, minlength=_BINS).astype(np.float64) for weight in weights])


def _error(counts: NDArray[np.float64]) -> float:
    pixels, said, true = counts
    return float(np.abs(said - true).sum() / pixels.sum()) if pixels.sum() else 0.0
