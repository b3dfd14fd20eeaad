"""The network for objects on turntables: from a picture to how likely each pixel is object."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.batches import LABELS
from training.network.blocks import Context, Convolution, Depthwise, Dilated, Join, Residual

__all__ = ["PLANS", "Plan", "TurntableNet", "make_network"]

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Block = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Plan:
    """How wide and how deep; sizes are shares of the picture's side."""

    encoder: tuple[int, int, int, int, int]
    """Channels at 1/2, 1/4, 1/8, 1/16 and 1/32."""
    decoder: tuple[int, int, int, int]
    """Channels at 1/2, 1/4, 1/8 and 1/16 on the way back."""
    eighth: int
    """Residual blocks at 1/8; at 1/4 there is one."""
    sixteenth: tuple[Block, ...]
    deepest: tuple[Block, ...]
    detail: int
    """Channels of a path of its own at 1/2, made from every pixel of the picture, that nothing deeper draws on."""


PLANS = {
    1: Plan(
        encoder=(16, 40, 80, 144, 208),
        decoder=(20, 40, 64, 112),
        eighth=2,
        sixteenth=(partial(Depthwise, kernel=5),) * 4,
        deepest=(partial(Depthwise, kernel=7),) * 4,
        detail=0,
    ),
    2: Plan(
        encoder=(16, 64, 128, 176, 240),
        decoder=(24, 48, 96, 112),
        eighth=2,
        sixteenth=tuple(partial(Dilated, dilation=gap) for gap in (1, 2, 1, 4)),
        deepest=tuple(partial(Dilated, dilation=gap) for gap in (1, 2, 4, 1)),
        detail=24,
    ),
}
"""By version. The first is the embedded network's; the second is meant for twice its time on a CPU."""


class TurntableNet(nn.Module):
    """Encoder and decoder; takes any picture whose sides are multiples of 32."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, deepest = plan.encoder
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("scale", 1 / torch.tensor(_DEVIATION).view(1, 3, 1, 1))
        self.down_2 = nn.Sequential(Convolution(3, half, stride=2), Convolution(half, half))
        self.down_4 = nn.Sequential(Convolution(half, quarter, stride=2), Residual(quarter))
        self.down_8 = nn.Sequential(
            Convolution(quarter, eighth, stride=2), *(Residual(eighth) for _ in range(plan.eighth))
        )
        self.down_16 = nn.Sequential(
            Convolution(eighth, sixteenth, stride=2), *(block(sixteenth) for block in plan.sixteenth)
        )
        self.down_32 = nn.Sequential(
            Convolution(sixteenth, deepest, stride=2), *(block(deepest) for block in plan.deepest), Context(deepest)
        )
        # A kernel of 6 at stride 2 takes in the same pixels as one of 3 on a grid that keeps all four of each two
        # by two, and answers at 1/2, where a convolution costs a quarter.
        self.detail = (
            nn.Sequential(Convolution(3, plan.detail, 6, stride=2), Residual(plan.detail)) if plan.detail else None
        )
        at_half, at_quarter, at_eighth, at_sixteenth = plan.decoder
        self.up_16 = Join(deepest, sixteenth, at_sixteenth, convolutions=1)
        self.up_8 = Join(at_sixteenth, eighth, at_eighth, convolutions=2)
        self.up_4 = Join(at_eighth, quarter, at_quarter, convolutions=2)
        self.up_2 = Join(at_quarter, plan.detail or half, at_half, convolutions=2)
        self.head = nn.Conv2d(at_half, 4, 3, padding=1)
        self.labels = nn.ModuleList(
            nn.Conv2d(channels, len(LABELS), 1) for channels in (at_sixteenth, at_eighth, at_quarter)
        )

    def forward(self, picture: Tensor) -> Tensor:
        """From 0..1 of shape (n, 3, h, w) to logits of shape (n, 1, h, w)."""
        return self._answers(picture)[0]

    def with_labels(self, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The same, and for learning only the logits of LABELS at 1/16, 1/8 and 1/4."""
        logits, *levels = self._answers(picture)
        return logits, [head(level) for head, level in zip(self.labels, levels, strict=True)]

    def _answers(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        picture = (picture - self.mean) * self.scale
        half = self.down_2(picture)
        quarter = self.down_4(half)
        eighth = self.down_8(quarter)
        sixteenth = self.down_16(eighth)
        deepest = self.down_32(sixteenth)
        fine = half if self.detail is None else self.detail(picture)
        sixteenth = self.up_16(deepest, sixteenth)
        eighth = self.up_8(sixteenth, eighth)
        quarter = self.up_4(eighth, quarter)
        # Four answers at each place of 1/2 are the four pixels that lie there.
        logits = functional.pixel_shuffle(self.head(self.up_2(quarter, fine)), 2)
        return logits, sixteenth, eighth, quarter


def make_network(version: int, *, seed: int) -> TurntableNet:
    """A network that has learnt nothing, its weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = TurntableNet(PLANS[version])
        for part in network.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
        for part in (network.head, *network.labels):
            nn.init.normal_(part.weight, std=0.01)
            nn.init.zeros_(part.bias)
    return network
