"""The manifest's file, ``capture.json``: written whole or not at all, refused where it makes no sense."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from underside.errors import OutputError
from underside.files import write_atomically
from underside.manifest.records import FORMAT, Manifest, ProofRecord, ShotRecord, State, Step

__all__ = ["MANIFEST_NAME", "load", "save"]

MANIFEST_NAME = "capture.json"

_KINDS = {str: str, int: int, float: int | float, bool: bool}
_PLAIN = {
    each.name: _KINDS[each.type] for each in fields(ShotRecord) if isinstance(each.type, type) and each.type in _KINDS
}


def save(manifest: Manifest, folder: Path) -> Path:
    """Write ``capture.json`` into the folder, whole or not at all."""
    path = folder / MANIFEST_NAME
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    # A name that is no Unicode holds lone surrogates; written as JSON's own escapes they come back the same.
    write_atomically(path, (text + "\n").encode(errors="backslashreplace"))
    return path


def load(folder: Path) -> Manifest | None:
    """Read the folder's manifest; none where there is none."""
    path = folder / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = int(content["format"])
        if known > FORMAT:
            raise OutputError(
                f"{path} was written by a newer Underside (format {known}, this one reads {FORMAT})",
                "Update Underside, or choose another output folder with -o",
            )
        return _manifest(content)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(
            f"Cannot read {path}: {error.strerror}", "Fix that, or choose another output folder with -o"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(
            f"{path} is not a manifest that Underside can read ({error})",
            "Move it away and run again: masks that would now come out differently are then kept as changed by hand",
        ) from error


def _manifest(content: dict[str, Any]) -> Manifest:
    known = {f.name for f in fields(Manifest)}
    values = {key: value for key, value in content.items() if key in known}
    values["shots"] = tuple(_shot(shot) for shot in content["shots"])
    values["plates"] = tuple(content["plates"])
    values["warnings"] = tuple(content["warnings"])
    values["plates_told"] = tuple(content.get("plates_told", ()))
    values["proof"] = _proof(content["proof"]) if content.get("proof") else None
    return Manifest(**values)


def _proof(content: dict[str, Any]) -> ProofRecord:
    values = {f.name: content[f.name] for f in fields(ProofRecord) if f.name in content}
    for name in ("reasons", "repaired", "notes"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return ProofRecord(**values)


def _step(content: dict[str, Any]) -> Step:
    return Step(**{f.name: content[f.name] for f in fields(Step)})


def _shot(content: dict[str, Any]) -> ShotRecord:
    known = {f.name for f in fields(ShotRecord)}
    values = {key: value for key, value in content.items() if key in known}
    values["state"] = State(content["state"])
    for name in ("crop", "box"):
        values[name] = tuple(content[name]) if content.get(name) else None
    for name in ("notes", "companions", "lacks"):
        values[name] = tuple(content[name])
    for name in ("reasons", "silhouette"):
        values[name] = tuple(content.get(name, ()))
    values["steps"] = tuple(_step(step) for step in content.get("steps", ()))
    record = ShotRecord(**values)
    for name, kind in _PLAIN.items():
        if not isinstance(getattr(record, name), kind):
            raise TypeError(f"{name} of {record.photo!r} is {getattr(record, name)!r}")
    return record
