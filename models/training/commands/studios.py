"""Studios for the commands: what is held out is never taken for what is learnt from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from training.batches import Source
from training.content.scenes.kinds import shares_of
from training.content.studio import Content, Studio

__all__ = ["Wish", "held_out_studio", "training_studio"]

_TRAINING, _HELD_OUT = 1, 990
"""Seeds of objects and textures; those of scenes are the commands' own."""


@dataclass(frozen=True)
class Wish:
    """What a command wants of a studio."""

    device: str
    side: int
    samples: int
    workers: int
    objects: int
    textures: int
    kinds: Mapping[str, float] | None = None


def training_studio(wish: Wish) -> Source:
    """Scenes to learn from."""
    return _studio(Content.for_training, _TRAINING, wish)


def held_out_studio(wish: Wish) -> Source:
    """Scenes to judge by: other objects, other textures."""
    return _studio(Content.held_out, _HELD_OUT, wish)


def _studio(content: Callable[..., Content], seed: int, wish: Wish) -> Source:
    kinds = shares_of(wish.kinds)  # A wrong name is reported now, not after minutes of making up objects.
    return Studio(
        content(seed, objects=wish.objects, textures=wish.textures, workers=wish.workers),
        device=wish.device,
        side=wish.side,
        samples=wish.samples,
        workers=wish.workers,
        kinds=kinds,
    )
