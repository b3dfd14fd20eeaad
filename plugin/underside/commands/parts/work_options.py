"""What commands that work on photos have in common: which photos, where to, how many at once, told to whom."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from underside.commands.parts.number import Whole
from underside.commands.parts.path import PATH
from underside.commands.parts.photo_list import PhotoList, read_photo_list

__all__ = ["output_option", "photos_named", "source_options", "work_options"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def source_options(command: _Function) -> _Function:
    """A folder, photos, or a list of photos; ``photos_named`` says which."""
    command = click.option(
        "--list",
        "listed",
        type=PATH,
        metavar="FILE",
        help="Read the photos from a file: one path per line, in UTF-8, optionally after its pass's name and a tab.",
    )(command)
    return click.argument("sources", nargs=-1, type=PATH, metavar="FOLDER|PHOTO...")(command)


def photos_named(context: click.Context, sources: tuple[Path, ...], listed: Path | None) -> PhotoList:
    """The photos given by either of the two ways that ``source_options`` offer."""
    if listed is None and not sources:
        raise click.UsageError("Name a folder, photos, or a list of photos with --list", context)
    if listed is not None and sources:
        raise click.UsageError("Photos and --list exclude each other: name the photos in one of the two ways", context)
    return read_photo_list(listed) if listed is not None else PhotoList(sources)


def output_option(told: str) -> Callable[[_Function], _Function]:
    """The folder for the results, which ``told`` are."""
    return click.option("-o", "--output", type=PATH, default="underside-out", show_default=True, help=told)


def work_options(command: _Function) -> _Function:
    """How many shots at once, and whether a person or a program is told of them."""
    command = click.option("--events", is_flag=True, help="Print one JSON object per line, for programs.")(command)
    return click.option("--workers", type=Whole(1, 64), help="Shots in flight; default: one per processor.")(command)
