"""``underside install``: our menus and nodes into other programs, a watch into the system, one sub-command each."""

import click

from underside.commands.install_meshroom import install_meshroom
from underside.commands.install_metashape import install_metashape
from underside.commands.install_service import install_service

__all__ = ["install"]


@click.group()
def install() -> None:
    """Add Underside to another program, or a watch to the system."""


install.add_command(install_metashape)
install.add_command(install_meshroom)
install.add_command(install_service)
