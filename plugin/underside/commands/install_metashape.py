"""``underside install metashape`` and its way back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import tell
from underside.installers import metashape

__all__ = ["install_metashape", "uninstall_metashape"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _folder_option(command: _Function) -> _Function:
    return click.option(
        "--folder",
        type=PATH,
        help="Metashape's scripts folder, if it is not the usual one.",
    )(command)


@click.command("metashape", short_help="Add the menu to Metashape Professional.")
@_folder_option
def install_metashape(*, folder: Path | None) -> None:
    """Add the menu "Underside" to Metashape Professional, for this user.

    The menu runs the engine with the Python that runs this command: after a move or an update, run it again.
    """
    place = (folder or metashape.scripts_folder()).absolute()
    is_usual = folder is not None or place.parent.is_dir()
    metashape.install(place)
    tell(f"The menu is in {place}")
    tell(f"It runs the engine with {sys.executable}")
    if not is_usual:
        tell("Metashape Professional seems not to have run here yet; only that edition has scripts.")
    tell('Restart Metashape: "Underside" is in its menu bar.')


@click.command("metashape")
@_folder_option
def uninstall_metashape(*, folder: Path | None) -> None:
    """Remove the menu from Metashape."""
    place = (folder or metashape.scripts_folder()).absolute()
    found = metashape.uninstall(place)
    tell(f"The menu was removed from {place}" if found else f"There was no menu in {place}")
