"""``underside status``: what a watched folder has done, what waits, what failed and why."""

from dataclasses import asdict
from pathlib import Path

import click

from underside.commands.parts.live_console import LiveConsole
from underside.commands.parts.path import PATH
from underside.commands.parts.status_table import status_table
from underside.commands.parts.terminal import tell, tell_json
from underside.counted import counted
from underside.watch.status import Status, read_status
from underside.watch.telling import not_yet

__all__ = ["status"]


@click.command()
@click.argument("output", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, output: Path, as_json: bool) -> None:
    """Show what `underside watch -o OUTPUT` has done, what is waiting, and what failed and why.

    The watch may be running or stopped.
    """
    found = read_status(output)
    if as_json:
        tell_json(_facts(found))
        return
    watcher = found.watcher
    tell(f"{found.root}: {f'watched by process {watcher.pid}' if watcher else 'not being watched'}")
    LiveConsole(stderr=False).print(status_table(found.captures))
    for capture in found.captures:
        if capture.answer not in ("", "yes"):
            tell(f"{capture.name}: {capture.told}")
    for trouble in found.troubles:
        tell(f"{trouble.reason} It is set aside." if trouble.final else f"{not_yet(trouble.photo)}.")
    for reason in found.left_out.values():
        tell(reason)
    for photo in found.by_hand:
        tell(f"{photo}: by hand")
    if found.gone:
        tell(f"{counted(found.gone, 'photo')} gone; masks kept")


def _facts(found: Status) -> dict[str, object]:
    captures = [
        asdict(each) | {"shots": each.shots, "done": each.done, "waiting": each.waiting, "failed": each.failed}
        for each in found.captures
    ]
    return asdict(found) | {"out": str(found.out), "captures": captures}
