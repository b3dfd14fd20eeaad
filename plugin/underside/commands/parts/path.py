"""A path on the command line."""

from pathlib import Path
from typing import Any

import click

from underside.errors import SettingsError

__all__ = ["PATH"]


class _Path(click.Path):
    """A path that was named at all: the empty one, of a variable that nobody has set, would mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Refuse what names nothing."""
        if value == "" and param is not None:
            name = param.opts[0] if isinstance(param, click.Option) else param.human_readable_name.rstrip(".")
            raise SettingsError(
                f"{name} is empty", "Give a path; if it comes from a variable, that variable is not set"
            )
        return super().convert(value, param, ctx)


# Whether it can be read is found out by reading, in words that fit.
PATH = _Path(path_type=Path, readable=False)
