"""How a folder is watched: where, with what settings, and how long is waited for what."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from underside.settings import Resolved

__all__ = ["POLL_EVERY", "Plan"]

POLL_EVERY = 2.0
"""Seconds between two looks through a folder that gives no notices."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a watch needs to know. Times are in seconds."""

    root: Path
    out: Path
    of_capture: Callable[[Path, str], Resolved]
    """What holds for the capture in a folder, and for a shot with choices of its own (as JSON, otherwise empty)."""
    said: str = ""
    """What was chosen for this watch, as JSON."""
    settle: float = 1.0
    """How long a file's size and time must stay the same."""
    quiet: float = 60.0
    """How long without a new photo until a pass is over for now."""
    complete_after: float = 600.0
    """How long without a new photo until a capture is complete."""
    poll: float | None = None
    """Look through the folder this often in place of the system's notices."""
    scan_every: float = 300.0
    """Look through the folder this often beside them."""
    newest_first: bool = False
    once: bool = False
    """Catch up and end."""
    workers: int = 1
    proof: bool = True
    """Ask of every complete capture whether its passes are one object, where the extra is there."""
    on_capture: tuple[str, ...] = ()
    """A command that is given the manifest's path when a capture is complete."""
