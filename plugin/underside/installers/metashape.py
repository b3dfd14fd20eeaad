"""Put the menu into Metashape's folder of scripts, with a record of where the engine is; take it out again."""

import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from underside import __version__
from underside.errors import OutputError
from underside.files import write_atomically, writing
from underside.resources import metashape_scripts_folder, user_data_folder

__all__ = ["install", "scripts_folder", "uninstall"]

_SCRIPT = "underside_menu.py"
# Metashape runs every file in its folder of scripts, but does not look into folders there.
_PARTS = "underside_metashape"
_RECORD = "engine.json"


def scripts_folder() -> Path:
    """Where Metashape Professional looks for scripts at its start."""
    return user_data_folder() / "Agisoft" / "Metashape Pro" / "scripts"


def install(folder: Path) -> None:
    """Write the menu as this version has it, and the interpreter that runs this."""
    source = metashape_scripts_folder()
    parts = {part.name: part.read_bytes() for part in (source / _PARTS).glob("*.py")}
    record = {"python": sys.executable, "version": __version__}
    parts[_RECORD] = json.dumps(record, indent=1).encode()
    try:
        for name, content in parts.items():
            write_atomically(folder / _PARTS / name, content)
        for stale in [path for path in (folder / _PARTS).glob("*.py") if path.name not in parts]:
            with writing(stale):
                stale.unlink()
        # Last: what it needs is there whenever Metashape starts.
        write_atomically(folder / _SCRIPT, (source / _SCRIPT).read_bytes())
    except OutputError as error:
        raise OutputError(error.what, "Make it writable, or name another folder with --folder") from error


def uninstall(folder: Path) -> bool:
    """Take out what ``install`` has put there; whether there was something."""
    script, parts = folder / _SCRIPT, folder / _PARTS
    was_there = script.is_file() or parts.is_dir()
    try:
        script.unlink(missing_ok=True)
        if parts.is_dir():
            shutil.rmtree(parts)
    except OSError as error:
        raise OutputError(
            f"Cannot remove {error.filename}: {error.strerror}", "Close Metashape and try again, or remove it yourself"
        ) from error
    for cache in (folder / "__pycache__").glob(f"{Path(_SCRIPT).stem}.*.pyc"):
        with suppress(OSError):
            cache.unlink()
    return was_there
