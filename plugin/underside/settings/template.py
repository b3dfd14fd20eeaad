"""An ``underside.toml`` to begin with: every setting, its help and its default, all commented out."""

import json
from collections.abc import Iterator

from underside.settings.checks import NONE, allowed, option_of, spoken
from underside.settings.file import FILE_NAME
from underside.settings.values import SETTINGS

__all__ = ["template"]

_HEAD = f"""\
# {FILE_NAME}: settings for the capture in this folder, or for all captures in this folder's folders.
#
# A capture's own file wins over that of its parent folder, the command line over both. Remove the "#" before
# a line to change it; the value shown is the default. `underside config` shows what applies, and why.
"""

_REST = """
# Programs to lay the masks out for, and photos of the empty platter that are not named like plates.
# layouts = []
# plates = []

# true: photos named like plates (empty/, plate*) are shots too.
# no-plates = false

# Which photos belong to which pass, if folders do not say so, and how long a pause starts another.
# [passes]
# gap-minutes = 5
# upright = ["A_*"]
# flipped = ["B_*"]
"""


def template() -> str:
    """The file's text."""
    return "\n".join([_HEAD, *_lines()]) + _REST


def _lines() -> Iterator[str]:
    for name, field in SETTINGS.items():
        value = NONE if field.default is None else field.default
        yield f"# {option_of(field).help} ({allowed(field)})"
        yield f"# {spoken(name)} = {json.dumps(value)}"
        yield ""
