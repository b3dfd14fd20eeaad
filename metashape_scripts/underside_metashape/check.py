"""Look at the masks that the cameras have: missing, of another size, nearly empty or full, inverted, insufficient."""

from __future__ import annotations

from typing import Callable, Sequence

from underside_metashape.align import share_of
from underside_metashape.masks import grid_of
from underside_metashape.results import Results, Shot, needs_mask, shots_of
from underside_metashape.views import View

__all__ = ["check_masks", "lacking_masks"]

_EMPTY = 0.002
_FULL = 0.98
# An object on a turntable rarely fills more than half of a photo.
_MUCH = 0.6


def check_masks(
    views: Sequence[View], results: Results | None, step: Callable[[], None] = lambda: None
) -> tuple[list[View], list[str]]:
    """The photos that a person should look at, and why, as sentences; ``results`` hold the engine's verdicts."""
    shots = shots_of(views, results) if results else [None] * len(views)
    poor: list[View] = []
    reasons: list[str] = []
    for view, shot in zip(views, shots):
        step()
        reason = _reason(view, shot) if needs_mask(view, results) else ""
        if reason:
            poor.append(view)
            reasons.append(f"{view.name}: {reason}")
    return poor, reasons


def lacking_masks(views: Sequence[View], results: Results | None) -> list[str]:
    """The photos of which Metashape would use all, or nothing, and why, as sentences."""
    lacks = [(view.name, _lack(view)) for view in views if needs_mask(view, results)]
    return [f"{name}: {lack}" for name, lack in lacks if lack]


def _lack(view: View) -> str:
    if view.frame.mask is None:
        return "no mask"
    return "" if share_of(view.frame.mask.image()) else "its mask keeps nothing"


def _reason(view: View, shot: Shot | None) -> str:
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
    if share > _MUCH:
        return f"its mask keeps {share:.0%} of the photo; is it inverted?"
    return f"its mask was judged insufficient: {shot.doubts}" if shot and shot.doubts else ""
