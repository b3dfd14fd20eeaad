"""Which masks disagree with what all shots together show, and how."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.flip.agreement.colours import colour_odds, palette_of
from underside.flip.agreement.hull import SURENESS, Silhouette, beliefs, cells_of, corrected, said
from underside.flip.agreement.views import View, views_of
from underside.flip.proof.mapping import Model

__all__ = ["Correction", "Disagreement", "agree", "agreed_silhouettes"]

# Of mask and agreed silhouette together; less is not worth a word.
_WORTH = 0.002
# Tuned in November 2026 on two tuning captures with legs, with true cameras, and on flip-sample. Colours weighed twice
# gained .02 more where the object has one colour, and lost .03 at single shots of a patterned one.
_FIRM = 2.0
"""Log-odds of a mask's own word: where colours and all other shots say otherwise, it is wrong."""
_SOFT = 1.0
"""Grid pixels over which that fades at the mask's edge."""
_ROUNDS = (2, 1)
"""How often colours are learnt before each round of votes: the first time from the masks alone."""


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
class Correction:
    """A shot's mask as it is, and as it should be: by what all shots show together, or without the platter."""

    own: Silhouette
    wanted: Silhouette

    @property
    def changed(self) -> NDArray[np.bool_]:
        """The change, on the silhouette's grid."""
        return np.asarray((self.own.mask > 127) != (self.wanted.mask > 127))

    @property
    def disagreement(self) -> Disagreement | None:
        """The disagreement; none if there is none that counts."""
        own, wanted = self.own.mask > 127, self.wanted.mask > 127
        either = max(1, int((own | wanted).sum()))
        kept, lost = float((own & ~wanted).sum() / either), float((wanted & ~own).sum() / either)
        if kept + lost < _WORTH:
            return None
        return Disagreement(self.own.place.shot.name, round(kept, 4), round(lost, 4))


def agree(model: Model, *, without: Collection[str] = (), cut_from: Path | None = None) -> list[Correction]:
    """Every shot of a model that is truly joined; those that are not trusted have no vote, and are told nothing.

    ``cut_from`` as for ``views_of``.
    """
    views = views_of(model, without=without, cut_from=cut_from)
    wanted = agreed_silhouettes(views, model.points) if len(views) > 2 else [view.silhouette for view in views]
    return [Correction(view.silhouette, other) for view, other in zip(views, wanted, strict=True)]


def agreed_silhouettes(views: Sequence[View], on_object: NDArray[np.float32]) -> list[Silhouette]:
    """What every shot should show, all others considered; where nothing speaks against a mask, it stays as it is."""
    known = [view.silhouette for view in views]
    cells = cells_of(known, on_object)
    if cells is None:
        return known
    passes, palettes = [each.place.shot.pass_name for each in known], [palette_of(view) for view in views]
    own = [cv2.GaussianBlur(_own_word(view), (0, 0), _SOFT) for view in views]
    found = [np.asarray(each, np.float32) for each in own]
    for learnt in _ROUNDS:
        for _ in range(learnt):
            odds = colour_odds(passes, palettes, found)
            found = [np.clip(a + b, -SURENESS, SURENESS) for a, b in zip(own, odds, strict=True)]
        voting = [replace(each, mask=said(belief)) for each, belief in zip(known, found, strict=True)]
        found = beliefs(cells, voting)
    wanted = corrected(known, found, cells, [view.doubtful for view in views])
    odds = colour_odds(passes, palettes, found)
    return [_without_strangers(*each) for each in zip(known, wanted, odds, strict=True)]


def _own_word(view: View) -> NDArray[np.float64]:
    word = np.where(view.silhouette.mask > 127, _FIRM, -_FIRM)
    return np.where(view.doubtful, 0.0, word)


def _without_strangers(before: Silhouette, after: Silhouette, odds: NDArray[np.float32]) -> Silhouette:
    """The silhouette with only those returning parts that have the object's colours.

    That no shot denies a place says little: few may see through an opening. A part that a mask has lost is there in its
    photo.
    """
    back = ((after.mask > 127) & (before.mask <= 127)).astype(np.uint8)
    _, parts = cv2.connectedComponents(back)
    strange = np.bincount(parts.ravel(), odds.ravel()) < 0
    strange[0] = False
    return replace(after, mask=np.where(strange[parts], before.mask, after.mask))
