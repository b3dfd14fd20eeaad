"""Look at the masks that the cameras have: missing, of another size, nearly empty or full, perhaps inverted."""

from __future__ import annotations

from typing import Callable, Sequence

from underside_metashape.align import share_of
from underside_metashape.masks import grid_of
from underside_metashape.views import View

__all__ = ["check_masks"]

_EMPTY = 0.002
_FULL = 0.98
# An object on a turntable rarely fills more than half of a photo.
_MUCH = 0.6


def check_masks(views: Sequence[View], step: Callable[[], None] = lambda: None) -> tuple[list[View], list[str]]:
    """The photos that a person should look at, and why, as sentences."""
    poor: list[View] = []
    reasons: list[str] = []
    for view in views:
        step()
        reason = _reason(view)
        if reason:
            poor.append(view)
            reasons.append(f"{view.name}: {reason}")
    return poor, reasons


def _reason(view: View) -> str:
    if view.frame.mask is None:
        return "no mask"
    image = view.frame.mask.image()
    size, grid = (image.width, image.height), grid_of(view.frame)
    if size != grid:
        return "its mask has {} x {} pixels, the photo {} x {}".format(*size, *grid)
    share = share_of(image)
    if share < _EMPTY:
        return "its mask keeps nearly nothing"
    if share > _FULL:
        return "its mask keeps nearly everything"
    return f"its mask keeps {share:.0%} of the photo; is it inverted?" if share > _MUCH else ""
