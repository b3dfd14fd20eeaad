"""The captures of a watched folder as a table, one per line."""

from rich.table import Table

from underside.commands.parts.terminal import printable
from underside.watch.status import CaptureStatus

__all__ = ["status_table"]

# A table of more captures than a screen has lines shows those that are not complete, and the latest.
_ROWS = 20
_HEADINGS = ("capture", "passes", "masked", "waiting", "failed", "by hand", "verdicts", "")
_NUMBERS = ("masked", "waiting", "failed", "by hand")
_JOINED = {"yes": "one object", "unsafe": "unsafe to join", "no": "not one object"}


def status_table(captures: tuple[CaptureStatus, ...], *, caption: str = "") -> Table:
    """The captures, one per line, without empty columns."""
    table = Table(caption=caption or None, caption_justify="left", box=None, pad_edge=False)
    rows = [_row(each) for each in sorted(captures, key=lambda each: each.complete)[:_ROWS]]
    if len(captures) > _ROWS:
        rows.append((f"and {len(captures) - _ROWS} more", *[""] * (len(_HEADINGS) - 1)))
    shown = [at for at in range(len(_HEADINGS)) if at == 0 or any(row[at] for row in rows)]
    for at in shown:
        table.add_column(_HEADINGS[at], justify="right" if _HEADINGS[at] in _NUMBERS else "left")
    for row in rows:
        table.add_row(*(row[at] for at in shown))
    return table


def _row(capture: CaptureStatus) -> tuple[str, ...]:
    return (
        printable(capture.name),
        printable(", ".join(f"{name or 'one'} {sum(stages.values())}" for name, stages in capture.passes.items())),
        f"{capture.done} of {capture.shots}",
        str(capture.waiting or ""),
        str(capture.failed or ""),
        str(capture.stages.get("by hand", "")),
        ", ".join(f"{count} {verdict}" for verdict, count in capture.verdicts.items()),
        _end_of(capture),
    )


def _end_of(capture: CaptureStatus) -> str:
    told = {
        "complete": capture.complete,
        _JOINED.get(capture.answer, ""): capture.answer,
        "not handed over yet": capture.handing_over,
    }
    return ", ".join(words for words, holds in told.items() if holds)
