"""``underside mask``: a folder of photos, or single ones, to masks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from underside.commands.options import held, layout_option, plate_options, settings_options
from underside.commands.photo_list import PhotoList, read_photo_list
from underside.commands.running import Person, Program, exit_code, stopping_cleanly
from underside.commands.terminal import tell
from underside.engine import mask_sources

__all__ = ["mask"]

# Whether it can be read is found out by reading, in words that fit.
_PATH = click.Path(path_type=Path, readable=False)


@click.command()
@click.argument("sources", nargs=-1, type=_PATH, metavar="FOLDER|PHOTO...")
@click.option(
    "--list",
    "listed",
    type=_PATH,
    metavar="FILE",
    help="Photos from a file: one path a line, in UTF-8; before it may stand the name of its pass and a tab.",
)
@click.option(
    "-o",
    "--output",
    type=_PATH,
    default="underside-out",
    show_default=True,
    help="The folder for all results; nothing is written anywhere else.",
)
@layout_option
@settings_options
@plate_options
@click.option(
    "--rings",
    type=_PATH,
    metavar="FOLDER",
    help="What `underside rings` has learnt from all shots, where these are a part of them.",
)
@click.option("--no-rings", is_flag=True, help="Mask each photo by itself: learn nothing from the others.")
@click.option("--force", is_flag=True, help="Do finished shots again.")
@click.option("--force-edited", is_flag=True, help="Write over masks that were changed by hand.")
@click.option("--workers", type=click.IntRange(1, 64), help="Shots in flight; one a processor where not given.")
@click.option("--events", is_flag=True, help="Print one JSON object a line, for programs.")
@click.pass_context
def mask(
    context: click.Context,
    /,
    *,
    sources: tuple[Path, ...],
    listed: Path | None,
    output: Path,
    rings: Path | None,
    no_rings: bool,
    force: bool,
    force_edited: bool,
    workers: int | None,
    events: bool,
    **_: Any,  # noqa: ANN401 - what ``held`` reads from the context
) -> int:
    """Mask every photo of a FOLDER, or the PHOTOs named; the originals stay untouched.

    The output folder gets the masks, a manifest (capture.json) and a contact sheet (report.html). A second run goes
    on where the first one stopped. Options can be put into a file, underside.toml: see `underside config`.
    """
    if (listed is None) == (not sources):
        raise click.UsageError("Name a folder, photos, or a list of photos with --list", context)
    if rings is not None and no_rings:
        raise click.UsageError("--rings and --no-rings exclude each other", context)
    photos = read_photo_list(listed) if listed is not None else PhotoList(sources)
    chosen = held(context, photos.photos)
    if not events:
        for file in chosen.files:
            tell(f"Settings: {file}")
    with stopping_cleanly(with_input=events) as stop, Program() if events else Person() as door:
        result = mask_sources(
            photos.photos,
            output,
            chosen.settings,
            layouts=chosen.layouts,
            plates=not chosen.no_plates,
            extra_plates=chosen.plates,
            rules=replace(chosen.passes, photos=photos.passes),
            workers=workers,
            force=force,
            force_edited=force_edited,
            rings=rings,
            alone=no_rings,
            door=door,
            stop=stop,
        )
        door.finished(result)
    return exit_code(result)
