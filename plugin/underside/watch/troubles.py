"""Which problems concern one capture alone, so that the others continue."""

from underside.errors import OutputError, UndersideError, UnfitNameError

__all__ = ["is_of_one_capture"]


def is_of_one_capture(error: UndersideError) -> bool:
    """Whether it concerns what is in one output folder, or who writes there, and not the disk."""
    if isinstance(error, UnfitNameError) or not isinstance(error, OutputError):
        return True
    return isinstance(error.__cause__, PermissionError) or not isinstance(error.__cause__, OSError)
