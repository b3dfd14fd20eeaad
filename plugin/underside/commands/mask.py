"""``underside mask``: a folder of photos, or single ones, to masks."""

from pathlib import Path
from typing import Any

import click

from underside.commands.parts.options import held, layout_option, plate_options, settings_options
from underside.commands.parts.path import PATH
from underside.commands.parts.running import Person, Program, exit_code
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import tell
from underside.commands.parts.work_options import output_option, photos_named, source_options, work_options
from underside.engine import RunOptions, mask_sources
from underside.watch.beside import tell_the_journal

__all__ = ["mask"]


@click.command()
@source_options
@output_option("The folder for all results; nothing is written anywhere else.")
@layout_option
@settings_options
@plate_options
@click.option(
    "--rings",
    type=PATH,
    metavar="FOLDER",
    help="What `underside rings` has learnt from all shots, if these are only some of them.",
)
@click.option("--no-rings", is_flag=True, help="Mask each photo by itself: learn nothing from the others.")
@click.option("--force", is_flag=True, help="Mask finished shots again.")
@click.option("--force-edited", is_flag=True, help="Overwrite masks and cut-outs that were changed by hand.")
@work_options
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

    The output folder gets the masks, a manifest (capture.json) and a contact sheet (report.html). A second run
    resumes where the first one stopped. Options can be put into a file, underside.toml: see `underside config`.
    """
    photos = photos_named(context, sources, listed)
    if rings is not None and no_rings:
        raise click.UsageError("--rings and --no-rings exclude each other", context)
    chosen = held(context, photos.photos)
    if not events:
        for file in chosen.files:
            tell(f"Settings: {file}")
    with stopping_cleanly(with_input=events) as stop, Program() if events else Person() as door:
        result = mask_sources(
            photos.photos,
            output,
            chosen.settings,
            photos.with_passes(chosen.rules),
            RunOptions(
                layouts=chosen.layouts,
                workers=workers,
                force=force,
                force_edited=force_edited,
                rings=rings,
                alone=no_rings,
            ),
            door=door,
            stop=stop,
        )
        tell_the_journal(result.outcome.manifest, output.absolute())
        door.finished(result)
    return exit_code(result)
