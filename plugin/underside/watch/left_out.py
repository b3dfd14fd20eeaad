"""Photos that the journal has no place for, as their folder is called like another capture."""

import json

from underside.journal import Journal

__all__ = ["LeftOut", "left_out"]

_FACT = "left out"


class LeftOut:
    """What the watch has found of them since its start, kept in the journal for who asks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._changed = True  # what an earlier watch has found is found again, or has gone
        self.reasons: dict[str, str] = {}
        """By photo: what is in its way, and what to do."""

    def add(self, photo: str, reason: str) -> None:
        """One more."""
        self.reasons[photo] = reason
        self._changed = True

    def drop(self, photo: str) -> None:
        """It has its place now."""
        if self.reasons.pop(photo, None) is not None:
            self._changed = True

    def keep(self) -> None:
        """Enter into the journal what has changed."""
        if self._changed:
            self._journal.set_fact(_FACT, json.dumps(self.reasons))
            self._changed = False


def left_out(journal: Journal) -> dict[str, str]:
    """The photos left out, read beside a watch or without one."""
    reasons: dict[str, str] = json.loads(journal.fact(_FACT) or "{}")
    return reasons
