"""What JPEG takes away: cosines of 8 x 8 pixels, rounded, the colours at half the size for most cameras."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.camera.chance import Chance

__all__ = ["as_jpeg"]

_COLOURS = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
"""From red, green and blue to brightness and two differences."""
_BACK = torch.linalg.inv(_COLOURS)

# The tables of the JPEG standard's annex K, by which nearly all encoders scale their quality.
_BRIGHTNESS_STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR_STEPS = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


def as_jpeg(pictures: Tensor, chance: Chance) -> Tensor:
    """Sides must be multiples of 16. A third of the pictures are saved so well that hardly anything is lost."""
    quality = torch.where(chance.happens(0.65) > 0, chance.uniform(18, 95), torch.full_like(chance.uniform(0, 1), 98))
    values = torch.einsum("ij,njhw->nihw", _COLOURS.to(pictures.device), pictures * 255)
    brightness, differences = values[:, :1] - 128, values[:, 1:]
    rounded = torch.cat(
        [_rounded(brightness, _steps(_BRIGHTNESS_STEPS, quality)), _colours(differences, quality, chance)], 1
    )
    rounded[:, :1] += 128
    return (torch.einsum("ij,njhw->nihw", _BACK.to(pictures.device), rounded) / 255).clamp(0, 1)


def _colours(differences: Tensor, quality: Tensor, chance: Chance) -> Tensor:
    steps = _steps(_COLOUR_STEPS, quality)
    halved = functional.interpolate(_rounded(functional.avg_pool2d(differences, 2), steps), scale_factor=2.0)
    return torch.where(chance.happens(0.7) > 0, halved, _rounded(differences, steps))


def _steps(table: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """How coarse each cosine is rounded, (n, 1, 64, 1): whole numbers, scaled by quality as common encoders do."""
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    flat = torch.tensor(table, dtype=quality.dtype, device=quality.device).view(1, 1, 64, 1)
    return torch.floor(flat * percent / 100 + 0.5).clamp_min(1)


def _rounded(values: Tensor, steps: Tensor) -> Tensor:
    count, channels, height, width = values.shape
    cosines = _cosines().to(values.device)
    blocks = functional.pixel_unshuffle(values.reshape(count * channels, 1, height, width), 8)
    blocks = blocks.reshape(count, channels, 64, -1)
    blocks = cosines.T @ (torch.round(cosines @ blocks / steps) * steps)
    return functional.pixel_shuffle(blocks.reshape(count * channels, 64, height // 8, width // 8), 8).view_as(values)


def _cosines() -> Tensor:
    """The transform of 64 pixels, row after row, as one matrix."""
    place = torch.arange(8.0)
    line = torch.cos((2 * place[None] + 1) * place[:, None] * math.pi / 16) / 2
    line[0] /= 2**0.5
    return torch.kron(line, line)
