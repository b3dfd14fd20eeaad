"""A camera that rendered pictures are photographed with: batched, on their device, all of it from a seed."""

from torch import Tensor

from training.camera.chance import Chance
from training.camera.framing import framed
from training.camera.jpeg import as_jpeg
from training.camera.lens import blurred
from training.camera.light import lit
from training.camera.processing import processed
from training.camera.sensor import noisy

__all__ = ["Chance", "framed", "photographed"]

_GAMMA = 2.2


def photographed(pictures: Tensor, chance: Chance) -> Tensor:
    """What a camera makes of pictures of 0..1, (n, 3, h, w) with sides that are multiples of 16; nothing moves."""
    linear = pictures.clamp(1e-4, 1) ** _GAMMA
    linear = noisy(blurred(lit(linear, chance), chance), chance)
    return as_jpeg(processed(linear.clamp(0, 1) ** (1 / _GAMMA), chance), chance)
