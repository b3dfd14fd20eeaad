"""What holds for each capture of a watched folder: the command line, files that may change, and choices of a retry."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from underside.layouts import check_layout_names
from underside.settings import Resolved, placed, resolve, settings_files_for

__all__ = ["read", "settings_of", "written"]

# A file of settings that was changed holds so soon.
_READ_AGAIN_AFTER = 2.0


def settings_of(said: Mapping[str, Any]) -> Callable[[Path, str], Resolved]:
    """By a capture's folder, and a retry's choices as ``written``, which hold over all."""
    check_layout_names(said.get("layouts", ()))
    known: dict[tuple[Path, str], tuple[float, Resolved]] = {}

    def of_capture(folder: Path, own: str) -> Resolved:
        read_at, resolved = known.get((folder, own), (0.0, None))
        if resolved is None or time.monotonic() > read_at + _READ_AGAIN_AFTER:
            resolved = resolve({**said, **read(own)}, settings_files_for(folder))
            known[folder, own] = (time.monotonic(), resolved)
        return resolved

    return of_capture


def written(said: Mapping[str, Any]) -> str:
    """Choices as text, for the journal; nothing where nothing is said."""
    found = {name: placed(name, value, Path.cwd()) for name, value in said.items()}
    return json.dumps(found, default=_text, sort_keys=True) if found else ""


def read(text: str) -> dict[str, Any]:
    """The choices again."""
    said: dict[str, Any] = json.loads(text) if text else {}
    for name, kind in (("layouts", str), ("plates", Path)):
        if name in said:
            said[name] = tuple(kind(each) for each in said[name])
    return said


def _text(value: object) -> str:
    return str(value.absolute()) if isinstance(value, Path) else str(value)
