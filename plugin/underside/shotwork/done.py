"""What came of one shot, and how its errors are told."""

from dataclasses import dataclass, replace

from underside.capture import Shot
from underside.errors import PhotoError, UndersideError, UnfitNameError
from underside.manifest import ShotRecord, State
from underside.shotwork.climbing import TriedAhead
from underside.verdict import Signs

__all__ = ["Done", "in_words", "set_aside", "that_meets_all"]


@dataclass(frozen=True)
class Done:
    """What came of a shot."""

    record: ShotRecord
    kept: bool = False
    """The shot was finished by an earlier run, and nothing was done."""
    masked: bool = False
    """Its mask was made just now."""
    cut_out: bool = False
    """Its mask was there, and got its cut-out."""
    signs: Signs | None = None
    """What the mask shows of its faults, where it was made just now."""
    tried: TriedAhead | None = None
    """What further steps gave, where the verdict asked for them and the photo was still at hand."""
    breaks: UndersideError | None = None
    """An error that every other shot would meet too: a full disk, a broken model."""


def set_aside(shot: Shot, record: ShotRecord, reason: str, *, breaks: UndersideError | None = None) -> Done:
    """A shot that failed. The reason becomes a sentence that names the photo as the manifest does."""
    told = reason.replace(str(shot.path), shot.name)
    named = told if told.startswith(shot.name) else f"{shot.name}: {told}"
    return Done(replace(record, state=State.FAILED, reason=named), breaks=breaks)


def in_words(error: Exception) -> str:
    """An error of any kind as sentences for a person."""
    match error:
        case UndersideError():
            return str(error)
        case OSError() if error.filename:
            return f"Cannot read {error.filename}: {error.strerror}. Fix that and run again."
        case OSError():
            return f"A file cannot be read: {error.strerror or error}. Fix that and run again."
        case MemoryError():
            return "There is not enough free memory for it. Try --workers 1."
    return f"Internal error ({type(error).__name__}: {error}). Please report it."


def that_meets_all(error: Exception) -> UndersideError | None:
    """The error, if other shots would meet it too."""
    of_one = (PhotoError, UnfitNameError)
    return error if isinstance(error, UndersideError) and not isinstance(error, of_one) else None
