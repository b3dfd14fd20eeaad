"""Blur: of the lens, or of a hand that moved."""

import torch
from torch import Tensor
from torch.nn import functional

from training.camera.chance import Chance

__all__ = ["blurred"]

_REACH = 5
"""Pixels to each side."""


def blurred(pictures: Tensor, chance: Chance) -> Tensor:
    """About half of the pictures: round blur for most of those, along a line for the others."""
    count, channels, height, width = pictures.shape
    steps = torch.arange(-_REACH, _REACH + 1, device=pictures.device, dtype=pictures.dtype)
    down, across = steps[:, None], steps[None]
    deviation = chance.scale(0.3, 2.2)
    lens = torch.exp(-(down**2 + across**2) / (2 * deviation**2))
    angle, length = chance.uniform(0, torch.pi), chance.uniform(1, 5)
    along = across * angle.cos() + down * angle.sin()
    beside = down * angle.cos() - across * angle.sin()
    motion = torch.sigmoid(3 * (length - along.abs())) * torch.exp(-(beside**2) / 0.7)
    sharp = ((down == 0) & (across == 0)).to(pictures.dtype)[None, None]
    kernel = torch.where(chance.happens(0.78) > 0, lens, motion)
    kernel = torch.where(chance.happens(0.5) > 0, kernel, sharp)
    kernel = kernel / kernel.sum((2, 3), keepdim=True)
    padded = functional.pad(pictures, [_REACH] * 4, mode="reflect").reshape(1, count * channels, *_grown(height, width))
    answer = functional.conv2d(padded, kernel.repeat_interleave(channels, 0), groups=count * channels)
    return answer.view(count, channels, height, width)


def _grown(height: int, width: int) -> tuple[int, int]:
    return height + 2 * _REACH, width + 2 * _REACH
