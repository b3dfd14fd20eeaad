"""``underside score``: how good masks are where the truth is known."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import tell, tell_json
from underside.errors import ExitCode
from underside.scoring import Measures, Score, ShotScore, score_masks

__all__ = ["score"]

_HEADS = {
    "iou": "IoU",
    "boundary_iou": "edge IoU",
    "mae": "MAE",
    "object_lost": "lost",
    "platter_kept": "platter",
    "background_kept": "backgr.",
}
# So many of the worst shots tell a person what goes wrong; --json lists all.
_WORST = 10
_HEAD = "Worst shots"


@click.command()
@click.argument("masks", type=PATH)
@click.argument("truth", type=PATH)
@click.option(
    "--platter",
    type=PATH,
    metavar="FOLDER",
    help="True masks of the platter and of what holds the object. Default: TRUTH/gt_platter, if it exists.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def score(*, masks: Path, truth: Path, platter: Path | None, as_json: bool) -> int:
    """Measure MASKS against the TRUTH: overlap, edges, what was lost and what was wrongly kept.

    MASKS is an output folder, or any folder of masks named after their photos (IMG_1.JPG.png, IMG_1.png,
    IMG_1_mask.png), in the truth's sub-folders or in none. TRUTH is a folder of true masks, or a capture that has
    them in gt_masks. A missing mask counts as an empty one; plates are left out. Exit code 3 if a mask could not be
    compared.
    """
    found = score_masks(masks, truth, platter=platter)
    if as_json:
        tell_json(_facts(found))
    else:
        for line in _lines(found):
            tell(line)
    return ExitCode.SOME_FAILED if found.problems else ExitCode.DONE


def _facts(found: Score) -> dict[str, Any]:
    return {
        **_summary(found),
        "passes": {name: _summary(part) for name, part in found.passes.items()},
        "missing": [shot.photo for shot in found.missing],
        "problems": [{"photo": shot.photo, "problem": shot.problem} for shot in found.problems],
        "worst_first": [_shot_facts(shot) for shot in found.measured],
    }


def _summary(found: Score) -> dict[str, Any]:
    mean, worst, compared = found.mean, found.worst, found.compared
    return {
        "shots": len(found.shots),
        "measured": len(found.measured),
        "mean": asdict(mean) if mean else None,
        "compared": len(compared.measured),
        "mean_of_compared": asdict(compared.mean) if compared.mean else None,
        "worst": asdict(worst) if worst else None,
    }


def _shot_facts(shot: ShotScore) -> dict[str, Any]:
    assert shot.measures is not None
    mask = str(shot.mask) if shot.mask else None
    return {"photo": shot.photo, "pass": shot.pass_name, "mask": mask, **asdict(shot.measures)}


def _lines(found: Score) -> Iterator[str]:
    rows: list[tuple[str, Measures | None]] = []
    parts = list(found.passes.items()) if len(found.passes) > 1 else []
    for name, part in (*parts, ("all", found)):  # a pass may be called so, too
        rows.append((f"{name or 'no pass'}, mean of {len(part.measured)}", part.mean))
        if part.missing and part.compared.mean:
            rows.append((f"  mean of the {len(part.compared.measured)} with a mask", part.compared.mean))
        rows.append(("  worst", part.worst))
    compared = found.compared.measured
    shots = [(f"  {shot.photo}", shot.measures) for shot in compared[:_WORST]]
    width = max(len(name) for name, _ in (*rows, *shots, (_HEAD, None)))
    yield f"{'':<{width}}" + "".join(f"{_HEADS[each.name]:>9}" for each in fields(Measures))
    yield from (_row(name, measures, width) for name, measures in rows)
    yield ""
    yield _HEAD
    yield from (_row(name, measures, width) for name, measures in shots)
    if len(compared) > _WORST:
        yield f"  and {len(compared) - _WORST} more (--json lists all)"
    if found.missing:
        yield f"{len(found.missing)} without a mask, counted as empty:"
        yield from (f"  {shot.photo}" for shot in found.missing)
    if found.problems:
        yield f"{len(found.problems)} that cannot be compared, left out of all figures:"
        yield from (f"  {shot.photo}: {shot.problem}" for shot in found.problems)


def _row(name: str, measures: Measures | None, width: int) -> str:
    if measures is None:
        return name
    return f"{name:<{width}}" + "".join(f"{_written(getattr(measures, each.name)):>9}" for each in fields(Measures))


def _written(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
