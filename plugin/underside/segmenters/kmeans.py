"""Gather the picture's colours into a few groups; those that the border lacks are object."""

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.segmenters import Choices
from underside.segmenters._classical import ClassicalSegmenter
from underside.segmenters._seeing import border_of, lab_of

__all__ = ["make"]

_GROUPS = 8
_SEED = 7
# Lightness counts less than colour: shadows change it.
_LIGHTNESS = np.float32(0.7)
# A colour group belongs to the room half by half where the border holds it a third as often as the whole picture.
_EVEN = 1 / 3


def make(_choices: Choices) -> ClassicalSegmenter:
    """For a plain room and an object of other colours, whatever they are."""
    return ClassicalSegmenter("kmeans", _not_of_the_border)


def _not_of_the_border(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How rarely the border shows the colours of each part."""
    lab = cv2.GaussianBlur(lab_of(small), (0, 0), 1.0).astype(np.float32, copy=False)
    lab[..., 0] *= _LIGHTNESS
    colours = np.ascontiguousarray(lab.reshape(-1, 3), np.float32)
    if len(colours) == 1:
        return np.zeros((1, 1), np.float32)
    cv2.setRNGSeed(_SEED)
    enough = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    start = np.zeros((len(colours), 1), np.int32)
    groups = min(_GROUPS, len(colours))
    _, labels, centres = cv2.kmeans(colours, groups, start, enough, 2, cv2.KMEANS_PP_CENTERS)
    whole = np.bincount(labels.ravel(), minlength=groups) / len(colours)
    border = labels.reshape(small.shape[:2])[border_of(small.shape)]
    often = np.bincount(border, minlength=groups) / len(border) / np.maximum(whole, 1e-9)
    is_object = 1 / (1 + (often / _EVEN) ** 2)
    return _shared(colours, centres, is_object).reshape(small.shape[:2])


def _shared(
    colours: NDArray[np.float32], centres: cv2.typing.MatLike, is_object: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Between two groups a colour belongs to both in part."""
    away = np.stack([((colours - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
    near = np.exp(-(away - away.min(axis=1, keepdims=True)) / 50)
    return np.asarray(np.clip((near @ is_object) / near.sum(axis=1), 0, 1), np.float32)
