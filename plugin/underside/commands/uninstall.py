"""``underside uninstall``: out of other programs again, one sub-command each."""

import click

from underside.commands.install_meshroom import uninstall_meshroom
from underside.commands.install_metashape import uninstall_metashape
from underside.commands.install_service import uninstall_service

__all__ = ["uninstall"]


@click.group()
def uninstall() -> None:
    """Remove Underside from another program, or a watch from the system."""


uninstall.add_command(uninstall_metashape)
uninstall.add_command(uninstall_meshroom)
uninstall.add_command(uninstall_service)
