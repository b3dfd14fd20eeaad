"""The contents of a JSON or TOML file as the dataclass it stands for, and back: every value of its field's type."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

__all__ = ["as_content", "as_typed", "called"]

_KEY = "key"


def called(key: str, default: Any) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A field that files know by another name: theirs stays when ours changes."""
    return field(default=default, metadata={_KEY: key})


def as_content(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    """What a file holds for a value: ``as_typed`` makes the same value of it."""
    if is_dataclass(value):
        return {_key_of(each): as_content(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [as_content(each) for each in value]
    if isinstance(value, Mapping):
        return {key: as_content(each) for key, each in value.items()}
    return value


def as_typed(value: object, wanted: Any, name: str = "it") -> Any:  # noqa: ANN401 - a type as annotations give it
    """Convert a value to that type: lists become tuples, objects dataclasses; else a TypeError that says where.

    Keys that a dataclass does not know are skipped: a newer version wrote them.
    """
    origin, kinds = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return value
    if isinstance(wanted, UnionType):
        return _one_of(value, kinds, name)
    if origin is Literal and isinstance(value, str) and value in kinds:
        return value
    if origin is tuple and isinstance(value, list | tuple):
        each = kinds[:1] * len(value) if kinds[-1] is Ellipsis else kinds
        if len(each) == len(value):
            return tuple(as_typed(one, kind, name) for one, kind in zip(value, each, strict=True))
    if origin is not None and issubclass(Mapping, origin) and isinstance(value, dict):
        return {as_typed(key, kinds[0], name): as_typed(one, kinds[1], name) for key, one in value.items()}
    if isinstance(wanted, type) and _is_plain(value, wanted):
        return value
    if isinstance(wanted, type) and issubclass(wanted, Enum) and value in {each.value for each in wanted}:
        return wanted(value)
    if is_dataclass(wanted) and isinstance(value, dict):
        return _dataclass_of(value, wanted, name)
    raise TypeError(f"{name} is {value!r:.60}")


def _one_of(value: object, kinds: tuple[Any, ...], name: str) -> Any:  # noqa: ANN401
    for kind in kinds[:-1]:
        try:
            return as_typed(value, kind, name)
        except TypeError:
            continue
    return as_typed(value, kinds[-1], name)


def _is_plain(value: object, wanted: type) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    if wanted is float:  # may be written without its point
        return isinstance(value, int | float)
    return wanted in (str, int, NoneType) and isinstance(value, wanted)


def _dataclass_of(value: dict[str, object], wanted: Any, name: str) -> Any:  # noqa: ANN401
    said = {}
    for each in fields(wanted):
        key = _key_of(each)
        if key in value:
            said[each.name] = as_typed(value[key], _hints(wanted)[each.name], f"{key} of {name}")
        elif each.default is MISSING and each.default_factory is MISSING:
            raise TypeError(f"{name} has no {key}")
    return wanted(**said)


def _key_of(each: Field[Any]) -> str:
    return str(each.metadata.get(_KEY, each.name))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
