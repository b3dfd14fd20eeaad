"""What values an option allows, checked the same way for the command line, files and programs."""

import json
import math
from collections.abc import Callable
from dataclasses import Field, dataclass
from enum import Enum
from typing import Any, get_args

from underside.errors import SettingsError

__all__ = ["NONE", "Kind", "Option", "Setting", "allowed", "checked", "kind_of", "option_of", "refused", "spoken"]
__all__ += ["written"]

NONE = "none"
"""Takes back what a weaker place says, where a setting need not have a value."""

_LONGEST = 60
# Further than any setting reaches; larger ones do not fit into every kind of number.
_LARGEST = 2**53

Setting = Field[Any]


@dataclass(frozen=True)
class Option:
    """How an option is asked for, on the command line and in files alike."""

    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    metavar: str | None = None
    bare: Any = None
    """The value where the option is named without one."""
    in_mask: bool = False
    """Another choice gives another mask."""
    also: tuple[str, ...] = ()
    """Other names for it."""
    check: Callable[[str], object] | None = None
    """Raises a SettingsError where a text cannot be meant."""
    only_for: str | None = None
    """The one segmenter that it concerns."""


class Kind(Enum):
    """What sort of value a setting has; the value of each is how it is called."""

    TRUTH = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"
    TEXT = "text"


def option_of(field: Setting) -> Option:
    """How a setting is asked for."""
    option: Option = field.metadata["option"]
    return option


def kind_of(field: Setting) -> Kind:
    """What sort of value a setting has."""
    kinds = {bool: Kind.TRUTH, int: Kind.WHOLE, float: Kind.NUMBER}
    return next((kinds[each] for each in (field.type, *get_args(field.type)) if each in kinds), Kind.TEXT)


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


def checked(field: Setting, value: object) -> Any:  # noqa: ANN401 - whatever the setting is
    """The value, if the option allows it."""
    option, kind = option_of(field), kind_of(field)
    if value == NONE and field.default is None:
        return None
    if type(value) is int and abs(value) > _LARGEST:
        raise refused(field, value)
    if kind is Kind.NUMBER and type(value) is int:
        value = float(value)
    if type(value) is not {Kind.TRUTH: bool, Kind.WHOLE: int, Kind.NUMBER: float, Kind.TEXT: str}[kind]:
        raise refused(field, value)
    if isinstance(value, str):
        if not value.strip() or (option.choices and value not in option.choices):
            raise refused(field, value)
        try:
            if option.check is not None:
                option.check(value)
        except SettingsError as error:
            raise SettingsError(f"{spoken(field.name)} {written(value)} is not valid", error.remedy) from error
    elif isinstance(value, int | float) and not _within(option, value):
        raise refused(field, value)
    return value


def _within(option: Option, value: float) -> bool:
    low = option.least is None or value >= option.least
    return math.isfinite(value) and low and (option.most is None or value <= option.most)


def refused(field: Setting, value: object) -> SettingsError:
    """The error for a value that the option does not allow."""
    quoted = isinstance(value, str) and kind_of(field) is not Kind.TEXT and _reads_as_a_value(value)
    text, how = (json.dumps(value), ", without quotes") if quoted else (written(value), "")
    return SettingsError(f"{spoken(field.name)} {text} is not valid", f"Use {allowed(field)}{how}")


def _reads_as_a_value(text: str) -> bool:
    """Whether a value is wrong only because of the quotes around it in a file."""
    try:
        return isinstance(json.loads(text), int | float)
    except (ValueError, RecursionError):
        return False


def written(value: object) -> str:
    """A value as it may have been written, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "nothing"
