"""Noise: of photons, so that dark parts are worse off; coarse or grey for some cameras."""

import torch
from torch import Tensor
from torch.nn import functional

from training.camera.chance import Chance

__all__ = ["noisy"]


def noisy(linear: Tensor, chance: Chance) -> Tensor:
    """Up to what a small sensor gives at high sensitivity."""
    height, width = linear.shape[-2:]
    strength = chance.scale(0.001, 0.05) * chance.happens(0.8)
    grain = chance.grain(3, height, width)
    coarse = functional.interpolate(chance.grain(3, height // 2, width // 2), size=(height, width), mode="bilinear")
    # Interpolated and averaged noise is weaker: the factors make up for it.
    grain = torch.where(chance.happens(0.35) > 0, 1.4 * coarse, grain)
    grain = torch.where(chance.happens(0.3) > 0, 1.5 * grain.mean(1, keepdim=True), grain)
    return linear + grain * strength * (linear.clamp_min(0) + 0.01).sqrt()
