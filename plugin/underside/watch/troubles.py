"""Which troubles are of one capture alone, so that the others go on."""

from underside.errors import OutputError, UndersideError, UnfitNameError

__all__ = ["is_of_one_capture"]


def is_of_one_capture(error: UndersideError) -> bool:
    """Whether it is of what lies in one output folder, or who writes there, and not of the disk."""
    if isinstance(error, UnfitNameError) or not isinstance(error, OutputError):
        return True
    return isinstance(error.__cause__, PermissionError) or not isinstance(error.__cause__, OSError)
