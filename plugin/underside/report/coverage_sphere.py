"""The directions from which the object was seen: its sphere as two discs, from above and from below."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from underside.report.coverage_facts import CoverageFacts, Direction
from underside.report.markup import Html, join, markup
from underside.report.wording import count, round_percent

__all__ = ["PASS_COLOURS", "pass_mark", "sphere"]

Floats = NDArray[np.float64]

PASS_COLOURS = ("#8fb1ff", "#f3b33e", "#e39be8", "#8fd08f", "#ff9b80", "#c9bfae")
"""Colours on dark, one per pass; coverage.css has the same, and darker ones for paper."""
_RADIUS = 200.0
_EDGE = 14.0
_STEPS = 64
_RINGS = (30, 60)
_MARKS = (
    "M0-5.5A5.5 5.5 0 0 1 0 5.5A5.5 5.5 0 0 1 0-5.5Z",
    "M-5-5H5V5H-5Z",
    "M0-6.5L6 4.5H-6Z",
    "M0-7L7 0L0 7L-7 0Z",
    "M-6-4.5H6L0 6.5Z",
    "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
)

_DISC = """\
<figure class="disc"><svg viewBox="$box" role="img" aria-label="$label">
<clipPath id="zone-$side"><circle r="$zone"/></clipPath>
<circle class="half" r="$radius"/><circle class="zone" r="$zone"/>
<path class="covered" clip-path="url(#zone-$side)" d="$covered"/>
<path class="cross" d="$cross"/>$rings
<circle class="rim" r="$radius"/>
$marks</svg>
<figcaption><strong>$share</strong> $told</figcaption></figure>"""


def sphere(facts: CoverageFacts) -> Html:
    """Both discs, equal in area to the sphere's halves, so that shares can be seen."""
    names = [each.name for each in facts.passes]
    return join(_disc(facts, names, below=below) for below in (False, True))


def pass_mark(number: int) -> Html:
    """The shape of a pass's marks, for legends."""
    return markup(
        '<svg class="mark" viewBox="-9 -9 18 18" aria-hidden="true"><path class="view pass-$colour" d="$shape"/></svg>',
        colour=number % len(PASS_COLOURS),
        shape=_MARKS[number % len(_MARKS)],
    )


def _disc(facts: CoverageFacts, names: Sequence[str], *, below: bool) -> Html:
    share = facts.underside if below else facts.topside
    here = [each for each in facts.directions if (each.towards[2] < 0) == below]
    seen = "below" if below else "above"
    side = "underside" if below else "upper side"
    whole = _RADIUS + _EDGE
    return markup(
        _DISC,
        box=f"{-whole:g} {-whole:g} {2 * whole:g} {2 * whole:g}",
        label=f"The {side}, from {seen}: {round_percent(share)} covered, {count(len(here), 'camera')} on this side",
        side=seen,
        radius=f"{_RADIUS:g}",
        zone=f"{_from_middle(90 - facts.horizon):.1f}",
        covered="".join(_caps(facts, below=below)),
        cross=f"M{-_RADIUS:g} 0H{_RADIUS:g}M0 {-_RADIUS:g}V{_RADIUS:g}",
        rings=join(_ring(height) for height in _RINGS),
        marks=join(_mark(each, names.index(each.pass_name)) for each in here),
        share=round_percent(share),
        told=f"of the {side} seen. You look from {seen}.",
    )


def _from_middle(angle: float) -> float:
    """How far a direction so many degrees from the disc's middle is drawn from there."""
    return float(_RADIUS * np.sqrt(2) * np.sin(np.radians(angle) / 2))


def _drawn(directions: Floats, *, below: bool) -> Floats:
    """(n, 3) to (n, 2) by Lambert's projection; from below, the sides change places as they do to the eye."""
    x, y, z = directions.T
    depth = -z if below else z
    scale = _RADIUS / np.sqrt(np.maximum(1 + depth, 1e-9))
    return np.column_stack([(-x if below else x) * scale, -y * scale])


def _caps(facts: CoverageFacts, *, below: bool) -> Iterator[str]:
    """What every trusted view covers; all go round the same way, so that together they fill as one."""
    around = np.linspace(0, 2 * np.pi, _STEPS, endpoint=False)
    reach = np.radians(facts.reach)
    for each in facts.directions:
        towards = np.array(each.towards)
        # Farther caps do not touch this half, and those around the disc's far pole cannot be drawn.
        if not each.trusted or (-towards[2] if below else towards[2]) < -np.sin(reach):
            continue
        beside = np.cross(towards, np.eye(3)[int(np.abs(towards).argmin())])
        beside /= np.linalg.norm(beside)
        other = np.cross(towards, beside)
        edge = np.cos(reach) * towards + np.sin(reach) * (
            np.cos(around)[:, None] * beside + np.sin(around)[:, None] * other
        )
        yield "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in _drawn(edge, below=below)) + "Z"


def _ring(height: int) -> Html:
    radius = _from_middle(90 - height)
    return markup(
        '<circle class="height" r="$radius"/><text x="3" y="$y">$height°</text>',
        radius=f"{radius:.1f}",
        y=f"{-radius - 3:.1f}",
        height=height,
    )


def _mark(each: Direction, number: int) -> Html:
    x, y = _drawn(np.array([each.towards]), below=each.towards[2] < 0)[0]
    title = each.photo if each.trusted else f"{each.photo}: not trusted, not counted"
    return markup(
        '<path class="view pass-$colour$kind" transform="translate($x $y)" d="$shape"><title>$title</title></path>',
        colour=number % len(PASS_COLOURS),
        kind="" if each.trusted else " doubted",
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        shape=_MARKS[number % len(_MARKS)],
        title=title,
    )
