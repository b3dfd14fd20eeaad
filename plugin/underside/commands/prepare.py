"""``underside prepare``: all passes of a capture in one folder, as one program wants them."""

from collections.abc import Iterator
from pathlib import Path

import click

from underside.commands.parts.path import PATH
from underside.commands.parts.progress_bar import progress_bar
from underside.commands.parts.terminal import tell
from underside.counted import counted
from underside.errors import ExitCode, SettingsError
from underside.journal import journal_path
from underside.prepare import PROGRAMS, Prepared, PrepareOptions, parse_region
from underside.prepare import prepare as prepare_set

__all__ = ["prepare"]


@click.command()
@click.argument("out", type=PATH, metavar="OUT")
@click.option("--for", "program", type=click.Choice(list(PROGRAMS)), required=True, help="The program to prepare for.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="The folder to make or update. Default: OUT-PROGRAM beside OUT.",
)
@click.option(
    "--keep-region",
    "regions",
    multiple=True,
    metavar="[WHICH=]REGION",
    help="What to keep in the masks, such as a scale bar on the platter: left,top,width,height in stored pixels, or a "
    "picture of the photo's size, white where it stays. WHICH is a pass, or a pattern of photos. May be repeated.",
)
@click.option(
    "--copies", is_flag=True, help="Copy all files instead of linking, as hard links are the originals themselves."
)
@click.option(
    "--without-position", is_flag=True, help="Leave out GPS and the like, in copies of the photos that have it."
)
@click.option("--without-insufficient", is_flag=True, help="Leave out shots whose mask is insufficient.")
def prepare(
    *,
    out: Path,
    program: str,
    output: Path | None,
    regions: tuple[str, ...],
    copies: bool,
    without_position: bool,
    without_insufficient: bool,
) -> int:
    """Bring all passes masked into OUT together in one folder, ready for a program.

    OUT is an output folder of `underside mask`. Photos get unique names and otherwise stay as they are; masks get
    the names, colours and orientation that the program wants. A second run changes only what is new. Exit code 3 if
    shots had to be left out.
    """
    _refuse_growing(out)
    options = PrepareOptions(
        copies=copies,
        without_position=without_position,
        without_insufficient=without_insufficient,
        keep=tuple(parse_region(region) for region in regions),
    )
    target = output or out.absolute().with_name(f"{out.absolute().name}-{program}")
    with progress_bar("preparing") as bar:
        done = prepare_set(out, target, program, options, advance=bar.move)
    for line in _lines(done):
        tell(line)
    return ExitCode.SOME_FAILED if done.left_out else ExitCode.DONE


def _refuse_growing(out: Path) -> None:
    """A watch that still waits for shots of this capture would make the set a half one."""
    out = out.absolute()
    if not journal_path(out.parent).is_file():
        return
    # The watch brings the whole engine, which takes a second to load and is hardly ever needed here.
    from underside.watch.status import read_status

    status = read_status(out.parent)
    captures = [each for each in status.captures if each.name == out.name]
    if status.watcher and captures and not captures[0].complete:
        raise SettingsError(
            f"{out.name} is still growing: process {status.watcher.pid} watches {status.watcher.root} and has not "
            f"declared it complete ({captures[0].done} of {captures[0].shots} shots masked)",
            "Wait, or put an empty file called done beside its photos",
        )


def _lines(done: Prepared) -> Iterator[str]:
    passes = ", ".join(f"{count} {name or 'shots'}" for name, count in done.passes.items())
    yield f"{counted(sum(done.passes.values()), 'shot')} for {done.program}: {passes}"
    if done.written or done.removed:
        yield f"{counted(done.written, 'file')} written, {done.removed} removed"
    else:
        yield "Nothing has changed since the last time"
    for note in done.notes:
        yield f"Note: {note}."
    if done.left_out:
        yield f"{len(done.left_out)} left out:"
        yield from (f"  {photo}: {why}" for photo, why in done.left_out.items())
    yield f"Folder: {done.folder}"
    yield f"Next: {done.how_to}"
