"""How wrong an answer is: the mask at full size, and what lies where at 1/4, 1/8 and 1/16."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import LABELS

__all__ = ["Loss", "mask_loss", "whole_loss"]

_OBJECT = LABELS.index("object")
_LEVEL_WEIGHTS = (0.15, 0.15, 0.25)
"""Of 1/16, 1/8 and 1/4."""
_SLACK, _EMPTY_SLACK = 0.00025, 0.02
"""Shares of the picture that intersection and union are granted: a speck of that size missed on a small object is no
disaster. Where there is no object the ratio says only how near to nothing the answer is; with the small slack its slope
would be lost as soon as the answer is wrong by a per cent."""


@dataclass(frozen=True)
class Loss:
    """Both are tensors without a size."""

    whole: Tensor
    """What is to become small."""
    mask: Tensor
    """The part of it that the mask at full size has."""


def whole_loss(logits: Tensor, levels: Sequence[Tensor], mattes: Tensor, labels: Tensor) -> Loss:
    """``mattes`` (n, 1, h, w) of 0..1, ``labels`` (n, h, w) of indices."""
    mask = mask_loss(logits, mattes, _edge_weights(mattes))
    whole = mask
    for weight, level in zip(_LEVEL_WEIGHTS, levels, strict=True):
        whole = whole + weight * _level_loss(level, mattes, labels)
    return Loss(whole, mask.detach())


def mask_loss(logits: Tensor, mattes: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy by pixel, and 1 - IoU of the soft masks; right for photos without an object too."""
    entropy = functional.binary_cross_entropy_with_logits(logits, mattes, reduction="none")
    entropy = (entropy * weights).mean((1, 2, 3)) / weights.mean((1, 2, 3))
    chance = logits.sigmoid()
    shared = (chance * mattes).mean((1, 2, 3))
    either = (chance + mattes - chance * mattes).mean((1, 2, 3))
    slack = torch.where(mattes.amax((1, 2, 3)) > 0, _SLACK, _EMPTY_SLACK)
    return (entropy + 1 - (shared + slack) / (either + slack)).mean()


def _edge_weights(mattes: Tensor) -> Tensor:
    """More where the surroundings, near and farther, differ from the pixel."""
    near = functional.avg_pool2d(mattes, 5, 1, 2, count_include_pad=False)
    far = functional.avg_pool2d(mattes, 21, 1, 10, count_include_pad=False)
    return 1 + 3 * (near - mattes).abs() + 4 * (far - mattes).abs()


def _level_loss(level: Tensor, mattes: Tensor, labels: Tensor) -> Tensor:
    level = level.float()
    step = labels.shape[-1] // level.shape[-1]
    classes = functional.cross_entropy(level, labels[:, step // 2 :: step, step // 2 :: step])
    others = torch.cat([level[:, :_OBJECT], level[:, _OBJECT + 1 :]], 1)
    logits = level[:, _OBJECT : _OBJECT + 1] - others.logsumexp(1, keepdim=True)
    return classes + mask_loss(logits, functional.avg_pool2d(mattes, step), torch.ones_like(logits))
