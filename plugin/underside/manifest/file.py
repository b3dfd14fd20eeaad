"""The manifest's file, ``capture.json``: written whole or not at all, refused where it makes no sense."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from underside.errors import OutputError, SettingsError
from underside.files import json_text, leads_out, write_atomically
from underside.manifest.records import FORMAT, Manifest
from underside.typed import as_content, as_typed

__all__ = ["MANIFEST_NAME", "load", "load_made", "manifest_text", "save"]

MANIFEST_NAME = "capture.json"


def manifest_text(manifest: Manifest) -> str:
    """What the file says."""
    return json_text(as_content(manifest))


def save(manifest: Manifest, folder: Path) -> Path:
    """Write ``capture.json`` into the folder, whole or not at all."""
    path = folder / MANIFEST_NAME
    write_atomically(path, manifest_text(manifest).encode())
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


def load_made(folder: Path, *, then: str) -> Manifest:
    """The manifest of an output folder; one that has none is refused, with what to do before ``then``."""
    manifest = load(folder)
    if manifest is None:
        raise SettingsError(
            f"There is no {MANIFEST_NAME} in {folder}",
            f"Make the masks first: underside mask CAPTURE -o OUT, then {then} OUT",
        )
    return manifest


def _manifest(content: dict[str, Any]) -> Manifest:
    manifest: Manifest = as_typed(content, Manifest, "the manifest")
    for name in _names(manifest):
        if leads_out(name):
            raise ValueError(f"{name!r} is outside the folder")
    return manifest


def _names(manifest: Manifest) -> Iterator[str]:
    """The names of all files in the manifest."""
    yield from manifest.plates
    for shot in manifest.shots:
        yield from (shot.photo, shot.mask, shot.cutout, *shot.companions, *shot.cutouts_before)
