"""What is done, waiting, failed and why, read beside a running watch or without one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from underside.errors import SettingsError
from underside.journal import NO_SHOTS, Entry, Journal, Stage, journal_path, looking_into
from underside.watch.handing_over import being_handed_over
from underside.watch.left_out import left_out
from underside.watch.lock import Watcher, held_by

__all__ = ["CaptureStatus", "Status", "Trouble", "read_status"]


@dataclass(frozen=True)
class Trouble:
    """A photo without a mask, and why."""

    photo: str
    capture: str
    reason: str
    attempts: int
    final: bool
    """Set aside; otherwise it is tried again."""


@dataclass(frozen=True)
class CaptureStatus:
    """One capture."""

    name: str
    passes: Mapping[str, Mapping[str, int]]
    """Counts by stage, for each pass."""
    stages: Mapping[str, int]
    verdicts: Mapping[str, int]
    complete: bool
    handing_over: bool = False
    """Its command runs, or waits for that of another capture."""
    answer: str = ""
    """Whether its passes are one object: ``yes``, ``unsafe`` or ``no``; empty where that was not asked, or not of
    all photos that are there now."""
    told: str = ""
    """The capture's state in a sentence."""

    @property
    def shots(self) -> int:
        """What is to be masked."""
        return sum(self.stages.values()) - sum(self.stages.get(stage, 0) for stage in NO_SHOTS)

    @property
    def done(self) -> int:
        """What has its mask, though a better one may follow."""
        return sum(self.stages.get(stage, 0) for stage in (Stage.MASKED, Stage.DONE, Stage.BY_HAND))

    @property
    def waiting(self) -> int:
        """What has none yet."""
        return sum(self.stages.get(stage, 0) for stage in (Stage.SETTLING, Stage.READY))

    @property
    def failed(self) -> int:
        """What could not be masked."""
        return sum(self.stages.get(stage, 0) for stage in (Stage.FAILED, Stage.SET_ASIDE))


@dataclass(frozen=True)
class Status:
    """A watched folder."""

    root: str
    out: Path
    watcher: Watcher | None
    captures: tuple[CaptureStatus, ...]
    troubles: tuple[Trouble, ...]
    by_hand: tuple[str, ...]
    left_out: Mapping[str, str]
    """Photos for which there is no place, and why."""
    gone: int
    """Photos that were masked and are not there any more."""


def read_status(out: Path) -> Status:
    """The state of the watch that writes, or has written, into a folder."""
    path = journal_path(out)
    if not path.is_file():
        raise SettingsError(f"There is no journal in {out}", "Name the output folder of underside watch")
    with looking_into(path) as journal:
        return _status(out, journal)


def _status(out: Path, journal: Journal) -> Status:
    complete, handing_over = journal.complete_captures(), being_handed_over(journal)
    passes: dict[str, dict[str, Counter[str]]] = {}
    for count in journal.counts():
        of_pass = passes.setdefault(count.capture, {}).setdefault(count.pass_name, Counter())
        of_pass[count.stage.value] += count.count
    verdicts, proofs = journal.verdicts(), journal.proofs()
    failed = [*journal.at_stage(Stage.SET_ASIDE), *journal.at_stage(Stage.FAILED)]
    return Status(
        root=journal.root,
        out=out,
        watcher=held_by(out),
        captures=tuple(
            CaptureStatus(
                name=name,
                passes={pass_name: dict(stages) for pass_name, stages in of_capture.items()},
                stages=dict(sum(of_capture.values(), Counter())),
                verdicts=verdicts.get(name, {}),
                complete=name in complete,
                handing_over=name in complete and name in handing_over,
                answer=proofs.get(name, ("", ""))[0],
                told=proofs.get(name, ("", ""))[1],
            )
            for name, of_capture in passes.items()
        ),
        troubles=tuple(_trouble(entry) for entry in failed),
        by_hand=tuple(entry.photo for entry in journal.at_stage(Stage.BY_HAND)),
        left_out=left_out(journal),
        gone=journal.gone(),
    )


def _trouble(entry: Entry) -> Trouble:
    return Trouble(entry.photo, entry.capture, entry.reason, entry.attempts, entry.stage is Stage.SET_ASIDE)
