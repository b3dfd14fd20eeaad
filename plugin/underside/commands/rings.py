"""``underside rings``: what all shots of a capture tell together, for masking them in parts."""

import sys
from pathlib import Path
from typing import Any

import click

from underside.capture import Capture
from underside.commands.parts.options import held, masking_options, plate_options
from underside.commands.parts.path import PATH
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import tell
from underside.commands.parts.work_options import photos_named, source_options, work_options
from underside.counted import counted
from underside.engine import learn_from_sources
from underside.errors import ExitCode
from underside.events import EventWriter

__all__ = ["rings"]


@click.command()
@source_options
@click.option("-o", "--output", type=PATH, required=True, help="The folder for what is learnt.")
@masking_options
@plate_options
@work_options
@click.pass_context
def rings(
    context: click.Context,
    /,
    *,
    sources: tuple[Path, ...],
    listed: Path | None,
    output: Path,
    workers: int | None,
    events: bool,
    **_: Any,  # noqa: ANN401 - what ``held`` reads from the context
) -> int:
    """Look once at all shots of a FOLDER, or at the PHOTOS named, and keep what they show of the still room.

    `underside mask --rings` then masks any part of them, on any machine, as if it saw them all.
    """
    photos = photos_named(context, sources, listed)
    chosen = held(context, photos.photos)
    write = EventWriter(sys.stdout) if events else None

    def started(capture: Capture, notes: tuple[str, ...]) -> None:
        if write is not None:
            write("started", total=len(capture.shots), plates=len(capture.plates), notes=list(notes))

    with stopping_cleanly(with_input=events) as stop:
        learnt = learn_from_sources(
            photos.photos,
            output,
            chosen.settings,
            photos.with_passes(chosen.rules),
            workers=workers,
            started=started,
            stop=stop,
        )
    if learnt is None:
        return ExitCode.INTERRUPTED
    if write is not None:
        facts = {"shots": learnt.shots, "positions": learnt.positions, "warnings": list(learnt.warnings)}
        write("finished", **facts, seconds=round(learnt.seconds, 3))
        return ExitCode.DONE
    for warning in learnt.warnings:
        tell(f"Warning: {warning}")
    looked = f"{counted(learnt.shots, 'shot')} looked at in {learnt.seconds:.1f} s"
    tell(f"{looked}; camera positions with a ring: {learnt.positions}")
    tell(f"Mask any of them with --rings {output}")
    return ExitCode.DONE
