"""``underside check-layout``: why a program would ignore the masks of a folder."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import tell, tell_json
from underside.counted import counted
from underside.errors import ExitCode
from underside.layouts import LAYOUTS, Report, check_folder
from underside.prepare import outdated

__all__ = ["check_layout"]


@click.command("check-layout")
@click.argument("folder", type=PATH)
@click.option(
    "--photos",
    type=PATH,
    metavar="FOLDER",
    help="The photos' folder, if neither the manifest nor a folder images beside the masks shows it.",
)
@click.option(
    "--layout",
    metavar="PROGRAM",
    help=f"The program the masks are for, if the folder is not named after it: {', '.join(LAYOUTS)}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def check_layout(*, folder: Path, photos: Path | None, layout: str | None, as_json: bool) -> int:
    """Say for each photo why a program would ignore or misuse its mask.

    FOLDER is an output folder (its masks and all its layouts are checked), one layout, or a folder of
    masks that another tool made. Exit code 0 if all is well, 1 if a mask would be lost.
    """
    reports = check_folder(folder, layout=layout, photos=photos)
    old = tuple(outdated(folder))
    if old:  # a set, which is one layout
        reports = tuple(replace(report, findings=(*report.findings, *old)) for report in reports)
    if as_json:
        tell_json(_facts(reports))
    else:
        for report in reports:
            _show(report)
    return ExitCode.DONE if all(report.fine for report in reports) else ExitCode.NO


def _facts(reports: Sequence[Report]) -> Mapping[str, object]:
    checks = [
        {
            "layout": report.layout,
            "folder": str(report.folder),
            "photos": report.photos,
            "fine": report.fine,
            "findings": [{**asdict(finding), "problem": finding.kind.is_problem} for finding in report.findings],
        }
        for report in reports
    ]
    return {"fine": all(report.fine for report in reports), "checks": checks}


def _show(report: Report) -> None:
    kinds = Counter(str(finding.kind) for finding in report.findings)
    found = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    verdict = "fine" if report.fine else "not fine"
    tell(f"{report.program}, {counted(report.photos, 'photo')}: {verdict}{f' ({found})' if found else ''}")
    rows = [(finding.photo or finding.mask, str(finding.kind), finding.why) for finding in report.findings]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    for name, kind, why in rows:
        tell(f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {why}")
