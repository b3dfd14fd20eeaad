"""The only code that knows where models, demo photos, scripts for other programs and the user's own data lie."""

import json
import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = [
    "demo_folder",
    "meshroom_nodes_folder",
    "metashape_scripts_folder",
    "models_folder",
    "pip_install",
    "user_data_folder",
    "user_models_folder",
]

_PACKAGE = Path(__file__).resolve().parent


def models_folder() -> Path:
    """The catalogue and the embedded network."""
    return _of_the_project("models")


def metashape_scripts_folder() -> Path:
    """The Metashape menu."""
    return _of_the_project("metashape_scripts")


def meshroom_nodes_folder() -> Path:
    """The root of the Meshroom plugin."""
    return _of_the_project("meshroom_nodes")


def demo_folder() -> Path:
    """A small capture to try: ``upright``, ``flipped`` and ``empty``."""
    return _PACKAGE / "demo"


def pip_install(extra: str) -> str:
    """The command that installs an extra, from where Underside itself was installed: perhaps a folder here."""
    place, editable = _installed_from()
    return f'pip install {"-e " if editable else ""}"{place}[{extra}]"'


def user_models_folder() -> Path:
    """Where fetched models lie: ``UNDERSIDE_MODELS``, else the user's data folder of this system."""
    if chosen := os.environ.get("UNDERSIDE_MODELS"):
        return Path(chosen).expanduser().absolute()
    return user_data_folder() / "underside" / "models"


def user_data_folder() -> Path:
    """Where programs keep what is the user's own, on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local" / "share")


def _of_the_project(name: str) -> Path:
    # An editable install has no _data: only wheels do.
    checkout = _PACKAGE.parents[1]
    if _PACKAGE.parent.name == "plugin" and (checkout / "pyproject.toml").is_file():
        return checkout / name
    return _PACKAGE / "_data" / name


def _installed_from() -> tuple[str, bool]:
    """A folder, a file or the package's name; and whether it is an editable install."""
    try:
        origin = json.loads(distribution("underside").read_text("direct_url.json") or "{}")
        place = urlsplit(origin.get("url", ""))
        if place.scheme == "file":
            return url2pathname(place.path), bool(origin.get("dir_info", {}).get("editable"))
    except (PackageNotFoundError, OSError, ValueError):
        pass
    return "underside", False


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user whom the system does not know by name, as in containers
        return Path(os.sep)
