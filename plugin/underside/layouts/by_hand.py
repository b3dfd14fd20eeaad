"""What a person has changed in a layout: told by hashes from what Underside wrote there, and taken along."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from underside.disks import same_file
from underside.errors import OutputError, UnfitNameError
from underside.files import alike, link_or_copy, sha256_of, write_atomically
from underside.layouts.table import HOW_TO, Layout

__all__ = ["File", "known_files", "remember", "take_along"]


@dataclass(frozen=True)
class File:
    """One file of a layout as Underside wrote it."""

    photo: str
    """Whose file it is."""
    sha256: frozenset[str]
    """The file's hash; more than one only if a run may have been killed before the last was in place."""
    sources: tuple[Path, ...] = ()
    """What it was made from: nothing is lost with a file that is the same."""

    def or_as(self, before: Self | None) -> "File":
        """The file as it is now, or was before."""
        return File(self.photo, self.sha256 | before.sha256 if before else self.sha256)


def known_files(layout: Layout, folder: Path) -> dict[str, File]:
    """What was last written into a layout's folder, by the names there."""
    path = _table(folder)
    try:
        if not path.exists():
            return dict(_older_than_the_how_to(layout, folder))
        table = json.loads(path.read_bytes())
        return {name: File(photo, frozenset(hashes)) for name, (photo, *hashes) in table.items()}
    except OSError as error:
        raise OutputError(
            f"Cannot read {error.filename or path}: {error.strerror}", "Fix that and run again"
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{path} was not written by Underside ({error})",
            f"Delete it; anything in {folder} newer than its {HOW_TO} then counts as changed by hand",
        ) from error


def _older_than_the_how_to(layout: Layout, folder: Path) -> Iterator[tuple[str, File]]:
    """What lay there when a layout was whole of which no table tells: an earlier Underside kept none."""
    how_to = folder / HOW_TO
    written = how_to.stat().st_mtime_ns if how_to.is_file() else -1
    for path in _files(layout, folder):
        if path.stat().st_mtime_ns <= written:
            yield path.relative_to(folder).as_posix(), File("", frozenset({sha256_of(path)}))


def remember(folder: Path, files: Mapping[str, File]) -> None:
    """Say what was written, or is about to be: beside the folder, which is for its program alone."""
    table = {name: [file.photo, *sorted(file.sha256)] for name, file in sorted(files.items())}
    write_atomically(_table(folder), (json.dumps(table, indent=1) + "\n").encode())


def take_along(
    layout: Layout, folder: Path, new: Path, *, known: Mapping[str, File], made: Mapping[str, File]
) -> list[str]:
    """Bring all that Underside has not written from ``folder`` into ``new``, which shall take its place.

    Returns what stands in the place of a file that was ``made`` now, or ``known``: changed by hand. What else lies
    there, a program may have left.
    """
    changed = []
    for name in _of_others(layout, folder, known, made):
        if name in known and name in made and known[name].photo != made[name].photo:
            raise UnfitNameError(
                f"{folder / name} was changed by hand for {known[name].photo}, and is now the place of "
                f"{made[name].photo}",
                "Move it away and run again",
            )
        link_or_copy(folder / name, new / name)
        if name in known or name in made:
            changed.append(name)
    return changed


def _of_others(layout: Layout, folder: Path, known: Mapping[str, File], made: Mapping[str, File]) -> Iterator[str]:
    told = {alike(name): name for name in (*known, *made)}
    for path in _files(layout, folder):
        name = path.relative_to(folder).as_posix()
        spelt = told.get(alike(name), name)
        # Some disks of Macs take an accent in one spelling and give it back in another.
        if spelt != name and (folder / spelt).exists() and same_file(path, folder / spelt):
            name = spelt
        of_ours = [files[name] for files in (known, made) if name in files]
        sources = {source for file in of_ours for source in file.sources if source.is_file()}
        if any(same_file(path, source) for source in sources):
            continue
        # Its photo may have been renamed: what was changed in the mask's own place is, by a hard link, changed here.
        if name in known and name not in made and _is_among(path, made.values()):
            continue
        sha256 = sha256_of(path)
        ours = {each for file in of_ours for each in file.sha256}
        if sha256 not in ours and all(sha256 != sha256_of(source) for source in sources):
            yield name


def _is_among(path: Path, files: Iterable[File]) -> bool:
    return any(same_file(path, source) for file in files for source in file.sources if source.is_file())


def _files(layout: Layout, folder: Path) -> list[Path]:
    found = (path for part in layout.folders for path in (folder / part).rglob("*") if path.is_file())
    return sorted(path for path in found if not _is_of_a_file_manager(path.name))


def _is_of_a_file_manager(name: str) -> bool:
    return name.startswith(".") or name.lower() in {"thumbs.db", "desktop.ini"}


def _table(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-as-written.json")
