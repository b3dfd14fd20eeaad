"""``underside retry``: shots of a watched folder again, with other settings where they are given."""

from pathlib import Path
from typing import Any

import click

from underside.commands.parts.options import given, masking_options
from underside.commands.parts.path import PATH
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import tell
from underside.commands.parts.watch_settings import read, settings_of, written
from underside.commands.parts.watching import Person
from underside.counted import counted
from underside.errors import ExitCode, SettingsError
from underside.journal import Entry, Journal, Stage, journal_path
from underside.pipeline import usual_workers
from underside.verdict import Grade
from underside.watch.lock import held_by
from underside.watch.plan import Plan
from underside.watch.watching import watch

__all__ = ["retry"]


@click.command()
@click.argument("output", type=PATH)
@click.argument("shots", nargs=-1, metavar="[SHOT]...")
@masking_options
@click.pass_context
def retry(
    context: click.Context,
    /,
    *,
    output: Path,
    shots: tuple[str, ...],
    **_: Any,  # noqa: ANN401 - what ``given`` reads from the context
) -> int:
    """Mask shots of a watched folder again: those named, or all that failed.

    If settings are given, also those whose verdict is insufficient; the settings then stay with these shots. Such
    shots are masked alone, without what their ring knows: the new mask replaces the old one even if it is worse. A
    retry without settings puts them back among the others.
    A SHOT is a photo's path in the watched folder, or the end of it. A running watch does the work; if none is running,
    it is done here, with the settings of the last one.
    """
    path = journal_path(output)
    if not path.is_file():
        raise SettingsError(f"There is no journal in {output}", "Name the output folder of underside watch")
    own = written(given(context))
    with Journal(path) as journal:
        chosen = _named(journal, shots) if shots else _in_need(journal, with_settings=bool(own))
        journal.ask((entry.photo, own) for entry in chosen)
        journal.commit()
        root, said = Path(journal.root), read(journal.fact("said"))
    watcher = held_by(output)
    tell(f"{counted(len(chosen), 'shot')} to mask again")
    if watcher is not None:
        tell(f"Process {watcher.pid}, which watches {root}, will mask them")
        return ExitCode.DONE
    if not chosen:
        return ExitCode.DONE
    plan = Plan(
        root=root,
        out=output.absolute(),
        of_capture=settings_of(said),
        said=written(said),
        once=True,
        workers=usual_workers(),
    )
    with stopping_cleanly() as stop, Person(plan.out) as door:
        failed = watch(plan, tell=door, stop=stop)
    return ExitCode.SOME_FAILED if failed else ExitCode.DONE


def _named(journal: Journal, shots: tuple[str, ...]) -> list[Entry]:
    chosen: dict[str, Entry] = {}
    for shot in shots:
        named = shot.replace("\\", "/")
        found = [entry for entry in journal.ending_in(named) if entry.stage not in (Stage.PLATE, Stage.COMPANION)]
        if not found:
            raise SettingsError(f"There is no shot {shot} in the journal", "`underside status` lists those that failed")
        chosen |= {entry.photo: entry for entry in found}
    return list(chosen.values())


def _in_need(journal: Journal, *, with_settings: bool) -> list[Entry]:
    failed = [*journal.at_stage(Stage.SET_ASIDE), *journal.at_stage(Stage.FAILED)]
    return failed + (journal.judged(Grade.INSUFFICIENT.value) if with_settings else [])
