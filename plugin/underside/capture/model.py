"""The words for a capture: its shots, its passes and their poses, its plates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from underside.capture.names import Pose, is_numbered, pose_of

__all__ = ["Capture", "Pass", "Problem", "Results", "Shot"]


@dataclass(frozen=True)
class Shot:
    """One photo of a pass."""

    path: Path
    name: str
    """The path relative to the capture's folder, with ``/``: how manifest, masks and messages call it."""
    pass_name: str
    """The sub-folder it lies in, or what told the pass otherwise; empty where the capture is one pass."""
    companions: tuple[str, ...] = ()
    """Names of the same shot's camera raw files: the JPEG beside them is what is masked."""


@dataclass(frozen=True)
class Problem:
    """A folder in the capture's that could not be looked into, in words."""

    name: str
    reason: str
    of_all: bool = False
    """It is the capture's own folder."""


@dataclass(frozen=True)
class Results:
    """A folder in the capture that was skipped because it holds Underside's results."""

    name: str
    photos: int
    """The number of files in it that are named like photos, apart from results."""


@dataclass(frozen=True)
class Pass:
    """The shots of one pose of the object."""

    name: str
    pose: Pose
    sure: bool
    """The pose is told by a name; otherwise the first pass is taken as upright and the second as flipped."""
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Capture:
    """All photos of one object."""

    folder: Path
    shots: tuple[Shot, ...]
    plates: tuple[Shot, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()
    """Files that look like photos and are none, such as masks of the photos beside them."""
    results: tuple[Results, ...] = ()
    not_read: tuple[str, ...] = ()
    """Pictures of kinds that are not read."""
    unmet: tuple[str, ...] = ()
    """Passes for which there are patterns that no photo fits."""
    whole: bool = True
    """All photos of the folder; otherwise those that were named, and there may be more."""
    name: str = ""
    """The capture's name: its folder's, unless that holds several captures."""

    def hides(self, name: str) -> bool:
        """Whether a photo of that name would lie in a folder that cannot be looked into: it may well be there."""
        return any(problem.of_all or name.startswith(f"{problem.name}/") for problem in self.problems)

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The passes, upright ones first."""
        names = dict.fromkeys(shot.pass_name for shot in self.shots)
        poses = {name: pose_of(name or self.folder.name) for name in names}
        assumed = _assumed(poses)
        found = [
            Pass(
                name=name,
                pose=assumed.get(name, poses[name]),
                sure=poses[name] is not Pose.UNKNOWN,
                shots=tuple(shot for shot in self.shots if shot.pass_name == name),
            )
            for name in names
        ]
        order = list(Pose)
        return tuple(sorted(found, key=lambda each: order.index(each.pose)))


def _assumed(poses: Mapping[str, Pose]) -> dict[str, Pose]:
    """Poses of passes whose names tell none: most people begin upright and flip then."""
    if any(pose is not Pose.UNKNOWN for pose in poses.values()) or not all(is_numbered(name) for name in poses if name):
        return {}
    return dict(zip(poses, (Pose.UPRIGHT, Pose.FLIPPED), strict=False))
