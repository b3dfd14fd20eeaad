"""A run's loss and IoU over its steps, as a picture."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn"]

_WIDTH, _HEIGHT, _LEFT, _REST = 900, 300, 64, 34
_INK, _GRID = (40, 40, 40), (225, 225, 225)
_FAINT, _BLUE, _GREEN = (225, 190, 160), (180, 90, 20), (70, 140, 40)
_SMOOTH = 0.9

Points = list[tuple[float, float]]


def drawn(events: Sequence[dict[str, Any]]) -> NDArray[np.uint8]:
    """Loss above, with its running mean; IoU on held-out scenes below. Parts of a run that was resumed follow on."""
    losses = [(float(e["step"]), float(e["loss"])) for e in events if e["event"] == "step"]
    checks = [(float(e["step"]), float(e["iou"])) for e in events if e["event"] == "check"]
    last = max(step for step, _ in losses)
    upper, lower = (
        _Panel("loss", last, (0.0, max(value for _, value in losses))),
        _Panel("held-out IoU", last, (0.0, 1.0)),
    )
    upper.line(losses, _FAINT)
    upper.line(_smoothed(losses), _BLUE)
    lower.line(checks, _GREEN)
    return np.vstack([upper.picture, lower.picture])


class _Panel:
    """One diagram."""

    def __init__(self, title: str, last: float, limits: tuple[float, float]) -> None:
        self.picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
        self._last, (self._low, self._high) = max(last, 1.0), limits
        for share in (0, 0.25, 0.5, 0.75, 1):
            value, step = self._low + share * (self._high - self._low), share * self._last
            self._rule(self._place(0, value), self._place(self._last, value))
            self._rule(self._place(step, self._low), self._place(step, self._high))
            self._write(f"{value:.2f}", (8, self._place(0, value)[1] + 4))
            self._write(f"{step:.0f}", (self._place(step, 0)[0] - 12, _HEIGHT - 12))
        self._write(title, (_LEFT + 8, _REST - 12))

    def line(self, points: Points, colour: tuple[int, int, int]) -> None:
        """Through all points; a single one is a dot."""
        places = [self._place(*point) for point in points]
        for before, after in pairwise(places):
            cv2.line(self.picture, before, after, colour, 2, cv2.LINE_AA)
        for place in places[:1]:
            cv2.circle(self.picture, place, 2, colour, -1, cv2.LINE_AA)

    def _place(self, step: float, value: float) -> tuple[int, int]:
        height = (value - self._low) / ((self._high - self._low) or 1)
        column = _LEFT + (_WIDTH - _LEFT - _REST) * step / self._last
        return round(column), round(_HEIGHT - _REST - (_HEIGHT - 2 * _REST) * height)

    def _rule(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        cv2.line(self.picture, start, end, _GRID, 1)

    def _write(self, text: str, place: tuple[int, int]) -> None:
        cv2.putText(self.picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)


def _smoothed(points: Points) -> Points:
    smooth, mean = [], points[0][1]
    for step, value in points:
        mean = _SMOOTH * mean + (1 - _SMOOTH) * value
        smooth.append((step, mean))
    return smooth
