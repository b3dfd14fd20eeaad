"""``underside install``: our menus and nodes into other programs, one sub-command each."""

import click

from underside.commands.install_meshroom import install_meshroom
from underside.commands.install_metashape import install_metashape

__all__ = ["install"]


@click.group()
def install() -> None:
    """Put Underside into another program."""


install.add_command(install_metashape)
install.add_command(install_meshroom)
