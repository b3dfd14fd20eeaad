"""Reads the weights of version 1 as its study saved them, under the short names of that study."""

import re
from pathlib import Path

import torch

from training.network.turntable import PLANS, TurntableNet

__all__ = ["load_version_1"]

_NAMES = (
    (r"^istd$", "scale"),
    (r"^s1\.", "down_2."),
    (r"^s2\.", "down_4."),
    (r"^s3\.", "down_8."),
    (r"^s4\.", "down_16."),
    (r"^s5\.", "down_32."),
    (r"^p5\.", "up_16.below."),
    (r"^l4\.", "up_16.beside."),
    (r"^u4\.", "up_16.mix."),
    (r"^p4\.", "up_8.below."),
    (r"^l3\.", "up_8.beside."),
    (r"^u3\.", "up_8.mix."),
    (r"^p3\.", "up_4.below."),
    (r"^l2\.", "up_4.beside."),
    (r"^u2\.", "up_4.mix."),
    (r"^p2\.", "up_2.below."),
    (r"^l1\.", "up_2.beside."),
    (r"^u1\.", "up_2.mix."),
    (r"^aux\.", "labels."),
    (r"\.a\.", ".first."),
    (r"\.b\.", ".second."),
    (r"\.m\.", ".steps."),
    (r"\.f\.", ".squeeze."),
    (r"\.g\.", ".gain."),
    (r"\.h\.", ".shift."),
)
"""The study's name, and ours: applied in turn to each weight's name."""


def load_version_1(path: Path) -> TurntableNet:
    """The network that is embedded, ready to be looked at or trained further."""
    network = TurntableNet(PLANS[1])
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict({_our_name(name): weight for name, weight in saved.items()})
    network.eval()
    return network


def _our_name(name: str) -> str:
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    return name
