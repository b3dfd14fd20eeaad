"""Underside: masks for turntable photogrammetry.

from underside import load_masker

masker = load_masker()
mask = masker.mask(picture)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Masked", "Masker", "Photo", "Settings", "UndersideError", "load_masker", "open_photo"]

if TYPE_CHECKING:
    from underside.engine import load_masker
    from underside.errors import UndersideError
    from underside.masker import Masked, Masker
    from underside.photo import Photo, open_photo
    from underside.settings import Settings

_HOMES = {
    "Masked": "masker",
    "Masker": "masker",
    "Photo": "photo",
    "Settings": "settings",
    "UndersideError": "errors",
    "load_masker": "engine",
    "open_photo": "photo",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    # Loaded when asked for: `underside --version` need not wait for OpenCV and onnxruntime.
    if name not in _HOMES:
        raise AttributeError(f"module 'underside' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"underside.{_HOMES[name]}"), name)
