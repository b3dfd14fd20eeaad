"""Masks of a set that are older than those of the output folder from which it was made."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from underside.files import sha256_of
from underside.layouts import Finding, Kind
from underside.masks import mask_name
from underside.prepare.folder import read_table

__all__ = ["outdated"]


def outdated(folder: Path) -> Iterator[Finding]:
    """One for each; those that a person has changed in the set stay whatever becomes of the others."""
    table = read_table(folder)
    for mask in table.masks if table else ():
        assert table is not None
        source, here = Path(table.output) / mask_name(mask.photo), folder / mask.name
        if not (source.is_file() and here.is_file()) or sha256_of(source) == mask.source_sha256:
            continue
        if sha256_of(here) == mask.sha256:
            why = f"It is older than {source}: run underside prepare again"
            yield Finding(Kind.OLD, why, PurePosixPath(mask.prepared).name, PurePosixPath(mask.name).name)
