"""``underside demo``: the bundled photos drop into a watched folder one by one, masks appear, and a page to look at."""

import sys
import threading
import webbrowser
from pathlib import Path

import click

from underside.capture.taken import holds_results
from underside.commands.parts.path import PATH
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import tell
from underside.commands.parts.watch_settings import settings_of
from underside.commands.parts.watching import Person
from underside.errors import ExitCode, SettingsError, UndersideError
from underside.files import write_atomically, writing
from underside.journal import journal_path
from underside.pipeline import usual_workers
from underside.report.contact_sheet import REPORT_NAME
from underside.resources import demo_folder
from underside.watch.happenings import Completed, Happening, Started, to_all
from underside.watch.plan import Plan
from underside.watch.watching import watch

__all__ = ["demo"]

_CAPTURE = "figurine"
# A camera would take some seconds between two photos; fewer than this, and the watch takes them for a copied folder.
_BETWEEN_PHOTOS = 0.2


@click.command()
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="underside-demo",
    show_default=True,
    help="The folder for photos and results.",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
def demo(*, output: Path, no_open: bool) -> int:
    """Watch a folder while a camera fills it, played with thirteen bundled photos of a figurine.

    Six show it upright, six turned over, one the empty platter. This is what `underside watch` does all day.
    """
    photos, out = output.absolute() / "captures", output.absolute() / "masked"
    if holds_results(output) or journal_path(output).exists() or _others_in(photos) or _others_in(out):
        raise SettingsError(f"{output} holds other photos or results", "Choose another folder with -o")
    with stopping_cleanly() as stop, Person(out) as door:
        camera = _Camera(photos / _CAPTURE, stop)

        def hear(happening: Happening) -> None:
            if isinstance(happening, Started):
                camera.start()
            if isinstance(happening, Completed) and camera.is_done.is_set():
                stop.set()

        with writing(photos):
            photos.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            root=photos,
            out=out,
            of_capture=settings_of({"cutout": "black"}),
            settle=0.2,
            workers=usual_workers(),
            proof=False,  # six shots per pass, 60 degrees apart, show how masks arrive, and are too few to join
        )
        failed = watch(plan, tell=to_all([door, hear]), stop=stop)
    if camera.problem is not None:
        raise camera.problem
    page = out / _CAPTURE / REPORT_NAME
    if not page.is_file():
        return ExitCode.INTERRUPTED
    tell(f"Photos: {photos}")
    tell(f"Masks: {page.with_name('masks')}")
    tell(f"Contact sheet: {page}")
    if sys.stdout.isatty() and not no_open:
        webbrowser.open(page.as_uri())
    return ExitCode.SOME_FAILED if failed else ExitCode.DONE


def _others_in(folder: Path) -> bool:
    """Whether anything lies there that is not of an earlier demo: the watch would take it up."""
    with writing(folder):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return any(name != _CAPTURE and not name.startswith(".") for name in names)


class _Camera(threading.Thread):
    """Takes the bundled photos: copies, so that the page's links lead to something that is the user's own."""

    def __init__(self, folder: Path, stop: threading.Event) -> None:
        super().__init__(name="camera", daemon=True)
        self._folder = folder
        self._stop_asked = stop
        self.is_done = threading.Event()
        self.problem: UndersideError | None = None

    def run(self) -> None:
        """Take them all, or stop the watch, which would wait for them for ever."""
        try:
            self._take()
        except UndersideError as error:
            self.problem = error
            self._stop_asked.set()

    def _take(self) -> None:
        done = self._folder / "done"
        with writing(done):
            done.unlink(missing_ok=True)  # of an earlier demo
        source = demo_folder()
        for photo in sorted(source.rglob("*.JPG"), key=lambda photo: photo.name):
            write_atomically(self._folder / photo.relative_to(source), photo.read_bytes(), durable=False)
            if self._stop_asked.wait(_BETWEEN_PHOTOS):
                return
        self.is_done.set()
        # What a person does who will not wait until a capture has been quiet for long.
        write_atomically(done, b"", durable=False)
