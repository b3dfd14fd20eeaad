"""Exposure, white balance, falling-off and uneven light, haze: all in linear light."""

import torch
from torch import Tensor

from training.camera.chance import Chance

__all__ = ["lit"]


def lit(linear: Tensor, chance: Chance) -> Tensor:
    """May be brighter than 1: the sensor cuts that off."""
    linear = linear * chance.normal(0.3).exp() * chance.normal(0.09, channels=3).exp()
    height, width = linear.shape[-2:]
    down = torch.linspace(-1, 1, height, device=linear.device)[:, None]
    across = torch.linspace(-1, 1, width, device=linear.device)[None]
    vignette = 1 - chance.uniform(0, 0.35) * chance.happens(0.4) * (down**2 + across**2)
    sideways = chance.uniform(-0.35, 0.35) * chance.happens(0.3) * across
    downwards = chance.uniform(-0.3, 0.3) * chance.happens(0.3) * down
    linear = linear * vignette * (1 + sideways + downwards).clamp_min(0.1)
    haze = chance.uniform(0, 0.12) * chance.happens(0.15)
    return linear * (1 - haze) + haze * chance.uniform(0, 1, channels=3)
