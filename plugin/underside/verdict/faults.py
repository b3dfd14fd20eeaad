"""What the signs say is wrong, on scales on which faults add up."""

from math import log, log1p

from underside.ring import Agreement
from underside.verdict.signs import Signs

__all__ = ["BASE", "faults"]

BASE = "at all"
"""What every mask has."""
# Shares below this hardly count.
_SMALL = 0.02
# Outline over the square root of the area, of a disc; usual shares of the photo.
_CIRCLE = 3.5
_USUAL_LEAST, _USUAL_MOST = 0.01, 0.4


def faults(signs: Signs, agreement: Agreement | None) -> dict[str, float]:
    """Each 0 where nothing is wrong, more where more is."""
    wrong = {
        BASE: 1.0,
        "matte": _much(signs.matte_unlike),
        "matte at odds": _at_odds(signs.matte_unlike),
        "unsure": _much(signs.unsure),
        "doubtful": _much(1 - signs.sureness),
        "left out": _much(signs.left_out),
        "first look": _much(signs.first_unlike),
        "first look at odds": _at_odds(signs.first_unlike),
        "first look unsure": _much(signs.first_unsure),
        "first look doubtful": _much(1 - signs.first_sureness),
        "looks": _much(signs.looks_unlike),
        "slender": log(max(signs.slenderness, _CIRCLE) / _CIRCLE),
        "off edges": _much(signs.off_edges),
        "beside edges": _much(signs.beside_edges),
        "faint": _much(signs.faint),
        "overlap": _much(signs.overlap),
        "object-like": _much(signs.object_like),
        "room-like": _much(signs.room_like),
        "on border": _much(signs.on_border),
        "cut": _much(signs.cut),
        "parts": _much(signs.parts),
        "tiny": max(0.0, log(_USUAL_LEAST / max(signs.area, 1e-5))),
        "huge": log(max(signs.area, _USUAL_MOST) / _USUAL_MOST),
        "neighbours": 1 - agreement.score if agreement else 0.0,
    }
    if signs.ring_unlike is None:
        return wrong
    return wrong | {
        "ring": _much(signs.ring_unlike),
        "ring at odds": _at_odds(signs.ring_unlike),
        "ring unsure": _much(signs.ring_unsure or 0.0),
        "ring outside": _much(signs.ring_outside or 0.0),
        "ring inside": _much(signs.ring_inside or 0.0),
        "unled": _much(signs.unled_unlike or 0.0),
        "unled at odds": _at_odds(signs.unled_unlike or 0.0),
        "where never": _much(signs.never or 0.0),
        "missing": _much(signs.missing or 0.0),
    }


def _much(share: float) -> float:
    """The share itself while it is small, its logarithm when it is large."""
    return log1p(max(share, 0.0) / _SMALL)


def _at_odds(unlike: float) -> float:
    """Grows ever faster: hardly anything in common is worse by far than half."""
    return -log(1.02 - unlike)
