"""The commands, one file each, loaded when they are called."""

import gc
import importlib

import click

from underside import __version__

__all__ = ["underside"]

# Each command lives in the module of its name and is the object of its name there.
_COMMANDS = {
    "mask": "Mask a folder of photos, or single ones.",
    "rings": "Learn from all shots once, to mask them in parts.",
    "capture": "Show how a capture is understood, and what is missing.",
    "watch": "Mask what arrives in a folder, all day.",
    "status": "Show what a watched folder has done, is waiting for and failed at.",
    "retry": "Mask shots of a watched folder again, optionally with other settings.",
    "demo": "Mask the bundled photos and show the result.",
    "models": "List known and installed models; fetch one.",
    "check-layout": "Say why a program would ignore a mask.",
    "serve": "Serve masks over HTTP, in place of rembg.",
    "score": "Measure masks against known truth.",
    "prepare": "Bring all passes into one folder for a program.",
    "prove": "Prove that the passes join into one object.",
    "audit": "Show what each setting changes, on a sample.",
    "config": "Show a capture's settings, and where each is set.",
    "install": "Add Underside to another program.",
    "uninstall": "Remove Underside from another program.",
    "doctor": "Check what works on this machine.",
}


class _Commands(click.Group):
    """Imports a command's module only when it is needed: the others cost no time at start."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        # Loading makes no garbage: looking for some would be a seventh of its time.
        gc.disable()
        try:
            command: click.Command = getattr(importlib.import_module(f"underside.commands.{name}"), name)
        finally:
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="underside %(version)s")
def underside() -> None:
    """Masks for turntable photogrammetry: object only, exact edges, metadata kept."""
