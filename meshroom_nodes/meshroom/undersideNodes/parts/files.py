"""Files of a node that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from .trouble import writing

__all__ = ["place", "whole"]


def place(source: str, target: str) -> None:
    """``source`` under another name too: a second name of the same file where the disk can, a copy otherwise."""
    with whole(target) as part:
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)


@contextlib.contextmanager
def whole(path: str) -> Iterator[str]:
    """A free name beside ``path``; the file that is made there takes the place of ``path`` in the end."""
    part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.part")
    with writing(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
            yield part
            os.replace(part, path)
        finally:
            # Also where all went well: two names of one file are not moved onto each other, and both stay.
            with contextlib.suppress(OSError):
                os.unlink(part)
