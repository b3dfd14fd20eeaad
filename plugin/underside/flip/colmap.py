"""The structure-from-motion engine that a proof asks, where it is installed."""

from typing import Any

from underside.errors import SettingsError

__all__ = ["colmap"]


def colmap() -> Any:  # noqa: ANN401 - a module without types, there or not
    """The module, quiet; an error that names the extra where it is missing."""
    try:
        import pycolmap
    except ImportError as error:
        raise SettingsError(
            "A proof needs pycolmap, which is not installed", "Install it with: pip install 'underside[proof]'"
        ) from error
    pycolmap.logging.minloglevel = 3
    pycolmap.logging.alsologtostderr = False
    return pycolmap
