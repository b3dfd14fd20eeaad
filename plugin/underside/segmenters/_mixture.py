"""The mixture of normal distributions that GrabCut begins with, found without drawing lots."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_mixture"]

# As many as cv2.grabCut keeps for each side.
_PARTS = 5
# Variance that rounding to whole levels hides: no part is so narrow that it cannot be inverted.
_ROUNDING = 1 / 12

Colours = NDArray[np.int64]
"""(colours, channels)."""


@dataclass(frozen=True)
class _Part:
    colours: Colours

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        return np.asarray(self.colours.mean(axis=0), np.float64)

    @cached_property
    def covariance(self) -> NDArray[np.float64]:
        # Sums of whole numbers are exact, whatever the order and the number of threads.
        products = np.einsum("ni,nj->ij", self.colours, self.colours) / len(self.colours)
        return np.asarray(products - np.outer(self.mean, self.mean) + _ROUNDING * np.eye(3))

    def halves(self) -> "tuple[_Part, _Part] | None":
        """The halves on both sides of its middle, along its widest direction; none if all is one colour."""
        along = np.linalg.eigh(self.covariance)[1][:, -1]
        beyond = _along(self.colours, along) > _along(self.mean, along)
        if beyond.all() or not beyond.any():
            return None
        return _Part(self.colours[~beyond]), _Part(self.colours[beyond])

    @cached_property
    def spread(self) -> float:
        """How much would be won by halving it."""
        return float(len(self.colours) * np.linalg.eigvalsh(self.covariance)[-1])


def first_mixture(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Weights, means and covariances in one row, as cv2.grabCut takes and keeps them.

    The widest part is halved until there are five (Orchard and Bouman, 1991). OpenCV itself begins with centres drawn
    by lot: where platter and object have one colour they decided over a fifth of a mask (IoU .92 or .74), and a
    hundredth more or less of the matte drew others.
    """
    parts = [_Part(colours.reshape(-1, 3).astype(np.int64))]
    while len(parts) < _PARTS:
        widest = max(range(len(parts)), key=lambda at: parts[at].spread)
        halves = parts[widest].halves()
        if halves is None:
            break
        parts[widest : widest + 1] = halves
    mixture = np.zeros((1, 13 * _PARTS))
    weights, means, covariances = np.split(mixture[0], [_PARTS, 4 * _PARTS])
    for at, part in enumerate(parts):
        weights[at] = len(part.colours) / colours[..., 0].size
        means[3 * at : 3 * at + 3] = part.mean
        covariances[9 * at : 9 * at + 9] = part.covariance.ravel()
    return mixture


def _along(colours: NDArray[np.int64] | NDArray[np.float64], way: NDArray[np.float64]) -> NDArray[np.float64]:
    # Term by term: the last digits of a product of matrices depend on the library's threads.
    return np.asarray(colours[..., 0] * way[0] + colours[..., 1] * way[1] + colours[..., 2] * way[2])
