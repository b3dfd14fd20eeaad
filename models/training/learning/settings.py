"""All that decides what a run makes: recorded at its beginning, the same in all its parts."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from training.errors import TrainingError

__all__ = ["Settings"]


def _setting(default: Any, meaning: str) -> Any:  # noqa: ANN401 - a field takes what its class says
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """Their defaults are the recipe's."""

    network: int = _setting(2, "version of the network")
    seed: int = _setting(1, "from which all random choices come")
    steps: int = _setting(6_000, "over how many steps the rate falls, in all runs together")
    batch: int = _setting(64, "photos per step")
    side: int = _setting(448, "pixels of a side of a photo in training, a multiple of 32")
    rate: float = _setting(0.0025, "learning rate at its highest")
    decay: float = _setting(0.02, "weight decay")
    scenes: int = _setting(12_288, "scenes in memory at once: the newest")
    first: int = _setting(8_192, "scenes rendered before the first step")
    fresh: float = _setting(4.0, "new scenes per step")
    scene_side: int = _setting(512, "pixels of a side of a rendered scene")
    samples: int = _setting(12, "light paths per pixel")
    objects: int = _setting(1_200, "different objects in the scenes")
    textures: int = _setting(480, "different textures in the scenes")
    check: int = _setting(256, "held-out scenes that the progress is measured on")
    check_every: int = _setting(400, "steps between two measurements")

    def __post_init__(self) -> None:
        if self.side % 32 or self.side < 64:
            raise TrainingError(
                f"Photos of {self.side} pixels do not fit the network", "Give a multiple of 32, from 64"
            )
        counts = {name: value for name, value in asdict(self).items() if name not in ("seed", "fresh")}
        for name, value in counts.items():
            if value <= 0:
                raise TrainingError(f"A run with {name} = {value} is not possible", "Give a positive number")
        if self.scenes < self.first:
            raise TrainingError(
                f"{self.first} scenes do not fit a memory of {self.scenes}", "Give fewer as first, or more as scenes"
            )

    @classmethod
    def recorded(cls, record: dict[str, Any]) -> "Settings":
        """As a checkpoint holds them."""
        return cls(**{each.name: record[each.name] for each in fields(cls)})

    def differing(self, wanted: dict[str, Any]) -> str | None:
        """The name of the first setting that is wanted otherwise."""
        own = asdict(self)
        return next((name for name, value in wanted.items() if own[name] != value), None)
