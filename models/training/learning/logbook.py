"""What a run tells of itself: a line of JSON for each event, added to what is there."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.errors import TrainingError

__all__ = ["LOG", "Logbook", "read_log"]

LOG = "log.jsonl"


class Logbook:
    """Lines are on the disk as soon as they are written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def write(self, event: str, **facts: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Add an event, with the time of day."""
        line = json.dumps({"event": event, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **facts}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Events in turn; a last line that was cut off is left out."""
    if not path.is_file():
        raise TrainingError(f"There is no log {path}", "Name the folder of a run")
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield dict(json.loads(line))
        except ValueError:
            continue
