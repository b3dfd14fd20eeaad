"""Which masks disagree with what all shots together show, and how."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.hull import Silhouette, agreed_silhouettes, silhouette_of
from underside.flip.mapping import Model
from underside.masks import read_mask

__all__ = ["Agreement", "Disagreement", "agree"]

# Of mask and agreed silhouette together; less is not worth a word.
_WORTH = 0.002


@dataclass(frozen=True)
class Disagreement:
    """One mask against all others, as shares of what either holds."""

    photo: str
    kept: float
    """Held by the mask, denied by the others: platter, background, a filled opening."""
    lost: float
    """Left out by the mask, object to the others: a part cut off."""

    @property
    def in_words(self) -> str:
        """The direction of the error."""
        parts = [(self.kept, "keeps what is not object"), (self.lost, "cuts off part of the object")]
        return " and ".join(f"{words} ({100 * share:.1f} %)" for share, words in sorted(parts, reverse=True) if share)


@dataclass(frozen=True)
class Agreement:
    """A shot's mask as it is, and as all shots together want it."""

    own: Silhouette
    wanted: Silhouette

    @property
    def changed(self) -> NDArray[np.bool_]:
        """On the silhouette's grid."""
        return np.asarray((self.own.mask > 127) != (self.wanted.mask > 127))

    @property
    def disagreement(self) -> Disagreement | None:
        """None where there is none that counts."""
        own, wanted = self.own.mask > 127, self.wanted.mask > 127
        either = max(1, int((own | wanted).sum()))
        kept, lost = float((own & ~wanted).sum() / either), float((wanted & ~own).sum() / either)
        if kept + lost < _WORTH:
            return None
        return Disagreement(self.own.place.shot.name, round(kept, 4), round(lost, 4))


def agree(model: Model, *, without: Collection[str] = ()) -> list[Agreement]:
    """Every shot of a model that is truly joined; those that are not trusted have no vote, and are told nothing."""
    places = [place for place in model.places if place.shot.name not in without]
    masks = [read_mask(p.shot.mask, width=p.shot.width, height=p.shot.height) for p in places]
    side = max((max(cv2.boundingRect(mask)[2:]) for mask in masks), default=0)
    found = [silhouette_of(place, mask, model.points, side) for place, mask in zip(places, masks, strict=True)]
    silhouettes: Sequence[Silhouette] = [each for each in found if each is not None]
    wanted = agreed_silhouettes(silhouettes, model) if len(silhouettes) > 2 else silhouettes
    return [Agreement(own, other) for own, other in zip(silhouettes, wanted, strict=True)]
