"""Decide what Metashape started us for: its menu, or one command without a window."""

from __future__ import annotations

import os
import sys

from underside_metashape.headless import headless
from underside_metashape.host import Host, say
from underside_metashape.menu import add_menu

__all__ = ["SCRIPT", "start"]

SCRIPT = "underside_menu.py"

_started_without_window: list[bool] = []


def start(metashape: Host, argv: list[str]) -> None:
    """Add the menu, or do what the command line asks for and end."""
    if not hasattr(metashape.Chunk, "generateMasks"):
        say("Underside: this Metashape is older than 1.7. Import the masks by hand: docs/metashape.md says how.")
        return
    # Metashape hands its own command line to every script that it starts by itself: only ours is meant for us.
    is_ours = bool(argv) and os.path.basename(argv[0]) == SCRIPT
    if is_ours and len(argv) > 1:
        if not _started_without_window:  # the copy in the scripts folder may have run before
            _started_without_window.append(True)
            code = headless(metashape, argv[1:])
            if code:
                sys.exit(code)
        return
    try:
        add_menu(metashape)
    except Exception as error:  # without a window there is no menu to add to
        say(f"Underside: no menu here ({error})")
