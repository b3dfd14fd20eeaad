"""``underside audit``: what each setting changes, on a sample of a capture."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from underside import pipeline
from underside.audit import StoppedError, Trial, audit_sample, sample_of, usual_variants, variants
from underside.capture import read_capture
from underside.capture.plates import with_plates
from underside.commands.parts.number import Whole
from underside.commands.parts.options import held, masking_options, plate_options
from underside.commands.parts.path import PATH
from underside.commands.parts.progress_bar import ProgressBar, progress_bar
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import tell
from underside.engine import RunOptions, SilentDoor, mask_sources
from underside.errors import ExitCode, SettingsError
from underside.files import refuse_unwritable
from underside.report.audit_page import AUDIT_NAME, write_audit_page
from underside.scoring import MaskFolder, truth_folders
from underside.settings import Settings

__all__ = ["audit"]


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="underside-audit",
    show_default=True,
    help="The folder for the page, audit.html.",
)
@click.option(
    "--sample",
    type=Whole(1),
    default=6,
    show_default=True,
    metavar="SHOTS",
    help="Number of shots, over all passes.",
)
@click.option(
    "--vary",
    multiple=True,
    metavar="SETTING=V1,V2",
    help="Try these values of a setting; may be given several times. Default: the usual ones.",
)
@click.option(
    "--truth",
    type=PATH,
    metavar="FOLDER",
    help="True masks, or a capture that has them in gt_masks: the IoU with them is shown too.",
)
@plate_options
@masking_options
@click.pass_context
def audit(
    context: click.Context,
    /,
    *,
    folder: Path,
    output: Path,
    sample: int,
    vary: tuple[str, ...],
    truth: Path | None,
    **_: Any,  # noqa: ANN401 - what ``held`` reads from the context
) -> int:
    """Mask a sample of the capture in FOLDER over and over, one setting changed at a time.

    The reference is the settings given here or in underside.toml, otherwise the defaults. Each variant is compared
    with it: IoU and structural similarity (SSIM) of the masks, pixels gained and lost, time. The page shows them side
    by side. The same shots are sampled every time. No masks are left behind.
    """
    chosen = held(context, [folder])
    reference = replace(chosen.settings, cutout=None)
    tried = variants(reference, vary) if vary else usual_variants(reference)
    known = MaskFolder.read(truth_folders(truth)[0]) if truth else None
    found = read_capture([folder], output=output, plates=not chosen.no_plates, rules=chosen.passes)
    capture = with_plates(found, chosen.plates, max_megapixels=reference.max_megapixels)
    shots = sample_of(capture, sample)
    if not shots:
        raise SettingsError(f"There are no photos to sample in {capture.folder}", "Check the path")
    refuse_unwritable(output / AUDIT_NAME)
    sources = [shot.path for shot in (*shots, *found.plates)]
    width = max(len("reference"), *(len(variant.name) for variant in tried), 0)
    of_them = "1 variant" if len(tried) == 1 else f"{len(tried)} variants"
    tell(f"{len(shots)} of {len(capture.shots)} shots, {of_them}")
    tell(f"{'':<{width}}     IoU    SSIM    gained      lost    s/shot{'   truth' if known else ''}")
    with (
        TemporaryDirectory(prefix="underside-audit-") as work,
        stopping_cleanly() as stop,
        progress_bar("masking", (len(tried) + 1) * len(shots)) as bar,
    ):

        def mask(choices: Settings, into: Path) -> pipeline.Outcome:
            # One at a time: shots in flight would wait for each other, and the times would say so.
            result = mask_sources(
                sources,
                into,
                choices,
                chosen.rules,
                RunOptions(workers=1, proof=False),
                door=_Counting(bar),
                stop=stop,
            )
            return result.outcome

        def show(trial: Trial) -> None:
            tell(_row(trial, width))

        try:
            audited = audit_sample(capture, reference, tried, Path(work), mask=mask, truth=known, on_trial=show)
        except StoppedError:
            tell("Interrupted: no page was written; the same command starts again.")
            return ExitCode.INTERRUPTED
        page = write_audit_page(audited, output)
    for problem in audited.problems:
        tell(problem)
    tell(f"Page: {page}")
    return ExitCode.SOME_FAILED if audited.problems else ExitCode.DONE


def _row(trial: Trial, width: int) -> str:
    name = trial.variant.name if trial.variant else "reference"
    mean = trial.mean
    if mean is None:
        return f"{name:<{width}}  could not be done"
    shares = f"{100 * mean.gained:8.4f} %{100 * mean.lost:8.4f} %"
    truth = "" if trial.truth_iou is None else f"  {trial.truth_iou:.4f}"
    return f"{name:<{width}}  {mean.iou:.4f}  {mean.ssim:.4f}{shares}{trial.seconds:10.3f}{truth}"


class _Counting(SilentDoor):
    """Moves a bar over all variants."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar

    def progress(self, progress: pipeline.Progress) -> None:
        self._bar.advance()
