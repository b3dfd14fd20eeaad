"""How much each fault weighs, as fitted."""

from collections.abc import Mapping

__all__ = ["DOUBT", "EMPTINESS", "INSUFFICIENT", "VERY_GOOD"]

# By what is known of a shot. Not yet fitted.
DOUBT: Mapping[str, Mapping[str, float]] = {
    "one look": {"at all": -4.0, "matte": 1.0},
    "two looks": {"at all": -4.0, "matte": 1.0, "first look": 1.0},
    "ring": {"at all": -4.0, "matte": 1.0, "ring": 2.0},
    "plate": {"at all": -4.0, "matte": 1.0, "ring": 2.0},
}
EMPTINESS: Mapping[str, Mapping[str, float]] = {
    "one look": {"at all": -8.0, "unsure": 2.0},
    "two looks": {"at all": -8.0, "first look unsure": 2.0},
    "ring": {"at all": -8.0, "first look unsure": 2.0},
    "plate": {"at all": -8.0, "first look unsure": 2.0},
}
VERY_GOOD: Mapping[str, float] = {"one look": 0.2, "two looks": 0.2, "ring": 0.2, "plate": 0.2}
INSUFFICIENT: Mapping[str, float] = {"one look": 0.6, "two looks": 0.6, "ring": 0.6, "plate": 0.6}
