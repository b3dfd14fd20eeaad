"""The captures of a watched folder as a table, one per line."""

from rich.table import Table

from underside.commands.terminal import printable
from underside.watch.status import CaptureStatus

__all__ = ["status_table"]

# A table of more captures than a screen has lines shows those that are not complete, and the latest.
_ROWS = 20
_JOINED = {"yes": "one object", "unsafe": "unsafe to join", "no": "not one object"}


def status_table(captures: tuple[CaptureStatus, ...], *, caption: str = "") -> Table:
    """The captures, one per line."""
    table = Table(caption=caption or None, caption_justify="left", box=None, pad_edge=False)
    for heading in ("capture", "passes", "masked", "waiting", "failed", "by hand", "verdicts", ""):
        table.add_column(heading, justify="left" if heading in ("capture", "passes", "verdicts", "") else "right")
    open_first = sorted(captures, key=lambda each: each.complete)
    for each in open_first[:_ROWS]:
        table.add_row(
            printable(each.name),
            printable(", ".join(f"{name or 'one'} {sum(stages.values())}" for name, stages in each.passes.items())),
            f"{each.done} of {each.shots}",
            str(each.waiting or ""),
            str(each.failed or ""),
            str(each.stages.get("by hand", "")),
            ", ".join(f"{count} {verdict}" for verdict, count in each.verdicts.items()),
            _end_of(each),
        )
    if len(captures) > _ROWS:
        table.add_row(f"and {len(captures) - _ROWS} more")
    return table


def _end_of(capture: CaptureStatus) -> str:
    told = {
        "complete": capture.complete,
        _JOINED.get(capture.answer, ""): capture.answer,
        "not handed over yet": capture.handing_over,
    }
    return ", ".join(words for words, holds in told.items() if holds)
