"""The only code that knows where models, demo photos and the user's own models lie."""

import os
import sys
from pathlib import Path

__all__ = ["demo_folder", "models_folder", "user_models_folder"]

_PACKAGE = Path(__file__).resolve().parent


def models_folder() -> Path:
    """The catalogue and the embedded network."""
    # An editable install has no _data: only wheels do.
    checkout = _PACKAGE.parents[1]
    if _PACKAGE.parent.name == "plugin" and (checkout / "pyproject.toml").is_file():
        return checkout / "models"
    return _PACKAGE / "_data" / "models"


def demo_folder() -> Path:
    """A small capture to try: ``upright``, ``flipped`` and ``empty``."""
    return _PACKAGE / "demo"


def user_models_folder() -> Path:
    """Where fetched models lie: ``UNDERSIDE_MODELS``, else the user's data folder of this system."""
    if chosen := os.environ.get("UNDERSIDE_MODELS"):
        return Path(chosen).expanduser().absolute()
    return _user_data_folder() / "underside" / "models"


def _user_data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local" / "share")


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user whom the system does not know by name, as in containers
        return Path(os.sep)
