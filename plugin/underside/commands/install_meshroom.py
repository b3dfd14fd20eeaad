"""``underside install meshroom`` and its way back."""

import sys

import click

from underside.commands.parts.terminal import tell
from underside.installers import meshroom

__all__ = ["install_meshroom", "uninstall_meshroom"]


@click.command("meshroom", short_help="Let Meshroom find the nodes and templates.")
@click.option("--write", is_flag=True, help="Write the lines where the shell reads them, instead of printing them.")
@click.option(
    "--shell",
    type=click.Choice([shell.value for shell in meshroom.Shell]),
    help="The shell that starts Meshroom; default: yours.",
)
@click.option(
    "--as-nodes",
    is_flag=True,
    help="Use MESHROOM_NODES_PATH and MESHROOM_PIPELINE_TEMPLATES_PATH, in place of MESHROOM_PLUGINS_PATH.",
)
def install_meshroom(*, write: bool, shell: str | None, as_nodes: bool) -> None:
    """Let Meshroom 2025.1 and later find the nodes and templates, and the nodes find this engine.

    The nodes run the engine with the Python that runs this command: after a move or an update, run it again. If
    several people or machines share an installation, name that Python in the variable UNDERSIDE_PYTHON instead.
    """
    chosen = meshroom.Shell(shell) if shell else meshroom.usual_shell()
    found = meshroom.variables(as_nodes=as_nodes)
    place = meshroom.write(found, chosen) if write else None
    tell(f"The nodes run the engine with {sys.executable}, as {meshroom.record()} says")
    if place is not None:
        tell(f"Meshroom finds them through {place}: open a new terminal and start Meshroom there.")
        return
    where = "Run this" if chosen is meshroom.Shell.POWERSHELL else f"Add this to {meshroom.startup_file(chosen)}"
    tell(f"{where}, or run this command with --write; then start Meshroom from a new terminal:")
    for line in meshroom.lines(found, chosen):
        tell(line)


@click.command("meshroom", short_help="Make Meshroom forget the nodes and templates.")
def uninstall_meshroom() -> None:
    """Make Meshroom forget the nodes, and the nodes forget the engine."""
    gone = meshroom.forget()
    for place in gone:
        tell(f"Removed from {place}")
    if not gone:
        tell("Underside was not installed for Meshroom")
