"""A strip chart of the mask's area over a pass, as inline SVG: a mask gone wrong leaves the curve."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from underside.manifest import ShotRecord, State
from underside.report.changes import Change
from underside.report.markup import Html, asset, join, markup
from underside.report.wording import count, percent, signed_percent

__all__ = ["strip_chart"]

_HEIGHT = 112
_EDGE = 8
# The curve may not fill the chart with what is hardly a change: at least so much of the median is shown.
_LEAST_SPAN = 0.3
# From so many shots on, points would touch.
_MANY = 120

_POINT = """\
<a href="#$place" tabindex="-1">\
<title>$title</title><rect x="$left%" width="$width%" height="$height"/>$mark</a>"""


@dataclass(frozen=True)
class _Scale:
    lowest: float
    highest: float

    def y(self, area: float) -> float:
        share = (area - self.lowest) / (self.highest - self.lowest or 1)
        return round(_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE), 1)


def strip_chart(
    ring: Sequence[ShotRecord],
    *,
    name: str,
    change: Mapping[str, Change],
    place: Callable[[ShotRecord], str],
) -> Html:
    """The areas of one pass; ``place`` gives the id on the page that a shot's point leads to."""
    masked = [shot for shot in ring if shot.state is not State.FAILED]
    if not masked:
        return Html("")
    areas = [shot.area for shot in masked]
    scale = _scale(areas)
    by_change = sorted((shot for shot in masked if shot.photo in change), key=lambda s: -change[s.photo].size)
    facts = f"{count(len(ring), 'shot')} · median {percent(median(areas))}"
    label = f"Area over the pass {name}: {facts}, from {percent(min(areas))} to {percent(max(areas))}"
    if by_change:
        label += f", largest change at {by_change[0].photo}"
    step = 100 / len(ring)
    points = [
        markup(
            _POINT,
            place=place(shot),
            title=_title(shot, change.get(shot.photo)),
            left=f"{index * step:.3f}",
            width=f"{step:.3f}",
            height=_HEIGHT,
            mark=_mark(shot, f"{(index + 0.5) * step:.3f}%", scale),
        )
        for index, shot in enumerate(ring)
    ]
    return markup(
        asset("strip_chart.html"),
        name=name,
        facts=facts,
        label=label,
        highest=percent(scale.highest),
        lowest=percent(scale.lowest),
        height=_HEIGHT,
        middle=scale.y(median(areas)),
        path=_path(ring, step, scale),
        points=join(points),
        dense=Html(' class="dense"' if len(ring) > _MANY else ""),
    )


def _scale(areas: Sequence[float]) -> _Scale:
    middle, lowest, highest = median(areas), min(areas), max(areas)
    room = max(0.0, _LEAST_SPAN * middle - (highest - lowest)) / 2
    return _Scale(max(0.0, lowest - room), highest + room)


def _path(ring: Sequence[ShotRecord], step: float, scale: _Scale) -> str:
    """The curve, broken where a shot failed."""
    lines: list[str] = []
    for failed, run in groupby(enumerate(ring), key=lambda entry: entry[1].state is State.FAILED):
        if not failed:
            places = (f"{(index + 0.5) * step:.3f} {scale.y(shot.area)}" for index, shot in run)
            lines.append("M" + "L".join(places))
    return "".join(lines)


def _mark(shot: ShotRecord, x: str, scale: _Scale) -> Html:
    if shot.state is State.FAILED:
        return markup('<text class="failed" x="$x" y="$y">×</text>', x=x, y=_HEIGHT - 2)
    kinds = {"marked": shot.verdict == "insufficient", "by-hand": shot.state is State.BY_HAND}
    kind = " ".join(["point", *(kind for kind, holds in kinds.items() if holds)])
    return markup('<circle class="$kind" cx="$x" cy="$y" r="3.5"/>', kind=kind, x=x, y=scale.y(shot.area))


def _title(shot: ShotRecord, change: Change | None) -> str:
    if shot.state is State.FAILED:
        return f"{shot.photo}: failed"
    parts = [f"{shot.photo}: {percent(shot.area)}"]
    if change:
        parts.append(f"area {signed_percent(change.area)} against its neighbours")
    if shot.verdict:
        parts.append(shot.verdict)
    if shot.state is State.BY_HAND:
        parts.append("by hand")
    return ", ".join(parts)
