"""Which troubles are of one capture alone, so that the others go on."""

from underside.errors import OutputError

__all__ = ["is_of_one_capture"]


def is_of_one_capture(error: OutputError) -> bool:
    """Whether it is of one output folder, as when another run is writing there, and not of the disk."""
    return error.__cause__ is None
