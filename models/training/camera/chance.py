"""Random numbers on a device, one for each picture of a batch, all of them from one seed."""

import math

import torch
from torch import Tensor

__all__ = ["Chance"]


class Chance:
    """Numbers of shape (n, 1, 1, 1), which a batch can be multiplied with."""

    def __init__(self, count: int, device: str, *, seed: int) -> None:
        self.count, self.device = count, device
        self._generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        """As likely anywhere between the two."""
        shares = torch.rand(self.count, channels, 1, 1, generator=self._generator, device=self.device)
        return low + (high - low) * shares

    def scale(self, low: float, high: float) -> Tensor:
        """A factor: as likely to be doubled as to be halved."""
        return self.uniform(math.log(low), math.log(high)).exp()

    def normal(self, deviation: float, channels: int = 1) -> Tensor:
        """Around 0."""
        shape = (self.count, channels, 1, 1)
        return deviation * torch.randn(shape, generator=self._generator, device=self.device)

    def happens(self, share: float) -> Tensor:
        """1 for that share of the pictures, 0 for the others."""
        return (self.uniform(0, 1) < share).float()

    def grain(self, channels: int, height: int, width: int) -> Tensor:
        """A normal number for each pixel."""
        shape = (self.count, channels, height, width)
        return torch.randn(shape, generator=self._generator, device=self.device)

    def choice(self, among: int, count: int) -> Tensor:
        """So many indices, each of them below ``among``."""
        return torch.randint(among, (count,), generator=self._generator, device=self.device)
