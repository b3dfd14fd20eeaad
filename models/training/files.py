"""Files that are there whole or not at all."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["sha256_of", "whole_file", "write_json"]


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """What is written takes the name ``path`` only when all of it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, facts: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """For people too: indented."""
    with whole_file(path) as file:
        file.write((json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
