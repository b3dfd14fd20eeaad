"""The one kind of failure that a node's log tells: a sentence of what happened and what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["NodeError", "writing"]


class NodeError(RuntimeError):
    """Told as it is; no traceback helps."""


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Say in words why something cannot be written."""
    try:
        yield
    except OSError as error:
        raise NodeError(
            f"Cannot write {path}: {error.strerror}. Make this folder writable, or save the project in another one."
        ) from error
