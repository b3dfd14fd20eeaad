"""A capture as it was understood: every pass with its rings, cameras, times, doubles and gaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from underside.capture import Capture, Pass
from underside.capture.order import file_number
from underside.photo import MOST_MEGAPIXELS
from underside.sorting.rings import Double, Gap, Ring, copies, doubles, gaps, rings
from underside.sorting.sights import Sight, look_at_all

__all__ = ["Overview", "PassView", "overview"]


@dataclass(frozen=True)
class PassView:
    """One pass, looked at."""

    of: Pass
    sights: tuple[Sight, ...]
    """The sights of the shots that can be opened."""
    rings: tuple[Ring, ...]
    doubles: tuple[Double, ...]
    gaps: tuple[Gap, ...]

    @property
    def cameras(self) -> tuple[str, ...]:
        """By name, in order of appearance."""
        return tuple(dict.fromkeys(sight.camera_name for sight in self.sights))

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height as stored."""
        return tuple(dict.fromkeys((sight.width, sight.height) for sight in self.sights))

    @property
    def orientations(self) -> tuple[int, ...]:
        """EXIF orientations."""
        return tuple(sorted({sight.orientation for sight in self.sights}))

    @property
    def focal_lengths(self) -> tuple[float, ...]:
        """In millimetres."""
        return tuple(sorted({sight.camera.focal_length for sight in self.sights if sight.camera.focal_length}))

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first shot to the last, by the cameras' clocks."""
        times = [sight.time for sight in self.sights if sight.time]
        return (min(times), max(times)) if times else None

    @property
    def raw_files(self) -> int:
        """Camera raw files that belong to the shots."""
        return sum(len(shot.companions) for shot in self.of.shots)


@dataclass(frozen=True)
class Overview:
    """A capture, looked at."""

    capture: Capture
    passes: tuple[PassView, ...]
    plates: tuple[Sight, ...]
    unreadable: tuple[Sight, ...]
    """Shots and plates that cannot be opened."""

    @property
    def sights(self) -> tuple[Sight, ...]:
        """The sights of all shots that can be opened."""
        return tuple(sight for each in self.passes for sight in each.sights)


def overview(
    capture: Capture, *, max_megapixels: float = MOST_MEGAPIXELS, on_seen: Callable[[], None] = lambda: None
) -> Overview:
    """Look at every photo of a capture; ``on_seen`` is called after each."""
    photos = [*capture.shots, *capture.plates]
    sights = look_at_all(photos, max_megapixels=max_megapixels, on_seen=on_seen)
    seen = {sight.shot.name: sight for sight in sights}
    every = [(prefix, number) for shot in photos for prefix, number in [file_number(shot) or ("", -1)]]
    same = copies([seen[shot.name] for shot in photos if not seen[shot.name].problem])
    passes = [
        _pass_view(each, [seen[shot.name] for shot in each.shots], frozenset(every), same) for each in capture.passes
    ]
    return Overview(
        capture=capture,
        passes=tuple(passes),
        plates=tuple(seen[shot.name] for shot in capture.plates if not seen[shot.name].problem),
        unreadable=tuple(sight for sight in seen.values() if sight.problem),
    )


def _pass_view(
    of: Pass, sights: Sequence[Sight], numbers: frozenset[tuple[str, int]], same: Sequence[Double]
) -> PassView:
    whole = [sight for sight in sights if not sight.problem]
    found = rings(whole) if whole else []
    names = {sight.shot.name for sight in whole}
    return PassView(
        of=of,
        sights=tuple(whole),
        rings=tuple(found),
        doubles=(*(each for each in same if each.name in names), *(each for ring in found for each in doubles(ring))),
        gaps=tuple(gap for ring in found for gap in gaps(ring, elsewhere=numbers)),
    )
