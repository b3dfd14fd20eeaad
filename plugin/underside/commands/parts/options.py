"""The settings as options of a command, and what holds for a capture once ``underside.toml`` is read too."""

import os
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from underside.capture import common_folder
from underside.commands.parts.number import Number, Whole
from underside.commands.parts.path import PATH
from underside.errors import SettingsError
from underside.settings import (
    KEYS,
    NONE,
    SETTINGS,
    Kind,
    Option,
    Resolved,
    kind_of,
    option_of,
    resolve,
    settings_files_for,
    spoken,
)

__all__ = ["given", "held", "layout_option", "masking_options", "plate_options", "settings_options"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OF_CUTOUTS = {"cutout", "cutout_format", "cutout_mode", "crop"}


def settings_options(command: _Function) -> _Function:
    """Give a command every setting as an option; ``held`` says what was chosen."""
    return _with_options(command, list(SETTINGS.values()))


def masking_options(command: _Function) -> _Function:
    """Give a command every setting that is not about cut-outs alone."""
    return _with_options(command, [each for each in SETTINGS.values() if each.name not in _OF_CUTOUTS])


def layout_option(command: _Function) -> _Function:
    """Which programs to lay the masks out for."""
    return click.option(
        "--layout",
        "layouts",
        multiple=True,
        metavar="PROGRAM",
        help="Also lay out the masks as this program wants them; may be given several times.",
    )(command)


def plate_options(command: _Function) -> _Function:
    """Which photos show the empty platter."""
    command = click.option(
        "--no-plates", is_flag=True, help="Treat photos named like plates (empty/, plate*) as shots."
    )(command)
    return click.option(
        "--plate",
        "plates",
        multiple=True,
        type=PATH,
        metavar="PHOTO",
        help="A photo of the empty platter, whatever its name and folder; may be given several times.",
    )(command)


def held(context: click.Context, sources: Sequence[Path]) -> Resolved:
    """What holds for a capture: the command line over its ``underside.toml``, that over the one a folder above."""
    said = given(context)
    chosen = resolve(said, settings_files_for(_folder_of(sources)))
    for name in sorted(_OF_CUTOUTS & said.keys()):
        # In a file it may wait for a run that asks for cut-outs.
        if said[name] is not None and chosen.settings.cutout is None:
            raise SettingsError(
                f"--{spoken(name)} is for cut-outs, but none are requested", "Add --cutout black, or leave it out"
            )
    return chosen


def given(context: click.Context) -> dict[str, Any]:
    """What was said on the command line, and no defaults."""
    return {
        name: () if name in ("layouts", "plates") and [str(each) for each in value] == [NONE] else value
        for name, value in context.params.items()
        if name in KEYS and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def _folder_of(sources: Sequence[Path]) -> Path:
    # Not Path.is_dir(), which fails if a parent folder cannot be read; that is reported in words later.
    if len(sources) == 1 and os.path.isdir(sources[0]):  # noqa: PTH112
        return sources[0]
    return common_folder(sources)


def _with_options(command: _Function, chosen: Sequence[Field[Any]]) -> _Function:
    for each in reversed(chosen):
        command = _option(each)(command)
    return command


def _option(each: Field[Any]) -> Callable[[_Function], _Function]:
    option = option_of(each)
    assert each.default is not MISSING
    facts: dict[str, Any] = {"default": each.default, "help": option.help}
    if kind_of(each) is Kind.TRUTH:
        facts["is_flag"] = True
    else:
        facts["type"] = _type(each, option)
        facts["metavar"] = option.metavar
        facts["show_default"] = each.default is not None
        if option.bare is not None:
            facts |= {"is_flag": False, "flag_value": option.bare}
    return click.option(*(f"--{spoken(name)}" for name in (each.name, *option.also)), each.name, **facts)


def _type(each: Field[Any], option: Option) -> click.ParamType[Any]:
    may_be_none = each.default is None
    if option.choices:
        return (_ChoiceOrNone if may_be_none else click.Choice)(option.choices)
    if kind_of(each) is Kind.NUMBER:
        return Number(min=option.least, max=option.most)
    if kind_of(each) is Kind.WHOLE:
        least, most = (None if limit is None else int(limit) for limit in (option.least, option.most))
        return (_WholeOrNone if may_be_none else Whole)(min=least, max=most)
    return _TextOrNone() if may_be_none else click.STRING


class _OrNone:
    """Takes back what a file says."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        return None if value == NONE else super().convert(value, param, ctx)  # type: ignore[misc]


class _ChoiceOrNone(_OrNone, click.Choice[str]):
    pass


class _WholeOrNone(_OrNone, Whole):
    pass


class _TextOrNone(_OrNone, click.types.StringParamType):
    pass
