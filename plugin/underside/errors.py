"""Every way to fail: its exit code, what happened, and what to do about it."""

from enum import IntEnum

ELSEWHERE = "Choose another output folder with -o"
"""The remedy where results cannot be written, or must not be."""


class ExitCode(IntEnum):
    """What the process says when it ends; nothing else ends it."""

    DONE = 0
    NO = 1
    COULD_NOT_RUN = 2
    SOME_FAILED = 3
    INTERRUPTED = 130


class UndersideError(Exception):
    """Something a person can understand and fix; shown as one line, never as a traceback."""

    exit_code = ExitCode.COULD_NOT_RUN

    def __init__(self, what: str, remedy: str) -> None:
        """Both are sentences without their full stop: what happened, then what to do."""
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}."


class PhotoError(UndersideError):
    """One photo cannot be used; it is set aside and the rest of the capture continues."""

    exit_code = ExitCode.SOME_FAILED


class SettingsError(UndersideError):
    """An option, a path or a settings file that is not valid."""


class ModelError(UndersideError):
    """A model that is missing, damaged, refused, or that answers with something other than a matte."""


class DeviceError(UndersideError):
    """A processor was asked for that cannot be used."""


class OutputError(UndersideError):
    """A result cannot be written."""


class UnfitNameError(OutputError):
    """A result cannot have its name in that place; results with other names can be written."""
