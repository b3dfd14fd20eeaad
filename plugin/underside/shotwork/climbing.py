"""Another look at a mask that cannot be trusted: what the ladder's steps give, with the neighbours' word or before."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.ladder import Agreed, Ahead, Ladder
from underside.manifest import ShotRecord
from underside.masker import Masked
from underside.photo import Photo
from underside.png import encode_png
from underside.preview import shrink
from underside.shotwork.record import with_verdict
from underside.shotwork.results import Mask
from underside.survey import Seen
from underside.verdict import Signs, judge

__all__ = ["Better", "Ending", "TriedAhead", "climb", "settle", "try_ahead"]


@dataclass(frozen=True)
class TriedAhead:
    """What is kept of a climb until the neighbours are known; the photo itself would be too large."""

    ahead: Ahead
    png: bytes = b""
    """The better mask; empty where none was found."""
    picture: NDArray[np.uint8] | None = None
    """The photo at a preview's size, where a better mask was found."""


@dataclass(frozen=True)
class Better:
    """A mask to take the place of the one that there is."""

    mask: Mask
    png: bytes
    pixels: NDArray[np.uint8]
    """The photo on its stored grid, at any size, for the preview."""

    @property
    def sha256(self) -> str:
        """Hash of the PNG."""
        return hashlib.sha256(self.png).hexdigest()


@dataclass(frozen=True)
class Ending:
    """How a climb ended."""

    record: ShotRecord
    """The record with the verdict and the steps, but still of the existing mask."""
    better: Better | None
    """The better mask; none if no step gave one."""


def try_ahead(ladder: Ladder, masked: Masked, signs: Signs) -> TriedAhead | None:
    """Climb while the photo is at hand, without the neighbours' word, if the mask's own verdict asks for it."""
    if not ladder.asks_for(judge(signs, None)):
        return None
    try:
        ahead, mask = ladder.climb_ahead(masked, signs)
    except Exception:  # it will come up again, and be reported, when the shot's turn to climb comes
        return None
    if mask is masked.mask:
        return TriedAhead(ahead)
    return TriedAhead(ahead, encode_png(mask), shrink(masked.look.pixels).copy())


def settle(ladder: Ladder, record: ShotRecord, tried: TriedAhead, agreed: Agreed) -> Ending | None:
    """How a climb ahead ends, now that the neighbours have spoken; none where they lead it another way."""
    settled = ladder.settle(tried.ahead, agreed)
    if settled is None:
        return None
    verdict, steps = settled
    record_now = replace(with_verdict(record, verdict), steps=steps, judged=True)
    if tried.picture is None:
        return Ending(record_now, None)
    mask = cv2.imdecode(np.frombuffer(tried.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return _climbed(record, record_now, Better(np.asarray(mask, np.uint8), tried.png, tried.picture))


def climb(
    ladder: Ladder,
    record: ShotRecord,
    photo: Photo,
    seen: Seen | None,
    agreed: Agreed,
    lenders: Sequence[tuple[Shot, Seen | None]],
    open_shot: Callable[[Shot], Photo],
) -> Ending:
    """Mask the photo again, and take the ladder's steps from there."""
    masked = ladder.masker.mask_photo(photo, seen)

    def looked_at() -> list[Masked]:
        return [ladder.masker.mask_photo(open_shot(lender), of_lender) for lender, of_lender in lenders]

    climbed = ladder.climb(masked, agreed, looked_at)
    record_now = replace(with_verdict(record, climbed.verdict), steps=climbed.steps, judged=True)
    return _climbed(record, record_now, Better(climbed.mask, encode_png(climbed.mask), masked.look.pixels))


def _climbed(before: ShotRecord, record: ShotRecord, best: Better) -> Ending:
    """The result of a climb; the best mask may be the existing one."""
    return Ending(record, None if best.sha256 == before.mask_sha256 else best)
