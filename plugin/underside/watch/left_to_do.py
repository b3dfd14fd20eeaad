"""What is left to do of the captures in work, and which of their passes it is time to go through."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from underside.journal import Journal, Stage
from underside.watch.desk import Desk
from underside.watch.plan import Plan

__all__ = ["LeftToDo", "Round"]

# With 50,000 photos to do, counting them takes as long as masking one: it rests so many times as long as it took.
_COUNTING_RESTS = 10


@dataclass(frozen=True)
class Round:
    """One time through a capture."""

    without: frozenset[str] = frozenset()
    """Passes that are still going on."""
    final: bool = False
    """The capture is complete: it is concluded after that."""


class LeftToDo:
    """What the journal says is left to do, counted again when it has changed."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self._plan = plan
        self._journal = journal
        self.blind_for = 0.0
        """How long something may go unnoticed without notifications."""
        self._unfinished: dict[str, dict[str, dict[Stage, int]]] = {}
        self._counted = -1
        self._count_at = 0.0

    def passes(self, desk: Desk) -> Mapping[str, Mapping[Stage, int]]:
        """How many photos of each unfinished pass of a capture have come how far."""
        return self._unfinished.get(desk.name, {})

    def count_at_times(self, now: float) -> None:
        """Count when the last time is long enough ago for what it took."""
        if now >= self._count_at:
            self.count()

    def count(self) -> bool:
        """See what is left to do in all captures; whether that may have changed."""
        if self._counted == self._journal.changes:
            return False
        began = time.monotonic()
        self._counted = self._journal.changes
        self._unfinished = defaultdict(lambda: defaultdict(dict))
        for count in self._journal.unfinished():
            self._unfinished[count.capture][count.pass_name][count.stage] = count.count
        now = time.monotonic()
        self._count_at = now + _COUNTING_RESTS * (now - began)
        return True

    def is_quiet(self, desk: Desk, pass_name: str, now: float) -> bool:
        """Whether a pass is over for now."""
        return self._plan.once or desk.is_quiet(pass_name, max(self._plan.quiet, self.blind_for), now)

    def to_go_through(self, desk: Desk, now: float) -> Round | None:
        """The round that it is time for; none where nothing is to be gone through just now."""
        wanted = self._to_go_through(desk, now)
        return self._to_go_through(desk, now) if wanted is not None and self.count() else wanted

    def _to_go_through(self, desk: Desk, now: float) -> Round | None:
        passes = self.passes(desk)
        pausing = [name for name in passes if self.is_quiet(desk, name, now) and _is_settled(passes[name])]
        going_on = {name for name in desk.passes if not self.is_quiet(desk, name, now)} | (set(passes) - set(pausing))
        if any({Stage.READY, Stage.MASKED} & passes[name].keys() for name in pausing):
            return Round(without=frozenset(going_on))
        if not passes and not going_on and self._is_over(desk, now):
            return Round(final=True)
        return None

    def _is_over(self, desk: Desk, now: float) -> bool:
        enough = max(self._plan.complete_after, self.blind_for)
        return self._plan.once or desk.done_file or desk.quiet_for(now) >= enough


def _is_settled(stages: Mapping[Stage, int]) -> bool:
    return not {Stage.SETTLING, Stage.FAILED} & stages.keys()
