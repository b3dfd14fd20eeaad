"""The pieces that the networks are put together from: plain convolutions, nothing that an integer CPU is slow at."""

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Context", "Convolution", "Depthwise", "Dilated", "Join", "Residual", "twice_as_large"]


class Convolution(nn.Sequential):
    """A convolution, its normalisation, and a ReLU where one is wanted; keeps the size at stride 1."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        relu: bool = True,
    ) -> None:
        sides = (kernel - 1) // 2 * dilation
        filters = nn.Conv2d(before, after, kernel, stride, sides, dilation, groups, bias=False)
        parts = [filters, nn.BatchNorm2d(after, eps=1e-3)]
        super().__init__(*parts, *([nn.ReLU(inplace=True)] if relu else []))


class Residual(nn.Module):
    """Two dense 3 x 3 convolutions around which the input goes too: cheapest where there are few channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Convolution(channels, channels)
        self.second = Convolution(channels, channels, relu=False)
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """The same size and channels."""
        return functional.relu(x + self.second(self.first(x)))


class Depthwise(nn.Module):
    """Wider, one large kernel a channel, narrower: sees far for few weights."""

    def __init__(self, channels: int, *, kernel: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.steps = nn.Sequential(
            Convolution(channels, wide, 1),
            Convolution(wide, wide, kernel, groups=wide),
            Convolution(wide, channels, 1, relu=False),
        )
        nn.init.zeros_(self.steps[2][1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """The same size and channels."""
        return x + self.steps(x)


class Dilated(nn.Module):
    """Narrower, one dense kernel with gaps, wider: sees as far, and trains faster than a depthwise kernel."""

    def __init__(self, channels: int, *, dilation: int) -> None:
        super().__init__()
        narrow = channels // 2
        self.steps = nn.Sequential(
            Convolution(channels, narrow, 1),
            Convolution(narrow, narrow, dilation=dilation),
            Convolution(narrow, channels, 1, relu=False),
        )
        nn.init.zeros_(self.steps[2][1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """The same size and channels."""
        return functional.relu(x + self.steps(x))


class Context(nn.Module):
    """What the whole picture is like, as a gain and a shift of every channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 2, 1)
        self.gain = nn.Conv2d(channels // 2, channels, 1)
        self.shift = nn.Conv2d(channels // 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The same size and channels."""
        whole = functional.relu(self.squeeze(functional.adaptive_avg_pool2d(x, 1)))
        return x * self.gain(whole).sigmoid() + self.shift(whole)


class Join(nn.Module):
    """Brings what was understood below, at half the size, to what was seen at this size."""

    def __init__(self, below: int, beside: int, channels: int, *, convolutions: int) -> None:
        super().__init__()
        self.below = Convolution(below, channels, 1, relu=False)
        self.beside = Convolution(beside, channels, 1, relu=False)
        self.mix = nn.Sequential(nn.ReLU(), *(Convolution(channels, channels) for _ in range(convolutions)))

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """As large as ``beside``."""
        return self.mix(twice_as_large(self.below(below)) + self.beside(beside))


def twice_as_large(x: Tensor) -> Tensor:
    """Bilinear, pixel centres kept."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
