"""The structure-from-motion engine that a proof asks, where it is installed."""

from importlib.util import find_spec
from typing import Any

from underside.errors import SettingsError
from underside.resources import pip_install

__all__ = ["ProofExtraMissingError", "colmap", "colmap_is_here"]


class ProofExtraMissingError(SettingsError):
    """It is not installed, or cannot be loaded."""


def colmap_is_here() -> bool:
    """Whether it seems to be installed; loading it takes a second."""
    return find_spec("pycolmap") is not None


def colmap() -> Any:  # noqa: ANN401 - a module without types, there or not
    """The module, quiet; an error that names the extra where it is missing."""
    try:
        import pycolmap
    except ImportError as error:
        raise ProofExtraMissingError(
            "A proof needs pycolmap, which is not installed", f"Install it with {pip_install('proof')}"
        ) from error
    pycolmap.logging.minloglevel = 3
    pycolmap.logging.alsologtostderr = False
    return pycolmap
