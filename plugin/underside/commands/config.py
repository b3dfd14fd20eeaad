"""``underside config``: what holds for a capture, and which place says so."""

from pathlib import Path
from typing import Any

import click

from underside.commands.parts.options import held, layout_option, plate_options, settings_options
from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import print_text, tell, tell_json
from underside.errors import SettingsError
from underside.settings import FILE_NAME, KEYS, Resolved, spoken, template

__all__ = ["config"]


@click.command()
@click.argument("folder", type=PATH, default=".")
@layout_option
@settings_options
@plate_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--template", "as_template", is_flag=True, help="Print an underside.toml with every setting and its help."
)
@click.pass_context
def config(context: click.Context, /, *, folder: Path, as_json: bool, as_template: bool, **_: Any) -> None:  # noqa: ANN401
    """Show each setting for the capture in FOLDER, its value, and where it comes from.

    The command line wins over underside.toml in the capture's folder, that over underside.toml in its parent
    folder, that over the defaults. Options given here count as they would for `underside mask`.
    """
    if as_template:
        print_text(template())
        return
    if not folder.is_dir():
        raise SettingsError(f"{folder} is not a folder, or cannot be accessed", "Name a capture's folder")
    found = held(context, [folder])
    if as_json:
        _print_json(found)
    else:
        _print_table(found)


def _print_table(found: Resolved) -> None:
    values = {key: _written(value) for key, value in _values(found).items()}
    name_width, value_width = (max(map(len, column)) for column in (map(_name, values), values.values()))
    for key, value in values.items():
        tell(f"{_name(key):<{name_width}}  {value:<{value_width}}  {found.origins[key]}")
    if not found.files:
        tell(f"There is no {FILE_NAME} in the folder or its parent; `underside config --template` prints one.")


def _print_json(found: Resolved) -> None:
    settings = {_name(key): {"value": value, "from": found.origins[key]} for key, value in _values(found).items()}
    said = {"files": [str(file) for file in found.files], "settings": settings}
    tell_json(said)


def _values(found: Resolved) -> dict[str, Any]:
    others = {
        "layouts": list(found.layouts),
        "plates": [str(plate) for plate in found.plates],
        "no_plates": found.no_plates,
        "passes": {name: list(patterns) for name, patterns in found.passes.patterns.items()},
        "gap_minutes": found.passes.gap_minutes,
    }
    return {key: others[key] if key in others else getattr(found.settings, key) for key in KEYS}


def _name(key: str) -> str:
    return "passes.gap-minutes" if key == "gap_minutes" else spoken(key)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {', '.join(patterns)}" for name, patterns in value.items()) or "-"
    return "-" if value is None else str(value)
