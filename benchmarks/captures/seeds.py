"""Which captures are for tuning and which for judging; fixed before anything was tuned on either."""

from dataclasses import dataclass

__all__ = ["KINDS", "SETS", "Entry"]

KINDS = {
    "compact": "a textured figurine, rock or mug in a room",
    "legs": "thin legs, slats, rings and handles: much room is seen through the object",
    "plain": "one colour, no texture",
    "dark": "a dark statue on black velvet, high ISO, one pass stored turned",
    "white": "a white object with a few printed parts in a white light tent, a foam wedge under it",
    "revolution": "a vase that looks the same from every side",
    "support": "held by a pedestal, cradle, pin or putty of another colour",
    "cameras": "two cameras of different serial, size and height on one rig",
    "small": "the object is a few per cent of the frame",
    "busy": "posters, shelves, clutter and a patterned platter",
}


@dataclass(frozen=True)
class Entry:
    """One capture of a set."""

    kind: str
    seed: int

    @property
    def name(self) -> str:
        """The capture's folder in the set."""
        return f"{self.kind}-{self.seed}"


# Thresholds, weights and ladders may be fitted on `tuning` only. `judging` is rendered and scored, never looked
# at to choose a setting. More seeds may be added to either: below 100 for tuning, 100 to 199 for judging.
SETS = {
    "tuning": tuple(Entry(kind, 1) for kind in KINDS)
    + tuple(Entry(kind, 2) for kind in ("legs", "dark", "white", "support")),
    "judging": tuple(Entry(kind, 101) for kind in KINDS)
    + tuple(Entry(kind, 102) for kind in ("legs", "dark", "white", "revolution")),
}
