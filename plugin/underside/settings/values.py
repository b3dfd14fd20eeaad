"""One setting's value, as a person writes it, checked against what the option allows."""

import json
import math
from collections.abc import Mapping
from dataclasses import Field, fields
from enum import Enum
from typing import Any

from underside.errors import SettingsError
from underside.settings.options import Option, Settings

__all__ = ["NONE", "SETTINGS", "Kind", "allowed", "checked", "kind_of", "option_of", "read_text", "setting", "spoken"]

NONE = "none"
"""Takes back what a weaker place says, where a setting need not have a value."""

_TRUTHS = {"yes": True, "no": False}
_LONGEST = 60
# Further than any setting reaches; larger ones do not fit into every kind of number.
_LARGEST = 2**53

Setting = Field[Any]

SETTINGS: Mapping[str, Setting] = {each.name: each for each in fields(Settings)}


class Kind(Enum):
    """What sort of value a setting has; the value of each is how it is called."""

    TRUTH = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"
    TEXT = "text"


def setting(name: str) -> Setting | None:
    """The setting of that name, with hyphens or underscores."""
    plain = name.replace("-", "_")
    return next((each for each in SETTINGS.values() if plain in (each.name, *option_of(each).also)), None)


def option_of(field: Setting) -> Option:
    """How a setting is asked for."""
    option: Option = field.metadata["option"]
    return option


def kind_of(field: Setting) -> Kind:
    """What sort of value a setting has."""
    named = {"bool": Kind.TRUTH, "int": Kind.WHOLE, "float": Kind.NUMBER}
    return next((kind for name, kind in named.items() if name in str(field.type)), Kind.TEXT)


def spoken(name: str) -> str:
    """A setting's name as people write it."""
    return name.replace("_", "-")


def allowed(field: Setting) -> str:
    """What may be written, in words."""
    option, kind = option_of(field), kind_of(field)
    if option.choices:
        words = f"one of {', '.join(option.choices)}"
    elif option.least is not None and option.most is not None:
        words = f"{kind.value} from {option.least:g} to {option.most:g}"
    elif option.least is not None:
        words = f"{kind.value}, at least {option.least:g}"
    else:
        words = kind.value
    return f"{words}, or {NONE}" if field.default is None else words


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
        raise _refused(field, text) from None
    return checked(field, text)


def checked(field: Setting, value: object) -> Any:  # noqa: ANN401 - whatever the setting is
    """The value, if the option allows it."""
    option, kind = option_of(field), kind_of(field)
    if value == NONE and field.default is None:
        return None
    if type(value) is int and abs(value) > _LARGEST:
        raise _refused(field, value)
    if kind is Kind.NUMBER and type(value) is int:
        value = float(value)
    if type(value) is not {Kind.TRUTH: bool, Kind.WHOLE: int, Kind.NUMBER: float, Kind.TEXT: str}[kind]:
        raise _refused(field, value)
    if isinstance(value, str):
        if not value.strip() or (option.choices and value not in option.choices):
            raise _refused(field, value)
        try:
            if option.check is not None:
                option.check(value)
        except SettingsError as error:
            raise SettingsError(f"{spoken(field.name)} {written(value)} is not valid", error.remedy) from error
    elif isinstance(value, int | float) and not _within(option, value):
        raise _refused(field, value)
    return value


def _within(option: Option, value: float) -> bool:
    low = option.least is None or value >= option.least
    return math.isfinite(value) and low and (option.most is None or value <= option.most)


def _refused(field: Setting, value: object) -> SettingsError:
    return SettingsError(f"{spoken(field.name)} {written(value)} is not valid", f"Use {allowed(field)}")


def written(value: object) -> str:
    """A value as it may have been written, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "nothing"
