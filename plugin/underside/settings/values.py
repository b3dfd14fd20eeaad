"""A capture's settings by their names, and their values as a person writes them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from underside.errors import SettingsError
from underside.settings.checks import NONE, Kind, Setting, checked, kind_of, option_of, refused, spoken
from underside.settings.options import Settings

__all__ = ["SETTINGS", "read_text", "setting"]

_TRUTHS = {"yes": True, "no": False}

SETTINGS: Mapping[str, Setting] = {each.name: each for each in fields(Settings)}


def setting(name: str) -> Setting | None:
    """The setting of that name, with hyphens or underscores."""
    plain = name.replace("-", "_")
    return next((each for each in SETTINGS.values() if plain in (each.name, *option_of(each).also)), None)


def read_text(field: Setting, text: str) -> Any:  # noqa: ANN401 - whatever the setting is
    """A value written without quotes, as on the command line."""
    kind = kind_of(field)
    try:
        if kind is Kind.TRUTH:
            return _TRUTHS[text]
        if kind in (Kind.WHOLE, Kind.NUMBER) and text != NONE:
            return checked(field, int(text) if kind is Kind.WHOLE else float(text))
    except KeyError:
        raise SettingsError(f"{spoken(field.name)} {text} is not valid", "Use yes or no") from None
    except ValueError:
        raise refused(field, text) from None
    return checked(field, text)
