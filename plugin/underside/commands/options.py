"""The settings as options of a command."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

import click

from underside.settings import Option, Settings

__all__ = ["masking_options", "settings_options"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OF_CUTOUTS = {"cutout", "cutout_format", "cutout_mode", "crop"}


def settings_options(command: _Function) -> _Function:
    """Give a command every setting as an option; it receives them as keyword arguments of the same names."""
    return _with_options(command, fields(Settings))


def masking_options(command: _Function) -> _Function:
    """The same, without what concerns cut-outs alone."""
    return _with_options(command, [each for each in fields(Settings) if each.name not in _OF_CUTOUTS])


def _with_options(command: _Function, chosen: Sequence[Field[Any]]) -> _Function:
    for each in reversed(chosen):
        command = _option(each)(command)
    return command


def _option(each: Field[Any]) -> Callable[[_Function], _Function]:
    option: Option = each.metadata["option"]
    assert each.default is not MISSING
    facts: dict[str, Any] = {"default": each.default, "help": option.help}
    if isinstance(each.default, bool):
        facts["is_flag"] = True
    else:
        facts["type"] = _type(each, option)
        facts["metavar"] = option.metavar
        facts["show_default"] = each.default is not None
        if option.bare is not None:
            facts |= {"is_flag": False, "flag_value": option.bare}
    return click.option("--" + each.name.replace("_", "-"), each.name, **facts)


def _type(each: Field[Any], option: Option) -> click.ParamType[Any] | type:
    if option.choices:
        return click.Choice(option.choices)
    if "float" in str(each.type):
        return click.FloatRange(min=option.least, max=option.most)
    if "int" in str(each.type):
        least, most = (None if limit is None else int(limit) for limit in (option.least, option.most))
        return click.IntRange(min=least, max=most)
    return str
