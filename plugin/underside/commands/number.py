"""A number on the command line."""

import math
from typing import Any

import click

__all__ = ["Number"]


class Number(click.FloatRange):
    """A real number within limits: nothing is smaller or larger than ``nan``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Refuse what is none."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a valid number.", param, ctx)
        return number
