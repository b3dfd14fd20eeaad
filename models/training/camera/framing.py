"""Where the camera is held: zoom, shape, roll, mirror and shift, the truth along with the picture."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.camera.chance import Chance

__all__ = ["framed"]


def framed(
    pictures: Tensor, mattes: Tensor, labels: Tensor, side: int, chance: Chance
) -> tuple[Tensor, Tensor, Tensor]:
    """Squares of that side, from floats of shape (n, 3 or 1, h, w); what lies outside the picture is its reflection.

    A network that looks a second time sees the object's box from near: zoom goes to both sides.
    """
    zoom = chance.scale(0.6, 1.5)
    shape = (chance.uniform(-0.3, 0.3) * chance.happens(0.5)).exp().sqrt()
    quarters = torch.floor(chance.uniform(1, 4)) * chance.happens(0.07)
    angle = chance.uniform(-0.2, 0.2) * chance.happens(0.4) + quarters * (math.pi / 2)
    mirror = 1 - 2 * chance.happens(0.5)
    # As far as the frame can move before much of what it shows is reflection, or the object is likely to be lost.
    freedom = torch.where(zoom > 1, 0.35 * (zoom - 1), 0.25 * (1 - zoom))
    across, down = zoom * shape, zoom / shape
    rows = (
        (angle.cos() * across * mirror, -angle.sin() * down, chance.uniform(-1, 1) * freedom),
        (angle.sin() * across * mirror, angle.cos() * down, chance.uniform(-1, 1) * freedom),
    )
    motion = torch.stack([torch.cat(row, 1).flatten(1) for row in rows], 1)
    grid = functional.affine_grid(motion, [len(pictures), 1, side, side], align_corners=False)

    def seen(values: Tensor, mode: str) -> Tensor:
        return functional.grid_sample(values, grid, mode, "reflection", align_corners=False)

    return seen(pictures, "bilinear"), seen(mattes, "bilinear"), seen(labels, "nearest")
