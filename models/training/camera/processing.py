"""What cameras do to a picture to please: contrast, saturation, hue, sharpness."""

import torch
from torch import Tensor
from torch.nn import functional

from training.camera.chance import Chance

__all__ = ["processed"]


def processed(pictures: Tensor, chance: Chance) -> Tensor:
    """On pictures with their gamma; a few become grey altogether."""
    middle = pictures.mean((1, 2, 3), keepdim=True)
    pictures = middle + (pictures - middle) * chance.normal(0.15).exp() + chance.normal(0.03)
    grey = pictures.mean(1, keepdim=True)
    pictures = grey + (pictures - grey) * chance.normal(0.25).exp() * (1 - chance.happens(0.06))
    pictures = _turned(pictures, chance.uniform(-0.5, 0.5) * chance.happens(0.2))
    soft = functional.avg_pool2d(functional.pad(pictures, [1] * 4, mode="reflect"), 3, 1)
    sharpening = chance.uniform(0.2, 1.2) * chance.happens(0.25)
    return (pictures + sharpening * (pictures - soft)).clamp(0, 1)


def _turned(pictures: Tensor, angle: Tensor) -> Tensor:
    """Hues turned around the grey axis: Rodrigues' rotation about (1, 1, 1)."""
    red, green, blue = pictures.split(1, 1)
    cross = torch.cat([blue - green, red - blue, green - red], 1) / 3**0.5
    grey = pictures.mean(1, keepdim=True)
    return pictures * angle.cos() + cross * angle.sin() + grey * (1 - angle.cos())
