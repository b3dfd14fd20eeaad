"""The photos that a network was worst at, in one picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.judging import Judged, Judgement
from training.evaluation.looks import Looker, mask_of

__all__ = ["worst_sheet"]

_SIDE, _CAPTION = 200, 22


def worst_sheet(judgement: Judgement, looker: Looker, *, count: int = 24) -> NDArray[np.uint8]:
    """The worst photos, BGR: photo, truth, matte, and the mask's errors (red: kept wrongly, blue: lost)."""
    worst = sorted(judgement.photos, key=_goodness)[:count]
    tiles = [_tile(each, looker) for each in worst]
    tiles += [np.zeros_like(tiles[0])] * (len(tiles) % 2)
    return np.vstack([np.hstack(tiles[place : place + 2]) for place in range(0, len(tiles), 2)])


def _goodness(judged: Judged) -> float:
    return 1 - judged.score.kept if judged.empty else judged.score.iou


def _tile(judged: Judged, looker: Looker) -> NDArray[np.uint8]:
    picture, truth = judged.photo.pixels(), judged.photo.object()
    matte = looker.matte(picture)
    mask = mask_of(matte)
    errors = picture[..., ::-1] // 3
    errors[mask & ~truth] = (60, 60, 255)
    errors[truth & ~mask] = (255, 120, 60)
    errors[truth & mask] = errors[truth & mask] + 100
    pictures = [picture[..., ::-1], _grey(truth * 255), _grey(np.rint(matte * 255)), errors]
    row = np.hstack([cv2.resize(each, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for each in pictures])
    caption = np.zeros((_CAPTION, row.shape[1], 3), np.uint8)
    told = f"kept {judged.score.kept:.3f}" if judged.empty else f"IoU {judged.score.iou:.3f}"
    words = f"{told}  {judged.photo.name}  {judged.traits.size}, {judged.traits.thickness}, {judged.traits.room}"
    cv2.putText(caption, words, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([caption, row])


def _grey(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.repeat(values.astype(np.uint8)[..., None], 3, 2)
