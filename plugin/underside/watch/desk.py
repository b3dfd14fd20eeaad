"""The captures that are worked on just now, each with its passes' last signs of life and its open session."""

from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from underside.manifest import State
from underside.watch.masking import CaptureSession

__all__ = ["Desk"]

# So many photos within so many seconds are a copy of a folder, not a camera: masking each of them alone, and again
# with what its ring knows, would do everything twice.
_BURST = 12
_BURST_SECONDS = 4.0
# A copy has no pauses as long as this; a person at a camera has.
_BURST_QUIET = 5.0


@dataclass
class Desk:
    """One capture. Times are those of a clock that never jumps."""

    name: str
    folder: Path
    out: Path
    completing: bool = False
    concluding: bool = False
    flying: set[str] = field(default_factory=set)
    """Shots that are being masked alone."""
    verdicts: dict[str, tuple[State, str]] = field(default_factory=dict)
    """By photo, what was last reported of a mask made with its ring."""
    wait_until: float = 0.0
    told: str = ""
    """Why it has to wait."""
    done_file: bool = False
    stale: bool = True
    """Something has changed since the whole capture was last gone through."""
    session: CaptureSession | None = None
    _stack: ExitStack = field(default_factory=ExitStack)
    _active: dict[str, float] = field(default_factory=dict)
    _arrivals: dict[str, deque[float]] = field(default_factory=dict)
    _bursts: set[str] = field(default_factory=set)

    @property
    def busy(self) -> bool:
        """Whether its output folder is being written."""
        return self.completing or self.concluding or bool(self.flying)

    @property
    def passes(self) -> list[str]:
        """In which something has happened."""
        return list(self._active)

    def look_for_done_file(self) -> None:
        """A person says that the capture is complete, by a file called done beside its photos."""
        with suppress(OSError):
            self.done_file = any(path.stem.lower() == "done" and path.is_file() for path in self.folder.iterdir())

    def touched(self, pass_name: str, at: float) -> None:
        """Something has happened in a pass."""
        self._active[pass_name] = max(at, self._active.get(pass_name, at))
        self.stale = True

    def arrived(self, pass_name: str, at: float) -> None:
        """A photo can be masked."""
        latest = self._arrivals.setdefault(pass_name, deque(maxlen=_BURST))
        latest.append(at)
        if len(latest) == _BURST and at - latest[0] < _BURST_SECONDS:
            self._bursts.add(pass_name)

    def is_burst(self, pass_name: str) -> bool:
        """Whether photos come faster than a camera takes them."""
        return pass_name in self._bursts

    def completed(self, pass_name: str) -> None:
        """What comes now comes one by one again, perhaps."""
        self._bursts.discard(pass_name)

    def is_quiet(self, pass_name: str, quiet: float, now: float) -> bool:
        """Whether nothing more is to be expected of a pass for now."""
        enough = min(quiet, _BURST_QUIET) if self.is_burst(pass_name) else quiet
        return self.done_file or now >= self._active.get(pass_name, 0.0) + enough

    def quiet_for(self, now: float) -> float:
        """How long nothing has happened in any pass."""
        return now - max(self._active.values(), default=0.0)

    def open(self, session: CaptureSession) -> CaptureSession:
        """Begin work."""
        self.session = self._stack.enter_context(session)
        return self.session

    def close(self) -> None:
        """Let others at its output folder."""
        self.session = None
        self._stack.close()
