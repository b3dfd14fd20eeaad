"""From traced light to the eight bits of a photo: smoothed, exposed, clipped or rolled off."""

from training.records import Array, Tensor
from training.tracer.binding import Tracer

__all__ = ["develop"]

_STEPS = (1, 2, 4)
# Mostly the object is metered, a little all around it, and a lamp no more than four times a white sheet.
_AROUND, _GLARE = 0.08, 4.0


def develop(tracer: Tracer, scenes: Array, scenes_on_device: int, pixels: Tensor) -> Tensor:
    """(n, 3, side, side) of uint8, from pixels as tracer/records.h has them."""
    import torch

    colours = pixels[..., 3:6].clamp_min(0.01)
    light = torch.zeros(*pixels.shape[:3], 4, device=pixels.device)
    light[..., :3] = pixels[..., :3] / colours
    smoothed = torch.empty_like(light)
    for step in _STEPS:
        addresses = (pixels.data_ptr(), light.data_ptr(), smoothed.data_ptr())
        tracer.smooth(scenes_on_device, *addresses, len(pixels), pixels.shape[1], step)
        light, smoothed = smoothed, light
    linear = light[..., :3] * colours

    metered = linear.mean(-1).clamp_max(_GLARE).flatten(1)
    weight = pixels[..., 11].flatten(1) + _AROUND
    mean = (metered * weight).sum(1) / weight.sum(1)
    brightness = torch.tensor(scenes["brightness"].tolist(), device=pixels.device)
    exposed = linear * (brightness / mean.clamp_min(1e-4))[:, None, None, None]
    shoulder = torch.tensor(scenes["shoulder"].tolist(), device=pixels.device)[:, None, None, None] > 0
    exposed = torch.where(shoulder, exposed * (1 + exposed / 9) / (1 + exposed), exposed)
    return (exposed.clamp(0, 1) ** (1 / 2.2) * 255).round().to(torch.uint8).permute(0, 3, 1, 2).contiguous()
