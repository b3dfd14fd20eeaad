"""``underside demo``: the bundled photos to masks, and a page to look at."""

import shutil
import sys
import webbrowser
from pathlib import Path

import click

from underside.commands.running import Person, exit_code, stopping_cleanly
from underside.engine import mask_sources
from underside.files import writing
from underside.resources import demo_folder
from underside.settings import Settings

__all__ = ["demo"]


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="underside-demo",
    show_default=True,
    help="The folder for photos and results.",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
def demo(*, output: Path, no_open: bool) -> int:
    """Mask thirteen bundled photos of a figurine: six upright, six turned over, one of the empty platter."""
    photos = output / "figurine"
    # Copies, so that the page's links lead to something that is the user's own.
    for photo in demo_folder().rglob("*.JPG"):
        target = photos / photo.relative_to(demo_folder())
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(photo, target)
    with stopping_cleanly() as stop, Person() as door:
        result = mask_sources([photos], output / "masked", Settings(cutout="black"), door=door, stop=stop)
        door.finished(result)
    if sys.stdout.isatty() and not no_open:
        webbrowser.open(result.report.resolve().as_uri())
    return exit_code(result)
