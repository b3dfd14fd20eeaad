"""``underside watch``: a folder that a camera fills, to masks beside it, all day."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from underside.commands.parts.number import Number, Whole
from underside.commands.parts.options import given, layout_option, plate_options, settings_options
from underside.commands.parts.path import PATH
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.watch_settings import settings_of, written
from underside.commands.parts.watching import Person, Program
from underside.commands.parts.work_options import output_option, work_options
from underside.errors import ExitCode
from underside.pipeline import usual_workers
from underside.watch.handing_over import words_of
from underside.watch.happenings import Listener, to_all
from underside.watch.log import Log
from underside.watch.metrics import Metrics
from underside.watch.plan import POLL_EVERY, Plan
from underside.watch.watching import watch as run_watch

__all__ = ["watch"]

_SECONDS = Number(min=0.0, max=7 * 24 * 3600.0)


def _checked(_: click.Context, __: click.Parameter, line: str | None) -> str | None:
    words_of(line or "")
    return line


@click.command()
@click.argument("root", type=PATH, metavar="FOLDER")
@output_option("The folder for all results, one folder in it for each capture.")
@click.option("--once", is_flag=True, help="Catch up and exit; exit code 3 if some shots failed.")
@click.option("--newest-first", is_flag=True, help="Mask the latest shot first, for a live look at the rig.")
@click.option(
    "--settle", type=_SECONDS, default=1.0, show_default=True, metavar="SECONDS",
    help="Take a photo once its size and time have not changed for this long.",
)  # fmt: skip
@click.option(
    "--quiet", type=_SECONDS, default=60.0, show_default=True, metavar="SECONDS",
    help="After this long without a new photo, a pass is over: its shots are masked with what its rings know.",
)  # fmt: skip
@click.option(
    "--complete-after", type=_SECONDS, default=600.0, show_default=True, metavar="SECONDS",
    help="After this long without a new photo, or once a file called done is in it, a capture is laid out as complete.",
)  # fmt: skip
@click.option("--poll", is_flag=True, help="Scan the folder instead of relying on the system's notifications.")
@click.option(
    "--scan-every", type=Number(min=0.1), default=300.0, show_default=True, metavar="SECONDS",
    help="Also scan the folder this often, in case a notification is missed.",
)  # fmt: skip
@click.option(
    "--on-capture", metavar="COMMAND", callback=_checked,
    help="Run this with the manifest's path when a capture is complete.",
)  # fmt: skip
@layout_option
@settings_options
@plate_options
@work_options
@click.option("--log-json", is_flag=True, help="Log as JSON lines (.underside/watch.jsonl in the output folder).")
@click.option(
    "--metrics-port", type=Whole(1, 65535), metavar="PORT",
    help="Serve metrics to Prometheus at http://127.0.0.1:PORT/metrics, to this machine only.",
)  # fmt: skip
@click.pass_context
def watch(
    context: click.Context,
    /,
    *,
    root: Path,
    output: Path,
    once: bool,
    newest_first: bool,
    settle: float,
    quiet: float,
    complete_after: float,
    poll: bool,
    scan_every: float,
    on_capture: str | None,
    workers: int | None,
    events: bool,
    log_json: bool,
    metrics_port: int | None,
    **_: Any,  # noqa: ANN401 - what ``given`` reads from the context
) -> int:
    """Watch FOLDER and mask what arrives in it, until stopped.

    Each sub-folder is a capture, its sub-folders are passes. Each capture gets a folder of its own in the output, as
    `underside mask` writes it: the masks, a manifest (capture.json) and a contact sheet (report.html). When restarted,
    it resumes where it was, whatever stopped it.
    """
    said = given(context)
    of_capture = settings_of(said)
    of_capture(root, "")  # a mistake in the settings is reported before anything is done
    plan = Plan(
        root=root.resolve(),
        out=output.absolute(),
        of_capture=of_capture,
        said=written(said),
        settle=settle,
        quiet=quiet,
        complete_after=complete_after,
        poll=POLL_EVERY if poll else None,
        scan_every=scan_every,
        newest_first=newest_first,
        once=once,
        workers=workers or usual_workers(),
        on_capture=words_of(on_capture or ""),
    )
    with ExitStack() as stack:
        stop = stack.enter_context(stopping_cleanly(with_input=events))
        door: Program | Person = Program() if events else Person(plan.out)
        stack.enter_context(door)
        listeners: list[Listener] = [door, stack.enter_context(Log(plan.out, as_json=log_json))]
        if metrics_port:
            listeners.append(stack.enter_context(Metrics(plan.out, metrics_port)))
        failed = run_watch(plan, tell=to_all(listeners), stop=stop)
    return ExitCode.SOME_FAILED if once and failed else ExitCode.DONE
