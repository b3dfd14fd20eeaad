"""The menu "Underside" of Metashape Professional, 1.7 and later; without a window, masks for a farm.

``underside install metashape`` puts this file and the folder beside it where Metashape looks for scripts. A farm runs

    metashape -r underside_menu.py --mask project.psx
"""

from __future__ import annotations

import os
import sys
from typing import Iterator


def _places() -> Iterator[str]:
    """Where the folder beside this file may be found: Metashape need not say which file it runs."""
    yield os.path.dirname(os.path.abspath(_places.__code__.co_filename))
    home = os.path.expanduser("~")
    yield os.path.join(os.environ.get("LOCALAPPDATA", home), "Agisoft", "Metashape Pro", "scripts")
    yield os.path.join(home, "Library", "Application Support", "Agisoft", "Metashape Pro", "scripts")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    yield os.path.join(data, "Agisoft", "Metashape Pro", "scripts")


def _begin() -> None:
    place = next((each for each in _places() if os.path.isdir(os.path.join(each, "underside_metashape"))), None)
    if place is None:
        print(
            "Underside: the folder underside_metashape is missing beside this script. Run: underside install metashape"
        )
        return
    if place not in sys.path:
        sys.path.insert(0, place)
    try:
        import Metashape
    except ImportError:
        print("Underside: this script runs inside Metashape Professional: Tools > Run Script, or metashape -r")
        return
    from underside_metashape.start import start

    start(Metashape, list(getattr(sys, "argv", None) or []))


_begin()
