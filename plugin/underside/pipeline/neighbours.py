"""The neighbours of a shot: which shots it is held against, and which of them may lend it what they know."""

from collections.abc import Mapping, Sequence

from underside.capture import Shot
from underside.ring import Agreement, Silhouette, agreement

__all__ = ["agreement_at", "in_rings", "lenders", "said_of"]

# Shots further away show the object from another side.
_LENDING_REACH = 2


def in_rings(shots: Sequence[Shot], positions: Mapping[str, int]) -> list[list[Shot]]:
    """The shots of each pass that have the same position's number, in their order."""
    found: dict[tuple[str, int], list[Shot]] = {}
    for shot in shots:
        found.setdefault((shot.pass_name, positions[shot.name]), []).append(shot)
    return list(found.values())


def lenders(place: int, agreements: Sequence[Agreement]) -> list[int]:
    """The places of the nearest shots on both sides that go with the ring, for one that does not."""
    if not agreements[place].reason:
        return []
    fine = [i for i, agrees in enumerate(agreements) if not agrees.reason]
    sides = ([i for i in fine if i < place][-1:], [i for i in fine if i > place][:1])
    return [i for side in sides for i in side if abs(i - place) <= _LENDING_REACH]


def said_of(place: int, agreements: Sequence[Agreement]) -> str:
    """What its neighbours say of a mask, as its record keeps it; empty where it has none."""
    agrees = agreements[place]
    return f"{agrees.score:.3f} {agrees.reason}".strip() if len(agreements) > 1 else ""


def agreement_at(place: int, silhouettes: Sequence[Silhouette], own: Silhouette) -> Agreement | None:
    """How well a mask of another silhouette would go with its neighbours'; none where it has no neighbour."""
    if len(silhouettes) == 1:
        return None
    return agreement([*silhouettes[:place], own, *silhouettes[place + 1 :]])[place]
