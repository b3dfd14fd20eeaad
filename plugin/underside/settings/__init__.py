"""What a person may choose: on the command line, in ``underside.toml``, or not at all."""

from underside.settings.checks import NONE, Kind, Option, kind_of, option_of, spoken
from underside.settings.file import FILE_NAME, placed, settings_files_for
from underside.settings.options import Settings
from underside.settings.resolve import COMMAND_LINE, DEFAULT, KEYS, Resolved, resolve
from underside.settings.template import template
from underside.settings.values import SETTINGS, read_text, setting

__all__ = [
    "COMMAND_LINE",
    "DEFAULT",
    "FILE_NAME",
    "KEYS",
    "NONE",
    "SETTINGS",
    "Kind",
    "Option",
    "Resolved",
    "Settings",
    "kind_of",
    "option_of",
    "placed",
    "read_text",
    "resolve",
    "setting",
    "settings_files_for",
    "spoken",
    "template",
]
