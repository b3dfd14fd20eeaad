"""What a person may ask of the edge step; the defaults need no touching."""

from dataclasses import dataclass
from typing import Literal

from underside.errors import SettingsError

__all__ = ["EdgeOptions", "Keep"]

Keep = Literal["parts", "largest", "centre"]
"""``parts``: all but specks; ``largest``: the largest part; ``centre``: the part at the photo's middle."""


@dataclass(frozen=True)
class EdgeOptions:
    """How a matte becomes a mask."""

    foreground: int = 240
    """From here up, on the matte's 0 to 255, it is object without asking the photo."""
    background: int = 15
    """The level up to which it is background; the edge is looked for halfway between the two."""
    keep: Keep = "parts"
    specks: float = 0.1
    """Parts with less than this share of the largest part's area are dropped."""
    pinholes: float = 0.002
    """Holes with less than this share of the largest part's area are filled, unless the matte is sure of them."""
    grow: int = 0
    """Full-resolution pixels to grow the mask by; negative shrinks."""
    sensitivity: float = 0.5
    """From 0 to 1: how little matte is enough to be object; the neutral half cuts halfway between the two levels."""
    mask_blur: float = 0.0
    """Full-resolution pixels over which the outline is evened, as a blur of so many before the cut would."""

    def __post_init__(self) -> None:
        if not 0 <= self.background < self.foreground <= 255:
            raise SettingsError(
                f"Background {self.background} and foreground {self.foreground} are not two levels of a matte",
                "Choose background below foreground, both from 0 to 255",
            )
