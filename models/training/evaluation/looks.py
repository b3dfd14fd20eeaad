"""The network as it is meant to be used, and nothing of the engine around it: two looks, one cut, no specks."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.errors import TrainingError

__all__ = ["Looker", "mask_of", "numbers"]

_AREA, _MULTIPLE = 512 * 512, 32
_MARGIN = 0.175
"""The second look is at the object's box grown by this much a side."""
_TRUST = 0.7
"""Of the second look, in the mix with the first."""
_SPECK = 0.1
"""Parts smaller than this share of the largest are dropped."""


class Looker:
    """A network that is asked for one photo at a time."""

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise TrainingError(f"There is no model {model}", "Export one first, or check the path")
        try:
            self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has an exception of its own for each way a file can be wrong.
            raise TrainingError(f"{model} is not a model that onnxruntime can load", "Export it again") from error
        inputs = [(given.name, len(given.shape)) for given in self._session.get_inputs()]
        if inputs != [("image", 4)]:
            raise TrainingError(f"{model} is not our network: it takes {inputs}", "Give one with an input `image`")
        self._name = model.name

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each pixel is object, after two looks."""
        matte = self._look(picture)
        rows, columns = np.flatnonzero((matte > 0.5).any(1)), np.flatnonzero((matte > 0.5).any(0))
        if rows.size:
            down, across = _grown(rows, matte.shape[0]), _grown(columns, matte.shape[1])
            near = self._look(np.ascontiguousarray(picture[down, across]))
            matte[down, across] = _TRUST * near + (1 - _TRUST) * matte[down, across]
        return matte

    def _look(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = picture.shape[:2]
        (answer,) = self._session.run(["mask"], {"image": numbers(picture)})
        if not (np.isfinite(answer).all() and answer.min() >= 0 and answer.max() <= 1):
            raise TrainingError(
                f"{self._name} answers with numbers outside 0..1", "Export it again from a sound checkpoint"
            )
        return np.asarray(cv2.resize(answer[0, 0], (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _network_size(height: int, width: int) -> tuple[int, int]:
    """Rows and columns that a photo of that size is looked at with."""
    factor = (_AREA / (height * width)) ** 0.5
    rows, columns = (max(_MULTIPLE, round(side * factor / _MULTIPLE) * _MULTIPLE) for side in (height, width))
    return rows, columns


def numbers(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network is given for an RGB picture."""
    rows, columns = _network_size(*picture.shape[:2])
    resized = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def mask_of(matte: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Cut at a half, without specks."""
    cut = (matte > 0.5).astype(np.uint8)
    count, parts, facts, _ = cv2.connectedComponentsWithStats(cut)
    if count <= 1:
        return cut > 0
    areas = facts[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= _SPECK * areas.max())[parts])


def _grown(places: NDArray[np.intp], length: int) -> slice:
    margin = int(_MARGIN * (int(places[-1]) - int(places[0]) + 1))
    return slice(max(0, int(places[0]) - margin), min(length, int(places[-1]) + margin + 1))
