"""What the parts of a contact sheet draw on: the manifest, sorted and counted once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from underside.capture import Pose, pose_of
from underside.manifest import Manifest, ShotRecord, State
from underside.report.changes import Change, changes, passes
from underside.report.markup import file_address

__all__ = ["COVERAGE_NAME", "Sheet"]

COVERAGE_NAME = "coverage.html"
"""The page of a proof, where one was made."""


@dataclass(frozen=True)
class Sheet:
    """One capture, as a page shows it."""

    manifest: Manifest
    out: Path
    passes: Mapping[str, Sequence[ShotRecord]]
    masked: Sequence[ShotRecord]
    """Masked shots, by hand included, the most doubtful first; without a verdict, the largest change first."""
    failed: Sequence[ShotRecord]
    changes: Mapping[str, Change]
    numbers: Mapping[str, int]
    """Each photo's number in shooting order, from 1."""

    @classmethod
    def of(cls, manifest: Manifest, out: Path) -> "Sheet":
        """The sheet of the capture whose results lie in ``out``."""
        poses = list(Pose)
        # In the order they are usually shot, upright first; the manifest has them by name.
        shots = sorted(manifest.shots, key=lambda shot: poses.index(pose_of(shot.pass_name)))
        change = changes(shots)
        masked = [shot for shot in shots if shot.state is not State.FAILED]
        return cls(
            manifest=manifest,
            out=out,
            passes=passes(shots),
            masked=sorted(masked, key=lambda s: (-s.doubt, -change[s.photo].size if s.photo in change else 1)),
            failed=[shot for shot in shots if shot.state is State.FAILED],
            changes=change,
            numbers={shot.photo: number for number, shot in enumerate(shots, 1)},
        )

    @property
    def capture(self) -> Path:
        """The capture's folder."""
        return Path(self.manifest.capture)

    @property
    def title(self) -> str:
        """The capture as its folder calls it."""
        return self.capture.name or self.manifest.capture

    def pass_name(self, shot: ShotRecord) -> str:
        """The shot's pass; photos in the capture's folder itself go by the capture's name."""
        return shot.pass_name or self.title

    def place(self, shot: ShotRecord) -> str:
        """The id of what the page says of a shot."""
        return f"shot-{self.numbers[shot.photo]}"

    def photo_address(self, shot: ShotRecord) -> str:
        """Where the page finds the photo."""
        return file_address(self.capture / shot.photo, page_folder=self.out)

    def result_address(self, name: str) -> str:
        """Where the page finds a mask or a cut-out."""
        return file_address(self.out / name, page_folder=self.out)
