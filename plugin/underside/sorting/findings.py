"""What a capture lacks, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from statistics import median

from underside.capture import Pose, pose_of
from underside.capture.left_alone import left_alone
from underside.capture.names import without_pose
from underside.capture.raw_apart import raw_files_apart
from underside.capture.several import looks_like_several
from underside.counted import counted, some
from underside.ring import camera_positions
from underside.sorting.overview import Overview, PassView
from underside.sorting.rings import Ring, passes_by_place
from underside.sorting.sights import Sight

__all__ = ["Finding", "findings", "pass_title"]

# A pass with less than this share of the shots of the largest one is reported.
_FEW = 2 / 3
# Steps of more than 30 degrees are hard to match.
_FEWEST_ONCE_ROUND = 12


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know before going on."""

    text: str
    """A sentence without its full stop; what to do follows a colon or a semicolon."""
    needed: bool = False
    """Whether there can be no whole object without it."""


def findings(seen: Overview) -> list[Finding]:
    """What could not be read, then what is needed."""
    # A folder that cannot be read may be the very pass that seems to be missing.
    unread = [Finding(f"{each.name}: {each.reason}; check its permissions") for each in seen.capture.problems]
    found = [*_poses(seen), *_counts(seen), *_files(seen), *_plates(seen), *_heights(seen), *_cameras(seen)]
    found += [*_times(seen), *_doubles_and_gaps(seen)]
    return [*unread, *sorted(found, key=lambda finding: not finding.needed)]


def pass_title(each: PassView, seen: Overview) -> str:
    """The pass as a sentence calls it."""
    if not each.of.name:
        return "the only pass" if len(seen.passes) == 1 else "the photos in no pass"
    return each.of.name if "pass" in each.of.name.lower() else f"the {each.of.name} pass"


def _poses(seen: Overview) -> Iterator[Finding]:
    passes = seen.passes
    # A folder that cannot be read may hold the very pass that would be missed here.
    if not seen.capture.problems:
        yield from _missing_pose(seen)
    if len(passes) > 1 and not any(each.of.sure for each in passes):
        taken = ", ".join(f"{each.of.name} as {each.of.pose}" for each in passes if each.of.pose is not Pose.UNKNOWN)
        how = f"assumed: {taken}. " if taken else ""
        yield Finding(f"No name says how the object lay; {how}Folders called upright and flipped settle it")
    if any(each.of.name.startswith("pass ") for each in passes) or (len(passes) == 1 and not passes[0].of.name):
        yield from _places_disagree(seen)


def _missing_pose(seen: Overview) -> Iterator[Finding]:
    passes = seen.passes
    poses = {each.of.pose for each in passes}
    if len(passes) == 1:
        beside = _beside(seen.capture.folder)
        where = f"; the folder {beside} beside it is named like the other one: put both into one folder" * bool(beside)
        split = "" if passes[0].of.name or beside else "; if there are two, put them into folders upright and flipped"
        yield Finding(
            "Only one pass: the underside cannot be reconstructed. Turn the object over and shoot it again"
            f"{where}{split}",
            needed=True,
        )
    elif len(poses) == 1 and Pose.UNKNOWN not in poses:
        yield Finding(
            f"All {len(passes)} passes are called {passes[0].of.pose}: the underside cannot be reconstructed",
            needed=True,
        )


def _places_disagree(seen: Overview) -> Iterator[Finding]:
    by_place = passes_by_place([sight for each in seen.passes for sight in each.sights])
    if len(by_place) > 1 and len(by_place) != len(seen.passes):
        ends = [(f"{part[0].shot.name} to {part[-1].shot.name}", counted(len(part), "shot")) for part in by_place]
        counts = ", ".join(f"{names} ({many})" for names, many in ends)
        yield Finding(f"By the camera's positions there are {len(by_place)} passes: {counts}. Folders settle it")


