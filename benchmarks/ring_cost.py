"""What verdicts, colours and rings cost: whole processes with and without them, in interleaved rounds.

    python benchmarks/ring_cost.py --shots 36 --rounds 3

Two passes of so many photos of 24 megapixels, from one camera position. CPU seconds suffer little from a machine that
has other work, ratios taken within a round less still.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from against_rembg import Cost, fresh, measured
from photos import write_photos

import underside.engine
import underside.masker
import underside.shotwork.record
from underside.__main__ import main as underside_main
from underside.ladder import Ladder
from underside.ring import Silhouette
from underside.verdict import Signs

_WITHOUT = "--without"


@dataclass(frozen=True)
class Way:
    """One way to mask the photos, and the row that it is held against."""

    what: str
    options: tuple[str, ...]
    without: str
    against: str
    aim: float | None = None


_NOT_JUDGED, _FAST_NOT_JUDGED, _ALONE = (
    "the network alone, not judged",
    "`--effort fast`, not judged",
    "the network alone",
)
WAYS = (
    Way(_NOT_JUDGED, ("--no-rings",), "verdicts,colours,ladder", _NOT_JUDGED),
    Way(_ALONE, ("--no-rings",), "colours,ladder", _NOT_JUDGED),
    Way("each photo with its own colours", ("--no-rings",), "ladder", _ALONE, 1.25),
    Way("with the ring", (), "ladder", _ALONE, 1.25),
    Way("defaults: climbing too", (), "", _ALONE),
    Way(_FAST_NOT_JUDGED, ("--effort", "fast"), "verdicts", _FAST_NOT_JUDGED),
    Way("`--effort fast`", ("--effort", "fast"), "", _FAST_NOT_JUDGED, 1.05),
)


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=36, help="of each of the two passes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", type=int, help="these rows, counted from 0")
    parser.add_argument("--folder", type=Path, help="keep the photos here")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="underside-benchmark-"))
    capture = folder / f"capture-{chosen.shots}"
    for name in ("upright", "flipped"):
        write_photos(capture / name, chosen.shots, passes=name)
    ways = [way for place, way in enumerate(WAYS) if chosen.only is None or place in chosen.only]
    costs: dict[str, list[Cost]] = {}
    for number in range(chosen.rounds):
        for way in ways:
            mask = ["mask", str(capture), "-o", str(fresh(folder / "out")), *way.options]
            cost = measured([sys.executable, __file__, _WITHOUT, way.without, *mask], dict(os.environ))
            costs.setdefault(way.what, []).append(cost)
        print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr)
    print(table(ways, costs, 2 * chosen.shots))
    if not chosen.folder:
        shutil.rmtree(folder)


def table(ways: list[Way], costs: dict[str, list[Cost]], photos: int) -> str:
    """The medians, as a Markdown table; ratios are taken round by round."""
    lines = ["| run | s per photo | CPU s per photo | peak MB | CPU, times | aimed at |", "|---|---|---|---|---|---|"]
    for way in ways:
        own, other = costs[way.what], costs.get(way.against)
        ratio = statistics.median(o.cpu / t.cpu for o, t in zip(own, other, strict=True)) if other else None
        wall, cpu = (statistics.median(getattr(cost, name) for cost in own) / photos for name in ("wall", "cpu"))
        peak = statistics.median(cost.peak_mb for cost in own)
        times, aim = (f"{value:.2f}x" if value else "" for value in (ratio, way.aim))
        lines.append(f"| {way.what} | {wall:.3f} | {cpu:.3f} | {peak:.0f} | {times} | {aim} |")
    return "\n".join(lines)


def without(parts: list[str], arguments: list[str]) -> None:
    """What ``underside`` does with these arguments, with parts of it taken out."""
    if "ladder" in parts:
        _replace(underside.engine, "make_ladder", lambda masker, _: Ladder(masker))
    if "colours" in parts:
        _replace(underside.masker, "by_own_colours", lambda found, *_: found)
    if "verdicts" in parts:
        none: dict[str, Any] = {field.name: 0.5 for field in fields(Signs)} | {"looks": 1, "borders": ()}
        signs = Signs(**none)
        _replace(Ladder, "signs", staticmethod(lambda *_: signs))
        _replace(underside.shotwork.record, "silhouette_of_mask", lambda *_: Silhouette(0.1, 0.1, 0.5, 0.5))
    sys.argv = ["underside", *arguments]
    underside_main()


def _replace(holder: object, name: str, other: object) -> None:
    """What is renamed one day must not be left in unseen."""
    getattr(holder, name)
    setattr(holder, name, other)


if __name__ == "__main__":
    if sys.argv[1:2] == [_WITHOUT]:
        without(sys.argv[2].split(","), sys.argv[3:])
    else:
        main()
