"""``underside mask``: a folder of photos, or single ones, to masks."""

from pathlib import Path
from typing import Any

import click

from underside.commands.options import settings_options
from underside.commands.running import Person, Program, exit_code, stopping_cleanly
from underside.engine import mask_sources
from underside.settings import Settings

__all__ = ["mask"]

# Whether it can be read is found out by reading, in words that fit.
_PATH = click.Path(path_type=Path, readable=False)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=_PATH, metavar="FOLDER|PHOTO...")
@click.option(
    "-o",
    "--output",
    type=_PATH,
    default="underside-out",
    show_default=True,
    help="The folder for all results; nothing is written anywhere else.",
)
@click.option(
    "--layout",
    "layouts",
    multiple=True,
    metavar="PROGRAM",
    help="Also lay the masks out as this program wants them; may be given several times.",
)
@settings_options
@click.option("--no-plates", is_flag=True, help="Mask photos named like plates (empty/, plate*) too.")
@click.option("--force", is_flag=True, help="Do finished shots again.")
@click.option("--force-edited", is_flag=True, help="Write over masks that were changed by hand.")
@click.option("--workers", type=click.IntRange(1, 64), help="Shots in flight; one a processor where not given.")
@click.option("--events", is_flag=True, help="Print one JSON object a line, for programs.")
def mask(
    *,
    sources: tuple[Path, ...],
    output: Path,
    layouts: tuple[str, ...],
    no_plates: bool,
    force: bool,
    force_edited: bool,
    workers: int | None,
    events: bool,
    **settings: Any,  # noqa: ANN401 - checked by Settings
) -> int:
    """Mask every photo of a FOLDER, or the PHOTOs named; the originals stay untouched.

    The output folder gets the masks, a manifest (capture.json) and a contact sheet (report.html). A second run goes
    on where the first one stopped.
    """
    with stopping_cleanly(with_input=events) as stop, Program() if events else Person() as door:
        result = mask_sources(
            sources,
            output,
            Settings(**settings),
            layouts=layouts,
            plates=not no_plates,
            workers=workers,
            force=force,
            force_edited=force_edited,
            door=door,
            stop=stop,
        )
        door.finished(result)
    return exit_code(result)