def _beside(folder: Path) -> str:
    """A folder called like this one but for the pose."""
    pose, about = pose_of(folder.name), without_pose(folder.name)
    if pose is Pose.UNKNOWN or not about:
        return ""
    try:
        others = sorted(path.name for path in folder.parent.iterdir() if path.is_dir())
    except OSError:
        return ""
    return next((o for o in others if without_pose(o) == about and pose_of(o) not in (pose, Pose.UNKNOWN)), "")


def _counts(seen: Overview) -> Iterator[Finding]:
    most = max((len(each.of.shots) for each in seen.passes), default=0)
    for each in seen.passes:
        many = len(each.of.shots)
        if many < _FEW * most:
            yield Finding(f"{_begin(pass_title(each, seen))} has {counted(many, 'shot')} against {most}")
        if many == 1:
            yield Finding(f"{_begin(pass_title(each, seen))} is a single shot", needed=True)
    largest = {pass_title(each, seen): max((len(ring.shots) for ring in each.rings), default=0) for each in seen.passes}
    for many in sorted({many for many in largest.values() if 1 < many < _FEWEST_ONCE_ROUND}):
        titles = " and ".join(title for title, of_pass in largest.items() if of_pass == many)
        yield Finding(
            f"No ring of {titles} has more than {many} shots: once round, that is a step of {360 / many:.0f}°; "
            "20° match well, more than 30° hardly"
        )


def _files(seen: Overview) -> Iterator[Finding]:
    for name in seen.capture.unmet:
        yield Finding(f"No photo fits the patterns of the pass {name}: correct them in underside.toml")
    for told in (looks_like_several(seen.capture), raw_files_apart(seen.capture)):
        if told:
            yield Finding(told)
    for sight in seen.unreadable:
        yield Finding(sight.problem)
    for told in left_alone(seen.capture):
        yield Finding(told)


def _plates(seen: Overview) -> Iterator[Finding]:
    if not seen.capture.plates:
        yield Finding(
            "No plate: a photo of the empty platter from each camera position, in a folder called empty, makes "
            "masks better"
        )
        return
    cameras = {sight.camera_name for sight in seen.plates}
    for camera in sorted({sight.camera_name for sight in seen.sights} - cameras):
        yield Finding(f"No plate was taken with {camera}")
    for each in seen.passes:
        told = [ring for ring in each.rings if ring.told_by == "room" and ring.camera in cameras]
        without = sum(not _has_plate(ring, seen.plates) for ring in told)
        # In a bare room a plate may look unlike its own ring: with a plate for each, nothing is said.
        if without and len(seen.plates) < len(told):
            rings = "one ring" if without == 1 else f"{without} rings"
            yield Finding(f"No plate was taken from the camera's position in {rings} of {pass_title(each, seen)}")


