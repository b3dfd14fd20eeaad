"""``underside.toml``: read, and every mistake in it named."""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from underside.errors import SettingsError
from underside.layouts import check_layout_names
from underside.settings.checks import checked, option_of, spoken, written
from underside.settings.values import SETTINGS, setting

__all__ = ["FILE_NAME", "placed", "read_settings", "settings_files_for"]

FILE_NAME = "underside.toml"

# A week: what is further apart is not a capture.
_LONGEST_GAP = 7 * 24 * 60
_OF_A_RUN = ("output", "workers", "force", "force-edited", "events")
_HELP = "`underside config --template` prints a file with all of them"


def settings_files_for(folder: Path) -> list[Path]:
    """The files that concern a capture, strongest first: its own folder's, and that of the folder around it."""
    # Not resolve(): a capture that is a link belongs to the folder in which the user sees it.
    place = Path(os.path.abspath(folder))  # noqa: PTH100
    return [path for path in (place / FILE_NAME, place.parent / FILE_NAME) if os.path.lexists(path)]


def read_settings(path: Path) -> dict[str, Any]:
    """What a file says, by the keys of ``KEYS``; paths in it are as seen from its folder."""
    found: dict[str, Any] = {}
    for name, value in _content(path).items():
        key, read = _known(path, name)
        try:
            values = {key: read(value, path.parent)} if key != "passes" else _passes(value)
        except SettingsError as error:
            raise SettingsError(f"{path}: {error.what}", error.remedy) from error
        for each, its_value in values.items():
            if each in found:
                raise SettingsError(f"{path}: {spoken(each)} is set twice, under two names", "Leave one of them out")
            found[each] = its_value
    return found


def _content(path: Path) -> Mapping[str, Any]:
    try:
        # Editors on Windows may begin a file with a mark that TOML does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "Fix that, or move it away") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text", "Save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SettingsError(
            f"{path} is not TOML: {reason}", 'Write NAME = VALUE, one per line, text in quotes: effort = "fast"'
        ) from error


_Read = Callable[[Any, Path], Any]


def _known(path: Path, name: str) -> tuple[str, _Read]:
    plain = name.replace("-", "_")
    field = setting(plain)
    if field is not None:
        known = field
        return known.name, lambda value, folder: placed(known.name, checked(known, value), folder)
    if plain in _OTHERS:
        return plain, _OTHERS[plain]
    if spoken(name) in _OF_A_RUN:
        raise SettingsError(f"{path}: {name} is for one run, not for a file", "Give it on the command line")
    also = (other for each in SETTINGS.values() for other in option_of(each).also)
    near = difflib.get_close_matches(spoken(plain), map(spoken, (*SETTINGS, *also, *_OTHERS)), n=1)
    raise SettingsError(f"{path}: there is no setting {written(name)}", f"Is it {near[0]}? {_HELP}" if near else _HELP)


def placed(key: str, value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever the setting is
    """The value; a model that is a file, as seen from the folder, is named so that it is found from anywhere."""
    is_file = key == "model" and (value.lower().endswith(".onnx") or Path(value).name != value)
    return str(_beside(value, folder)) if is_file else value


def _beside(text: str, folder: Path) -> Path:
    return folder / os.path.expanduser(text)  # noqa: PTH111 - content with a user who has no home


def _layouts(value: object, _folder: Path) -> tuple[str, ...]:
    names = _texts("layouts", value)
    try:
        check_layout_names(names)
    except SettingsError as error:
        raise SettingsError(f"layouts: {error.what}", error.remedy) from error
    return tuple(dict.fromkeys(names))


def _plates(value: object, folder: Path) -> tuple[Path, ...]:
    return tuple(_beside(text, folder) for text in _texts("plates", value))


def _no_plates(value: object, _folder: Path) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"no-plates {written(value)} is not valid", "Use true or false")
    return value


def _passes(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"passes {written(value)} is not valid", "Use a table: [passes]")
    found: dict[str, Any] = {}
    patterns: dict[str, tuple[str, ...]] = {}
    for name, said in value.items():
        if spoken(name) != "gap-minutes":
            patterns[_pass_name(name)] = _texts(f"passes.{name}", said)
        elif "gap_minutes" in found:
            raise SettingsError("gap-minutes is set twice, under two names", "Leave one of them out")
        else:
            found["gap_minutes"] = _gap(said)
    return found | ({"passes": patterns} if patterns else {})


def _pass_name(name: str) -> str:
    """It becomes a folder's name in results."""
    parts = name.split("/")
    if any(part.strip(" .") != part or not part or not part.isprintable() or "\\" in part for part in parts):
        raise SettingsError(f"passes: {written(name)} cannot be a pass's name", "Name it as a folder")
    return name


def _gap(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_GAP:
        raise SettingsError(
            f"passes.gap-minutes {written(value)} is not valid",
            f"Use a number of minutes, more than 0 and at most {_LONGEST_GAP}",
        )
    return float(value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in _items(value)):
        raise SettingsError(f"{name} {written(value)} is not valid", f'Use a list of strings: {name} = ["…", "…"]')
    return tuple(value)


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


_OTHERS: Mapping[str, _Read] = {
    "layouts": _layouts,
    "plates": _plates,
    "no_plates": _no_plates,
    "passes": lambda value, _folder: value,
}
