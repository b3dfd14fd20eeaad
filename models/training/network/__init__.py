"""The networks: what they are made of, and how the first one's weights are read."""

from training.network.turntable import PLANS, Plan, TurntableNet, make_network
from training.network.version_1 import load_version_1

__all__ = ["PLANS", "Plan", "TurntableNet", "load_version_1", "make_network"]