def _has_plate(ring: Ring, plates: Sequence[Sight]) -> bool:
    some = (ring.shots[0], ring.shots[len(ring.shots) // 2], ring.shots[-1])
    pairs = ((shot.glance, plate.glance) for plate in plates for shot in some)
    return any(one and other and len(camera_positions([one, other])) == 1 for one, other in pairs)


def _heights(seen: Overview) -> Iterator[Finding]:
    told = [each for each in seen.passes if each.rings and all(ring.told_by == "room" for ring in each.rings)]
    if len(seen.passes) > 1 and told and all(len(each.rings) == 1 for each in told):
        yield Finding(
            "Each pass has one ring; the photos do not show how high the camera stood. Passes join where both "
            "see the object's sides: shoot one ring low (about 15°), and one at about 60° for top and underside"
        )
    unseen = [pass_title(each, seen) for each in seen.passes if each.sights and each not in told]
    if unseen:
        by_pauses = any(ring.told_by == "pauses" for each in seen.passes for ring in each.rings)
        yield Finding(
            f"Where the camera moved cannot be seen in {' and '.join(unseen)} (hardly any room behind the object)"
            + "; rings are separated by pauses alone" * by_pauses
        )


def _cameras(seen: Overview) -> Iterator[Finding]:
    with_shots = [each for each in seen.passes if each.sights]
    if len({frozenset(each.cameras) for each in with_shots}) > 1:
        which = "; ".join(f"{each.of.name}: {', '.join(each.cameras)}" for each in with_shots)
        yield Finding(f"Passes of different cameras ({which}): they join less reliably, and each needs its own lens")
    by_camera: dict[str, list[Sight]] = {}
    for sight in seen.sights:
        by_camera.setdefault(sight.camera_name, []).append(sight)
    for camera, sights in by_camera.items():
        lengths = sorted({sight.camera.focal_length for sight in sights if sight.camera.focal_length})
        if len(lengths) > 1:
            named = ", ".join(f"{length:g}" for length in lengths)
            yield Finding(f"{camera} was zoomed ({named} mm): one focal length joins best")
        sizes = sorted({(sight.width, sight.height) for sight in sights})
        turned = sorted({sight.orientation for sight in sights})
        if len(turned) > 1:
            yield Finding(
                f"Mixed orientations of {camera} (EXIF {', '.join(map(str, turned))}): masks fit each as stored; "
                "switch off turning in the photogrammetry program"
            )
        if len({frozenset(size) for size in sizes}) > 1 or (len(sizes) > 1 and len(turned) == 1):
            named = ", ".join(f"{width} x {height}" for width, height in sizes)
            yield Finding(f"Photos of {camera} have several sizes ({named}): some were cropped or turned")


def _times(seen: Overview) -> Iterator[Finding]:
    without = sum(sight.time is None for sight in seen.sights)
    if without:
        whole = f"{without} of {len(seen.sights)} photos do not say when they were taken"
        if without == len(seen.sights):
            whole = "No photo says when it was taken"
        elif without == 1:
            whole = f"One of {len(seen.sights)} photos does not say when it was taken"
        yield Finding(f"{whole}: pauses cannot separate passes, nor the clock show what is missing")
    clocks: dict[str, list[float]] = {}
    for each in seen.passes:
        times: dict[str, list[float]] = {}
        for sight in each.sights:
            if sight.time:
                # Not timestamp(): this computer's own zone would have a say, and it fails for a clock at year 1.
                since = (sight.time - datetime(1970, 1, 1)).total_seconds()
                times.setdefault(sight.camera_name, []).append(since)
        if len(times) > 1:
            for camera, taken in times.items():
                clocks.setdefault(camera, []).append(median(taken))
    if len(clocks) > 1 and len({len(taken) for taken in clocks.values()}) == 1:
        (first, base), *others = clocks.items()
        for camera, taken in others:
            minutes = median(there - here for here, there in zip(base, taken, strict=True)) / 60
            if abs(minutes) > 2:
                yield Finding(f"The clocks of {first} and {camera} differ by about {abs(minutes):.0f} min")


def _doubles_and_gaps(seen: Overview) -> Iterator[Finding]:
    for each in seen.passes:
        title = pass_title(each, seen)
        copies = [f"{double.name} is {double.of}" for double in each.doubles if double.copy]
        if copies:
            yield Finding(f"{_begin(title)} holds the same file twice: {some(copies, most=4)}")
        alike = [f"{_file(double.name)} as {_file(double.of)}" for double in each.doubles if not double.copy]
        if alike:
            yield Finding(f"In {title} shots show nearly the same: {some(alike, most=4)}")
        if each.gaps:
            places = [f"{gap.reason} (between {_file(gap.before)} and {_file(gap.after)})" for gap in each.gaps]
            yield Finding(f"In {title} shots may be missing: {some(places, most=4)}")


def _file(name: str) -> str:
    return PurePosixPath(name).name


def _begin(text: str) -> str:
    return text[0].upper() + text[1:]
