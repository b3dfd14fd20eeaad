"""Numbers on the command line."""

import math
from typing import Any

import click

__all__ = ["Number", "Whole"]


class Number(click.FloatRange):
    """A real number within limits: nothing is smaller or larger than ``nan``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Refuse what is none."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a valid number.", param, ctx)
        return number


class Whole(click.IntRange):
    """The same without a fraction; refused as what it is called in a sentence, not as a range."""

    name = "whole number"
