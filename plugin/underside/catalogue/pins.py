"""Which model files are the ones they should be, remembered so that not every start hashes them."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from underside import resources
from underside.catalogue import Model, Weights
from underside.errors import ModelError, OutputError
from underside.files import sha256_of, write_atomically
from underside.typed import as_content, as_typed

__all__ = [
    "check_file",
    "check_licence",
    "checksum_problem",
    "is_here",
    "path_of",
    "pin",
    "put_here",
    "remember_licence",
]

PINS_NAME = "pins.json"


@dataclass(frozen=True)
class _Pin:
    """A file that passed, as it was then."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class _Pins:
    """All that is remembered."""

    files: Mapping[str, _Pin] = field(default_factory=dict)
    """By their names in the folder of models."""
    licences: tuple[str, ...] = ()
    """The non-commercial models whose licences somebody has accepted."""


def path_of(model: Model, weights: Weights) -> Path:
    """Where a file of that model lies, or would lie."""
    folder = resources.models_folder() if model.embedded else resources.user_models_folder()
    return folder / weights.file


def is_here(model: Model) -> bool:
    """Whether all files of the model are on this machine, checked or not."""
    return all(path_of(model, weights).is_file() for weights in model.weights)


def put_here(model: Model) -> str:
    """What to do by hand to have the model."""
    return "put the file here: " + " and ".join(str(path_of(model, weights)) for weights in model.weights)


def check_licence(model: Model, *, accepted: bool) -> None:
    """Refuse a non-commercial model until someone has accepted its licence, now or before."""
    if not (accepted or licence_is_accepted(model)):
        raise ModelError(
            f"{model.name} may not be used commercially (licence: {model.licence})",
            "If that suits your work, say so with --accept-licence",
        )


def licence_is_accepted(model: Model) -> bool:
    """Whether the model may be used without asking."""
    return model.commercial or model.name in _read().licences


def remember_licence(model: Model) -> None:
    """The licence is accepted from now on."""
    pins = _read()
    _write(replace(pins, licences=tuple(sorted({*pins.licences, model.name}))))


def check_file(model: Model, weights: Weights) -> tuple[Path, str]:
    """Make sure that a file is the one it should be: its path and its SHA-256."""
    path = path_of(model, weights)
    if not path.is_file():
        raise ModelError(f"The model {model.name} is not on this machine", _how_to_get(model))
    try:
        return path, _published_hash(weights, path) if model.embedded else _pinned_hash(weights, path)
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}", "Check its permissions") from error


def pin(path: Path, sha256: str) -> None:
    """Remember the hash of a file that passed, for as long as its size and time stay."""
    found = path.stat()
    pins = _read()
    _write(replace(pins, files={**pins.files, path.name: _Pin(sha256, found.st_size, found.st_mtime_ns)}))


def checksum_problem(weights: Weights, path: Path) -> str:
    """How the file differs from the strongest checksum that is published; empty where it does not."""
    if weights.sha256:
        kind, published, found = "SHA-256", weights.sha256, sha256_of(path)
    elif weights.md5:
        kind, published, found = "MD5", weights.md5, _md5_of(path)
    else:
        return ""
    return "" if found == published else f"its {kind} is {found}, not {published}"


def _pinned_hash(weights: Weights, path: Path) -> str:
    found = path.stat()
    pinned = _read().files.get(path.name)
    if pinned and (pinned.size, pinned.mtime_ns) == (found.st_size, found.st_mtime_ns):
        return pinned.sha256
    sha256 = _published_hash(weights, path)
    if pinned and pinned.sha256 != sha256:
        raise ModelError(
            f"{path} has changed since it was checked: its SHA-256 was {pinned.sha256} and is {sha256}",
            f"Delete it and get it again; if you changed it yourself, delete {_pins_path()} as well",
        )
    # A folder that cannot be written costs a hash at every start, nothing else.
    with suppress(OutputError):
        pin(path, sha256)
    return sha256


def _published_hash(weights: Weights, path: Path) -> str:
    if problem := checksum_problem(weights, path):
        raise ModelError(f"{path} is not the file that was published: {problem}", "Delete it and get it again")
    return weights.sha256 or sha256_of(path)


def _how_to_get(model: Model) -> str:
    if model.embedded:
        return "It is part of Underside: reinstall Underside"
    if model.fetchable:
        return f"Run `underside models fetch {model.name}`, or {put_here(model)}"
    return f"Get it yourself ({model.source}) and {put_here(model)}"


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _pins_path() -> Path:
    return resources.user_models_folder() / PINS_NAME


def _read() -> _Pins:
    path = _pins_path()
    try:
        pins: _Pins = as_typed(json.loads(path.read_text(encoding="utf-8")), _Pins, "the record")
        return pins
    except FileNotFoundError:
        return _Pins()
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"Cannot read {path} ({error})", "Delete it: every model is then checked again") from error


def _write(pins: _Pins) -> None:
    write_atomically(_pins_path(), (json.dumps(as_content(pins), indent=1) + "\n").encode())
