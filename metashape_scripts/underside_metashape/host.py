"""What all parts share: the words for Metashape's objects, the one kind of failure, and a way to say things."""

from __future__ import annotations

import sys
from typing import Any, Callable, Mapping, Sequence

__all__ = [
    "Camera",
    "Chunk",
    "Document",
    "Host",
    "MenuError",
    "StoppedError",
    "call_with_what_it_knows",
    "constant",
    "in_words",
    "listed",
    "say",
]

# Metashape brings no types; these names say what is meant.
Host = Any
Document = Any
Chunk = Any
Camera = Any

_TOLD = 8


class MenuError(Exception):
    """Something a person can fix: what happened and what to do, in one message."""


class StoppedError(MenuError):
    """A person wanted it to end."""


def in_words(error: Exception) -> str:
    """A failure in words for a person."""
    if isinstance(error, MenuError):
        return str(error)
    return f"Internal error in the Underside menu: {type(error).__name__}: {error}. Please report it."


def constant(metashape: Host, family: str, name: str) -> object:
    """An enumeration's value: some versions have it in the module, all have it in its family."""
    of_family = getattr(metashape, family, None)
    return getattr(of_family if hasattr(of_family, name) else metashape, name)


def call_with_what_it_knows(
    call: Callable[..., object], *, needed: Mapping[str, object], wanted: Mapping[str, object]
) -> None:
    """Call with keywords that not every version has, leaving out those it refuses by name."""
    try:
        call(**needed, **wanted)
    except TypeError as error:
        known = {name: value for name, value in wanted.items() if name not in str(error)}
        if len(known) == len(wanted):
            raise
        call_with_what_it_knows(call, needed=needed, wanted=known)


def say(line: str) -> None:
    """A line in Metashape's console, whatever characters it takes."""
    try:
        print(line)
    except UnicodeError:
        print(line.encode("ascii", "backslashreplace").decode())
    flush = getattr(sys.stdout, "flush", None)
    if flush:
        flush()


def listed(lines: Sequence[str]) -> list[str]:
    """The first few lines, and how many more there are."""
    rest = len(lines) - _TOLD
    return ["- " + line for line in lines[:_TOLD]] + ([f"and {rest} more"] if rest > 0 else [])
