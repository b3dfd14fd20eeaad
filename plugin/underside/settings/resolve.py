"""Which of all the places that may say a setting holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from underside.capture import CaptureRules, PassRules
from underside.errors import SettingsError
from underside.settings.checks import option_of, spoken
from underside.settings.file import read_settings
from underside.settings.options import Settings
from underside.settings.values import SETTINGS

__all__ = ["COMMAND_LINE", "DEFAULT", "KEYS", "Resolved", "resolve"]

COMMAND_LINE = "command line"
DEFAULT = "default"

KEYS = (*SETTINGS, "layouts", "plates", "no_plates", "passes", "gap_minutes")
"""All that can be said, by its name in Python."""


@dataclass(frozen=True)
class Resolved:
    """What holds for one capture, and which place said so."""

    settings: Settings
    layouts: tuple[str, ...]
    plates: tuple[Path, ...]
    """Photos of the empty platter, besides those that are named like plates."""
    no_plates: bool
    """Photos named like plates are shots like any other."""
    passes: PassRules
    origins: Mapping[str, str]
    """For each of ``KEYS``: ``default``, ``command line``, or the path of a file."""
    files: tuple[Path, ...]
    """All that were read, strongest first, whether or not something of theirs holds."""

    @property
    def rules(self) -> CaptureRules:
        """How shots, plates and passes are told apart."""
        return CaptureRules(not self.no_plates, self.plates, self.passes)


def resolve(command_line: Mapping[str, Any], files: Sequence[Path]) -> Resolved:
    """What holds: the command line over the files, the first file over the next, all over the defaults.

    ``command_line`` has what was really said there, by the names of ``KEYS``, and no defaults.
    """
    places = [(COMMAND_LINE, command_line), *((str(path), read_settings(path)) for path in files)]
    said: dict[str, tuple[int, Any]] = {}
    for rank, (_, values) in enumerate(places):
        for key, value in values.items():
            said.setdefault(key, (rank, value))
    _set_aside_for_another_segmenter(said)
    origins = {key: places[said[key][0]][0] if key in said else DEFAULT for key in KEYS}
    held = {key: value for key, (_, value) in said.items()}
    return Resolved(
        settings=_settings({key: value for key, value in held.items() if key in SETTINGS}, origins),
        layouts=tuple(held.get("layouts", ())),
        plates=tuple(held.get("plates", ())),
        no_plates=held.get("no_plates", False),
        passes=PassRules(patterns=held.get("passes", {}), gap_minutes=held.get("gap_minutes")),
        origins=origins,
        files=tuple(files),
    )


def _set_aside_for_another_segmenter(said: dict[str, tuple[int, Any]]) -> None:
    """A weaker place cannot know that a stronger one will choose another segmenter."""
    rank, segmenter = said.get("segmenter", (-1, ""))
    for key, each in SETTINGS.items():
        if option_of(each).only_for not in (None, segmenter) and -1 < rank < said.get(key, (-1, None))[0]:
            del said[key]


def _settings(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**values)
    except SettingsError as error:
        # Two that do not go together may come from two places.
        words = error.what.split()
        named = [key for key in values if f"--{spoken(key)}" in words and origins[key] != COMMAND_LINE]
        where = "; ".join(f"--{spoken(key)}: {origins[key]}" for key in named)
        raise SettingsError(f"{error.what} ({where})" if where else error.what, error.remedy) from error
