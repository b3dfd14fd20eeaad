"""A network while it learns: its weights, their average over time, the optimiser, and one step of it all."""

import copy
import math
from typing import Any

import torch
from torch import Tensor

from training.camera import Chance, framed, photographed
from training.learning.losses import Loss, whole_loss
from training.learning.scenes import Scenes
from training.learning.settings import Settings
from training.network import make_network

__all__ = ["Learner"]

_WARM_UP = 200
_LOWEST = 0.02
"""Of the rate, at the end."""
_LONGEST_MEMORY = 0.999
_STEEPEST = 2.0
"""Longer gradients are shortened to this."""


class Learner:
    """Everything random in a step comes from the run's seed and the step's number: nothing else need be remembered."""

    def __init__(self, settings: Settings, device: str) -> None:
        self.settings, self.device, self.step = settings, device, 0
        layout = torch.channels_last if device == "cuda" else torch.contiguous_format
        network = make_network(settings.network, seed=settings.seed)
        self.network = network.to(device=device, memory_format=layout)
        self.average = copy.deepcopy(self.network).eval()
        weights = list(self.network.parameters())
        self._optimiser = torch.optim.AdamW(
            [
                {"params": [w for w in weights if w.ndim > 1], "weight_decay": settings.decay},
                {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=settings.rate,
        )

    def learn(self, scenes: Scenes) -> Loss:
        """One step."""
        pictures, mattes, labels = self._photos(scenes)
        for group in self._optimiser.param_groups:
            group["lr"] = self.rate
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            logits, levels = self.network.with_labels(pictures)
        loss = whole_loss(logits.float(), levels, mattes, labels)
        self._optimiser.zero_grad(set_to_none=True)
        loss.whole.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _STEEPEST)
        self._optimiser.step()
        self.step += 1
        self._remember()
        return loss

    @property
    def rate(self) -> float:
        """Up in a straight line, then down in half a cosine."""
        warm_up = min(_WARM_UP, self.settings.steps // 10)
        share = min(1.0, self.step / self.settings.steps)
        falling = _LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * share)) / 2
        return self.settings.rate * falling * min(1.0, (self.step + 1) / (warm_up + 1))

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])

    def _photos(self, scenes: Scenes) -> tuple[Tensor, Tensor, Tensor]:
        chance = Chance(self.settings.batch, self.device, seed=self.settings.seed * 1_000_003 + self.step)
        with torch.no_grad():
            picked = scenes.pick(chance.choice(scenes.held, self.settings.batch))
            pictures, mattes, labels = framed(*picked, self.settings.side, chance)
            return photographed(pictures, chance), mattes, labels[:, 0].long()

    def _remember(self) -> None:
        """The average forgets fast at first, when what it holds is poor."""
        kept = min(_LONGEST_MEMORY, 1 - 6 / (self.step + 12))
        with torch.no_grad():
            for mean, new in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(new, 1 - kept)
                else:
                    mean.copy_(new)
