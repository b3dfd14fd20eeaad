"""Lines for people: printable whatever a file is called, and no failure where nobody reads them; JSON for programs."""

import errno
import json
import os
import sys
from contextlib import suppress

import click

from underside.errors import OutputError

__all__ = ["hold_standard_streams", "let_go_of_standard_streams", "print_text", "printable", "say", "tell", "tell_json"]

_NOBODY_READS = {errno.EPIPE, errno.EINVAL}  # the second on Windows


def say(line: str) -> None:
    """A line on standard error."""
    _print(line, err=True)


def tell(line: str) -> None:
    """A line on standard output."""
    _print(line, err=False)


def tell_json(content: object) -> None:
    """An object on standard output, for programs."""
    # In ASCII: on Windows, a program that reads us is given another alphabet than UTF-8.
    print_text(f"{json.dumps(content, indent=1)}\n")


def print_text(text: str) -> None:
    """What was asked for, on standard output as it is: where that cannot be written, the command has failed."""
    try:
        click.echo(text, nl=False)
    except OSError as error:
        if error.errno in _NOBODY_READS:
            raise
        what = f"Cannot write to standard output: {error.strerror}"
        raise OutputError(what, "Free some space there, or write it elsewhere") from error


def printable(text: str) -> str:
    """The text with line breaks, terminal commands and broken characters, as file names may hold them, spelt out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def hold_standard_streams() -> None:
    """Give whatever was closed a place to go, and let no character be one that cannot be printed."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def let_go_of_standard_streams() -> None:
    """Flush them; where the reader has left, such as `| head`, Python would end with a complaint."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print(line: str, *, err: bool) -> None:
    with suppress(OSError):
        click.echo(printable(line), err=err)
