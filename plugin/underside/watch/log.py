"""The log of a watch: everything that happens, a line each, in a file that starts afresh before it grows too long."""

import json
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType

from underside.watch.happenings import Failed, Happening, Note, Proven, Seen, Started
from underside.watch.telling import as_event, in_words

__all__ = ["Log", "log_path"]

# A shot takes two lines of a hundred bytes or so: each file holds some 25,000 shots.
_LONGEST = 5_000_000
_KEPT = 4


def log_path(out: Path, *, as_json: bool) -> Path:
    """Where it lies; lines for programs have a file of their own."""
    return out / ".underside" / ("watch.jsonl" if as_json else "watch.log")


class Log(AbstractContextManager["Log"]):
    """Appends and lets go of the file each time: it may be read, moved or removed meanwhile.

    What cannot be logged is not: a full disk is told elsewhere, and must not stop the watch here.
    """

    def __init__(self, out: Path, *, as_json: bool, longest: int = _LONGEST) -> None:
        self._path = log_path(out, as_json=as_json)
        self._as_json = as_json
        self._longest = longest
        self._begun = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # One that never started may have been refused: then the file is another watch's.
        if error is not None and self._begun:
            self(Note(f"Ended by {kind.__name__ if kind else 'a mistake'}: {error}"))

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        self._begun = self._begun or isinstance(happening, Started)
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        if self._as_json:
            event, facts = as_event(happening)
            lines = [json.dumps({"time": now, "event": event, **facts})]
        else:
            level = "warning" if _is_warning(happening) else "info   "
            words = [f"{happening.photo}: seen"] if isinstance(happening, Seen) else in_words(happening)
            lines = [f"{now} {level} {_on_one_line(line)}" for line in words]
        with suppress(OSError):
            self._append("".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))

    def _append(self, content: bytes) -> None:
        with suppress(FileNotFoundError):
            if self._path.stat().st_size + len(content) > self._longest:
                self._begin_anew()
        with self._path.open("ab") as log:
            log.write(content)

    def _begin_anew(self) -> None:
        older = [self._path, *(self._path.with_name(f"{self._path.name}.{number}") for number in range(1, _KEPT + 1))]
        with suppress(PermissionError):  # Windows, while somebody reads one: next time, then
            for number in range(_KEPT, 0, -1):
                with suppress(FileNotFoundError):
                    older[number - 1].replace(older[number])


def _is_warning(happening: Happening) -> bool:
    return isinstance(happening, Failed | Note) or (isinstance(happening, Proven) and bool(happening.proof.reasons))


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else "".join(each if each.isprintable() else _spelt_out(each) for each in text)


def _spelt_out(character: str) -> str:
    return character.encode("unicode_escape", errors="backslashreplace").decode()
