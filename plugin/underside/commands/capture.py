"""``underside capture``: what was understood of a folder, and what is missing in it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from underside.capture import Capture, Pose
from underside.capture.left_alone import left_alone
from underside.capture.plates import read_with_plates
from underside.commands.parts.options import held, plate_options
from underside.commands.parts.path import PATH
from underside.commands.parts.progress_bar import progress_bar
from underside.commands.parts.terminal import printable, tell, tell_json
from underside.errors import ExitCode, SettingsError
from underside.report.capture_page import capture_facts, write_capture_page
from underside.settings import Resolved
from underside.sorting import Finding, Overview, PassView, Sight, findings, overview

__all__ = ["capture"]

_USUAL_OUTPUT = Path("underside-capture")


@click.command()
@click.argument("folder", type=PATH, metavar="FOLDER")
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="The folder for the page, capture.html. Default: underside-capture.",
)
@plate_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs; a page only with -o.")
@click.pass_context
def capture(
    context: click.Context,
    /,
    *,
    folder: Path,
    output: Path | None,
    as_json: bool,
    **_: Any,  # noqa: ANN401 - what ``held`` reads from the context
) -> int:
    """Show how the capture in FOLDER is understood: passes, poses, rings, plates, and what is missing.

    The page shows one row per pass, the shots in order, with gaps and doubles marked. Nothing is masked. Exit code 1
    if something needed for a whole object is missing, such as a second pass; 3 if photos cannot be opened.
    """
    out = output or _USUAL_OUTPUT
    chosen = held(context, [folder])
    found = _read(folder, out, chosen)
    with progress_bar("looking", len(found.shots) + len(found.plates)) as bar:
        seen = overview(found, max_megapixels=chosen.settings.max_megapixels, on_seen=bar.advance)
    lacking = findings(seen)
    if as_json:
        tell_json(_facts(seen, lacking))
    else:
        for line in _lines(seen, lacking):
            tell(line)
    if output is not None or not as_json:
        _write_page(seen, lacking, out, asked=output is not None, quiet=as_json)
    if any(finding.needed for finding in lacking) and not found.problems:
        return ExitCode.NO
    return ExitCode.SOME_FAILED if seen.unreadable or found.problems else ExitCode.DONE


def _read(folder: Path, out: Path, chosen: Resolved) -> Capture:
    if os.path.isfile(folder):  # noqa: PTH113 - says no where Path.is_file() fails: what may not be looked at
        raise SettingsError(f"{folder} is not a folder", "Name the folder of one object's photos")
    found = read_with_plates([folder], chosen.rules, output=out, max_megapixels=chosen.settings.max_megapixels)
    if found.shots:
        return found
    if found.plates:
        raise SettingsError(
            f"All photos in {folder} are named like plates (the empty platter)",
            "Add the shots, or treat the plates as shots with --no-plates",
        )
    if found.problems:
        raise SettingsError(f"{found.problems[0].name}: {found.problems[0].reason}", "Check its permissions")
    raise SettingsError("; ".join((f"There are no photos in {folder}", *left_alone(found))), "Check the path")


def _write_page(seen: Overview, lacking: Sequence[Finding], out: Path, *, asked: bool, quiet: bool) -> None:
    if not asked and seen.capture.folder in (out.resolve(), *out.resolve().parents):
        tell("No page was written, because it would lie among the photos: choose a folder with -o")
        return
    page = write_capture_page(seen, lacking, out)
    if not quiet:
        tell(f"Page: {page}")


def _lines(seen: Overview, lacking: Sequence[Finding]) -> Iterator[str]:
    yield f"{seen.capture.name}: {capture_facts(seen)}".replace("\N{NO-BREAK SPACE}", " ")
    yield ""
    rows = [("pass", "pose", "shots", "rings", "photos", "taken", "camera"), *(_row(each) for each in seen.passes)]
    if seen.plates:
        rows.append(("plates", "", str(len(seen.plates)), "", _photos(seen.plates), "", _cameras(seen.plates)))
    cells = [[printable(text) for text in row] for row in rows]
    widths = [max(cell_len(text) for text in column) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield from (f"{'Missing' if finding.needed else 'Note'}: {finding.text}." for finding in lacking)
    if not lacking:
        yield "Nothing is missing, as far as the photos show."


def _row(each: PassView) -> tuple[str, ...]:
    known = each.of.pose is not Pose.UNKNOWN
    marks = [f"{len(each.doubles)} double" * bool(each.doubles), f"{len(each.gaps)} gap" * bool(each.gaps)]
    raw = f" +{each.raw_files} raw" if each.raw_files else ""
    return (
        each.of.name or "(no name)",
        (each.of.pose.value if each.of.sure else f"{each.of.pose}?") if known else "-",
        f"{len(each.of.shots)}{raw}",
        " + ".join(str(len(ring.shots)) for ring in each.rings) + "".join(f", {mark}" for mark in marks if mark),
        _photos(each.sights),
        f"{each.span[0]:%Y-%m-%d %H:%M:%S} to {each.span[1]:%H:%M:%S}" if each.span else "no times",
        _cameras(each.sights),
    )


def _photos(sights: Sequence[Sight]) -> str:
    kinds = dict.fromkeys(
        f"{sight.width}x{sight.height}" + (f" turned {sight.orientation}" if sight.orientation != 1 else "")
        for sight in sights
    )
    return ", ".join(kinds)


def _cameras(sights: Sequence[Sight]) -> str:
    lengths = sorted({sight.camera.focal_length for sight in sights if sight.camera.focal_length})
    names = ", ".join(dict.fromkeys(sight.camera_name for sight in sights))
    return names + (f", {'/'.join(f'{length:g}' for length in lengths)} mm" if lengths else "")


def _facts(seen: Overview, lacking: Sequence[Finding]) -> dict[str, Any]:
    return {
        "capture": str(seen.capture.folder),
        "name": seen.capture.name,
        "passes": [_pass_facts(each) for each in seen.passes],
        "plates": [plate.name for plate in seen.capture.plates],
        "unreadable": [{"photo": sight.shot.name, "reason": sight.problem} for sight in seen.unreadable],
        "left_out": list(seen.capture.left_out),
        "findings": [{"text": finding.text, "needed": finding.needed} for finding in lacking],
        "complete": not any(finding.needed for finding in lacking),
    }


def _pass_facts(each: PassView) -> dict[str, Any]:
    return {
        "name": each.of.name,
        "pose": each.of.pose.value,
        "sure": each.of.sure,
        "shots": [{"photo": shot.name, "raw": list(shot.companions)} for shot in each.of.shots],
        "rings": [
            {"camera": ring.camera, "told_by": ring.told_by, "shots": [sight.shot.name for sight in ring.shots]}
            for ring in each.rings
        ],
        "cameras": list(each.cameras),
        "sizes": [list(size) for size in each.sizes],
        "orientations": list(each.orientations),
        "focal_lengths": list(each.focal_lengths),
        "taken": [time.isoformat() for time in each.span] if each.span else None,
        "doubles": [{"photo": double.name, "of": double.of, "copy": double.copy} for double in each.doubles],
        "gaps": [{"before": gap.before, "after": gap.after, "reason": gap.reason} for gap in each.gaps],
    }
